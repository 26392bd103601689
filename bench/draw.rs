//! Measures drawing and key handling for each screen: `cargo bench --bench draw`.

#[path = "../tests/it/support/tester.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "shared with the tests; only partly used here"
)]
mod tester;

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use rootbell::app::Screen;
use rootbell::domain::Step;

use tester::{Tester, scenario};

/// A screen to measure: its name, the demo scenario, how to open it, and a key that changes something on it.
type MeasuredScreen = (&'static str, &'static str, fn(&mut Tester), &'static str);

const SCREENS: &[MeasuredScreen] = &[
    ("account", "fresh", |_| {}, "?"),
    ("trail", "fresh", |t| open_step(t, Step::Trail), "tab"),
    ("topic", "drifted", |t| open_step(t, Step::Topic), "tab"),
    ("filter", "drifted", |t| open_step(t, Step::Filter), "tab"),
    ("alarm", "drifted", |t| open_step(t, Step::Alarm), "f2"),
    ("dashboard", "ringing", open_dashboard, "down"),
    ("event", "ringing", |t| open_from_dashboard(t, "enter"), "down"),
    ("checks", "ringing", |t| open_from_dashboard(t, "c"), "down"),
    ("help", "ringing", |t| open_from_dashboard(t, "?"), "down"),
];

fn open_step(tester: &mut Tester, step: Step) {
    tester.press("enter").settle();
    while tester.model.screen != Screen::Step(step) {
        tester.press("enter").settle();
    }
}

fn open_dashboard(tester: &mut Tester) {
    tester.pass(Duration::from_secs(3));
}

fn open_from_dashboard(tester: &mut Tester, key: &str) {
    open_dashboard(tester);
    tester.press(key);
}

fn screens(criterion: &mut Criterion) {
    for (width, height) in [(80, 24), (200, 50)] {
        for (name, account, open, key) in SCREENS {
            let mut tester = Tester::on(scenario(account), width, height);
            open(&mut tester);
            let mut group = criterion.benchmark_group(format!("{name} {width}x{height}"));
            group.bench_function("draw", |b| b.iter(|| black_box(tester.redrawn()).area));
            group.bench_function("key", |b| b.iter(|| black_box(tester.press(key)).draws));
            group.finish();
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(30).measurement_time(Duration::from_secs(2)).without_plots();
    targets = screens
}
criterion_main!(benches);
