//! Every screen's draw, and what a key costs, on the demo account: `cargo bench --bench draw`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench that cannot go on ends")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use rootbell::app::keys::{Code, Key};
use rootbell::app::{Model, Msg, Screen, update};
use rootbell::domain::Step;
use rootbell::ui::{Theme, view};

#[path = "../tests/it/support/tester.rs"]
#[allow(dead_code, reason = "the tests use the rest of it")]
mod tester;

use tester::{START, Tester, scenario};

const SIZES: [(u16, u16); 2] = [(80, 24), (200, 50)];

fn screens() -> Vec<(String, Screen)> {
    let steps = Step::ALL.into_iter().map(|step| (format!("step {}", step.number()), Screen::Step(step)));
    [("account".to_owned(), Screen::Account)]
        .into_iter()
        .chain(steps)
        .chain([("dashboard".to_owned(), Screen::Dashboard)])
        .collect()
}

/// The wizard on a screen, with all that the account has to show.
fn on(screen: Screen) -> Tester {
    let mut tester = Tester::on(scenario("ringing"), 80, 24);
    tester.pass(Duration::from_secs(2));
    tester.model.screen = screen;
    tester
}

/// The whole of a frame: layout, text, and what differs from the frame before.
fn draw(terminal: &mut Terminal<TestBackend>, model: &Model, theme: &Theme) {
    terminal.draw(|frame| view(black_box(model), theme, frame)).unwrap();
}

fn draws(criterion: &mut Criterion) {
    for (name, screen) in screens() {
        let tester = on(screen);
        for (width, height) in SIZES {
            let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
            criterion.bench_function(&format!("draw {name} {width}x{height}"), |bench| {
                bench.iter(|| draw(&mut terminal, &tester.model, &tester.theme));
            });
        }
    }
}

fn keys(criterion: &mut Criterion) {
    let now: Timestamp = START.parse().unwrap();
    let (letter, backspace) = (Key::plain(Code::Char('x')), Key::plain(Code::Backspace));
    for (name, screen) in screens() {
        let mut tester = on(screen);
        let mut other = false;
        criterion.bench_function(&format!("update per key, {name}"), |bench| {
            // A letter and its undoing: in a field the plan is drawn up anew each time.
            bench.iter(|| {
                other = !other;
                let key = if other { letter } else { backspace };
                black_box(update(&mut tester.model, Msg::Key(black_box(key)), now))
            });
        });
    }
}

criterion_group!(benches, draws, keys);
criterion_main!(benches);
