//! The event loop: connects the model with the terminal, the timers, and the worker.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use color_eyre::eyre::Result;
use crossterm::event::{Event, EventStream};
use futures::StreamExt;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::sync::mpsc;

use crate::app::{Effect, Model, Msg, update};
use crate::cloud::{Connector, Target};
use crate::domain::SetupOptions;
use crate::ui::{Theme, view};

mod input;
mod session;
mod signals;
mod terminal;
pub mod worker;

pub use worker::Worker;

/// How the wizard is started.
pub struct Options {
    pub connector: Arc<dyn Connector>,
    pub target: Target,
    /// What the user asked for on the command line.
    pub setup: SetupOptions,
    pub theme: Theme,
    /// The scenario of a demo account.
    pub demo: Option<String>,
    /// Don't ring the terminal bell.
    pub quiet: bool,
}

/// Runs the wizard until the user quits. If it was interrupted, returns the sentences to print.
///
/// # Errors
/// The terminal can't be set up or written to, or a task panicked. The terminal is restored in every case.
pub async fn run(options: Options) -> Result<Option<String>> {
    let mut signals = signals::Signals::listen()?;
    let mut terminal = terminal::Guard::enter()?;
    let (sender, mut messages) = mpsc::unbounded_channel();
    let mut worker = Worker::new(options.connector, Arc::new(now), sender);
    let mut events = EventStream::new();
    let (mut model, effects) = Model::start(options.target, options.setup, options.demo, now());
    model.quiet = options.quiet;
    model.zone = TimeZone::system();
    let mut title = String::new();
    // The first frame comes before the first request.
    terminal.draw(|frame| view(&model, &options.theme, frame))?;
    perform(effects, &mut worker)?;
    while !model.quit {
        let wait = model.deadline().map(duration_until);
        let msg = tokio::select! {
            event = events.next() => match event {
                Some(Ok(Event::Resize(..))) => None,
                Some(Ok(event)) => match input::message(&event) {
                    Some(msg) => Some(msg),
                    None => continue,
                },
                // The terminal is gone.
                Some(Err(_)) | None => {
                    model.interrupted = true;
                    break;
                }
            },
            Some(msg) = messages.recv() => Some(msg),
            () = sleep(wait) => Some(Msg::Tick),
            () = signals.next() => {
                model.interrupted = true;
                break;
            }
            () = worker.failure() => break,
        };
        // Handle all pending messages before drawing the screen once.
        let pending = std::iter::from_fn(|| messages.try_recv().ok());
        for msg in msg.into_iter().chain(pending).collect::<Vec<_>>() {
            let effects = update(&mut model, msg, now());
            perform(effects, &mut worker)?;
        }
        if title != model.title() {
            title = model.title();
            terminal::title(&title)?;
        }
        if !model.quit && terminal.draw(|frame| view(&model, &options.theme, frame)).is_err() {
            model.interrupted = true;
            break;
        }
    }
    drop(terminal);
    worker.stop()?;
    Ok(model.interrupted.then(|| model.interruption()))
}

#[expect(clippy::disallowed_methods, reason = "the wizard's only clock; everything else gets the time passed in")]
fn now() -> Timestamp {
    Timestamp::now()
}

fn duration_until(at: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(now())).unwrap_or(Duration::ZERO)
}

async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}

fn perform(effects: Vec<Effect>, worker: &mut Worker) -> io::Result<()> {
    for effect in effects {
        match effect {
            Effect::Copy(text) => terminal::copy(&text)?,
            Effect::Bell => terminal::bell()?,
            effect => worker.start(effect),
        }
    }
    Ok(())
}
