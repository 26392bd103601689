//! How long a screen takes to draw, and a key to be answered: `cargo bench --bench draw`.

#[path = "../tests/it/support/tester.rs"]
#[allow(dead_code, clippy::unwrap_used, clippy::expect_used, reason = "the tests' own, of which this uses a part")]
mod tester;

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use rootbell::app::Screen;
use rootbell::domain::Step;

use tester::{Tester, scenario};

/// A screen: its name, the demo account, the way there, and a key that changes something on it.
type Stop = (&'static str, &'static str, fn(&mut Tester), &'static str);

const STOPS: &[Stop] = &[
    ("account", "fresh", |_| {}, "?"),
    ("trail", "fresh", |t| to(t, Step::Trail), "tab"),
    ("topic", "drifted", |t| to(t, Step::Topic), "tab"),
    ("filter", "drifted", |t| to(t, Step::Filter), "tab"),
    ("alarm", "drifted", |t| to(t, Step::Alarm), "f2"),
    ("dashboard", "ringing", look_on, "down"),
    ("event", "ringing", |t| open(t, "enter"), "down"),
    ("checks", "ringing", |t| open(t, "c"), "down"),
    ("help", "ringing", |t| open(t, "?"), "down"),
];

fn to(tester: &mut Tester, step: Step) {
    tester.press("enter").settle();
    while tester.model.screen != Screen::Step(step) {
        tester.press("enter").settle();
    }
}

fn look_on(tester: &mut Tester) {
    tester.pass(Duration::from_secs(3));
}

fn open(tester: &mut Tester, key: &str) {
    look_on(tester);
    tester.press(key);
}

fn screens(criterion: &mut Criterion) {
    for (width, height) in [(80, 24), (200, 50)] {
        for (name, account, way, key) in STOPS {
            let mut tester = Tester::on(scenario(account), width, height);
            way(&mut tester);
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
