//! Runs the wizard without a terminal, on a demo account, in virtual time.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::Style;
use rootbell::app::keymap::{Code, Key};
use rootbell::app::{Effect, Model, Msg, update};
use rootbell::cloud::demo::{Account, DemoCloud};
use rootbell::cloud::diagnosis::{Origins, Reached};
use rootbell::cloud::{Answer, CloudError, Connector, ErrorKind, Session, Target};
use rootbell::domain::profile::Profile;
use rootbell::domain::{Region, SetupOptions};
use rootbell::runtime::Worker;
use rootbell::runtime::worker::Clock;
use rootbell::ui::{Theme, view};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;

/// The time at which every test starts.
pub const START: &str = "2026-11-23T12:00:00Z";

/// The wizard, with methods to press keys and to check the screen.
pub struct Tester {
    runtime: tokio::runtime::Runtime,
    began: Instant,
    cloud: DemoCloud,
    pub model: Model,
    worker: Worker,
    answers: UnboundedReceiver<Msg>,
    terminal: Terminal<TestBackend>,
    pub theme: Theme,
    /// The texts copied to the clipboard.
    pub copied: Vec<String>,
    /// How often the terminal's bell rang.
    pub bells: usize,
    /// How often the screen was drawn.
    pub draws: usize,
}

/// Connects to a demo account.
pub struct OnDemo(DemoCloud, Vec<String>);

/// A connector to this account, and a clock that starts now at [`START`]. Call it in tokio.
pub fn connector(account: Account) -> (OnDemo, Clock) {
    let began = Instant::now();
    let clock: Clock = Arc::new(move || START.parse::<Timestamp>().unwrap() + signed(began.elapsed()));
    let profiles = account.profiles.clone();
    (OnDemo(DemoCloud::new(account, clock.clone()), profiles), clock)
}

#[async_trait::async_trait]
impl Connector for OnDemo {
    async fn connect(&self, target: &Target) -> Answer<Session> {
        let region = target.region.clone().unwrap_or_else(|| Region::new(self.0.snapshot().region));
        if region.as_str().is_empty() {
            return Err(CloudError::local(ErrorKind::NoRegion, "the account has no default Region"));
        }
        Ok(Session {
            cloud: Arc::new(self.0.in_region(&region).through_profile(target.profile.as_deref())),
            region_from: if target.region.is_some() { "your choice".into() } else { "the demo account".into() },
            region,
            profile: target.profile.clone(),
        })
    }

    async fn profiles(&self) -> Vec<Profile> {
        self.1.iter().map(Profile::named).collect()
    }

    async fn origins(&self, _: &Target) -> Origins {
        unreachable!("the wizard does not examine the connection")
    }

    async fn reach(&self, _: &Target, _: fn() -> Timestamp) -> Answer<Vec<Reached>> {
        unreachable!("the wizard does not examine the connection")
    }

    fn open_links(&self) {
        for email in self.0.unconfirmed() {
            self.0.confirm(&email);
        }
    }
}

impl Tester {
    /// Starts the wizard on an account, and waits until it has read the account.
    pub fn on(account: Account, width: u16, height: u16) -> Self {
        let mut tester = Self::before_any_answer(account, width, height);
        tester.settle();
        tester
    }

    /// Like `rootbell --demo=SCENARIO`: the screen says that it is a demo.
    pub fn on_demo(name: &str, width: u16, height: u16) -> Self {
        let mut tester = Self::on(scenario(name), width, height);
        tester.model.demo = Some(name.to_owned());
        tester
    }

    /// Starts the wizard with options of the command line, and waits until it has read the account.
    pub fn with_options(account: Account, setup: SetupOptions, width: u16, height: u16) -> Self {
        let mut tester = Self::started(account, setup, width, height);
        tester.settle();
        tester
    }

    /// Starts the wizard; no call has been answered yet.
    pub fn before_any_answer(account: Account, width: u16, height: u16) -> Self {
        Self::started(account, SetupOptions::default(), width, height)
    }

    fn started(account: Account, setup: SetupOptions, width: u16, height: u16) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let began = runtime.block_on(async { Instant::now() });
        // The demo account reads the clock at once, and the clock needs tokio.
        let (connector, clock) = runtime.block_on(async { connector(account) });
        let cloud = connector.0.clone();
        let (sender, answers) = unbounded_channel();
        let worker = Worker::new(Arc::new(connector), clock, sender);
        let (model, effects) = Model::start(Target::default(), setup, None, START.parse().unwrap());
        let terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut tester = Self {
            runtime,
            began,
            cloud,
            model,
            worker,
            answers,
            terminal,
            theme: Theme::dark(),
            copied: Vec::new(),
            bells: 0,
            draws: 0,
        };
        tester.perform(effects);
        tester.draw();
        tester
    }

    /// Changes or reads the account without the wizard.
    pub fn on_account<T>(&self, work: impl FnOnce(&DemoCloud) -> T) -> T {
        // The account's clock needs tokio.
        let _in_tokio = self.runtime.enter();
        work(&self.cloud)
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        let _in_tokio = self.runtime.enter();
        for effect in effects {
            match effect {
                Effect::Copy(text) => self.copied.push(text),
                Effect::Bell => self.bells += 1,
                effect => self.worker.start(effect),
            }
        }
    }

    fn now(&self) -> Timestamp {
        let elapsed = self.runtime.block_on(async { self.began.elapsed() });
        START.parse::<Timestamp>().unwrap() + signed(elapsed)
    }

    /// Sends a message, as the runtime would.
    pub fn send(&mut self, msg: Msg) {
        let now = self.now();
        let effects = update(&mut self.model, msg, now);
        self.perform(effects);
        self.draw();
    }

    fn draw(&mut self) {
        self.draws += 1;
        let (model, theme) = (&self.model, &self.theme);
        self.terminal.draw(|frame| view(model, theme, frame)).unwrap();
    }

    /// Presses keys: `enter`, `esc`, `tab`, `ctrl+r`, `f2`, …, or single characters, separated by spaces.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for word in keys.split_whitespace() {
            self.send(Msg::Key(key(word)));
        }
        self
    }

    /// Types text, character by character.
    pub fn write(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.send(Msg::Key(Key::plain(Code::Char(c))));
        }
        self
    }

    /// Clears the field and types text.
    pub fn fill(&mut self, text: &str) -> &mut Self {
        self.press("ctrl+u").write(text)
    }

    /// Lets time pass until nothing is in progress, but at most 90 seconds.
    pub fn settle(&mut self) -> &mut Self {
        for _ in 0..9000 {
            if !self.model.is_busy() && !self.model.is_observing() && !self.has_more() {
                break;
            }
            self.pass(Duration::from_millis(10));
        }
        self
    }

    fn has_more(&self) -> bool {
        !self.answers.is_empty()
            || self.model.deadline().is_some_and(|at| at <= self.now() + SignedDuration::from_millis(400))
    }

    /// Lets this much time pass.
    pub fn pass(&mut self, span: Duration) -> &mut Self {
        let mut left = span;
        loop {
            let due =
                self.model.deadline().map(|at| Duration::try_from(at.duration_since(self.now())).unwrap_or_default());
            let wait = due.map_or(left, |due| due.min(left));
            let answers = &mut self.answers;
            let (msg, took) = self.runtime.block_on(async {
                let began = Instant::now();
                let msg = tokio::select! {
                    biased;
                    msg = answers.recv() => msg,
                    () = tokio::time::sleep(wait) => None,
                };
                (msg, began.elapsed())
            });
            left = left.saturating_sub(took);
            match msg {
                Some(msg) => self.send(msg),
                None if due.is_some_and(|due| due <= wait) => self.send(Msg::Tick),
                None => {}
            }
            if left.is_zero() {
                return self;
            }
        }
    }

    /// The screen as text, without trailing spaces.
    pub fn screen(&self) -> String {
        let buffer = self.terminal.backend().buffer();
        let width = usize::from(buffer.area.width);
        let lines = buffer.content.chunks(width).map(|row| {
            let line: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
            line.trim_end().to_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The screen, drawn again after a direct change to the model.
    pub fn redrawn(&mut self) -> &Buffer {
        self.draw();
        self.buffer()
    }

    pub fn buffer(&self) -> &Buffer {
        self.terminal.backend().buffer()
    }

    /// The style of the first cell of this text on the screen.
    pub fn style_of(&self, text: &str) -> Style {
        let screen = self.screen();
        let (y, line) = screen.lines().enumerate().find(|(_, l)| l.contains(text)).expect("the text is on the screen");
        let x = line[..line.find(text).unwrap()].chars().count();
        self.buffer()[(u16::try_from(x).unwrap(), u16::try_from(y).unwrap())].style()
    }

    /// The position of the cursor, if it is visible.
    pub fn cursor(&mut self) -> Option<(u16, u16)> {
        self.draw();
        let backend = self.terminal.backend();
        backend.cursor_visible().then(|| backend.cursor_position().into())
    }

    pub fn resize(&mut self, width: u16, height: u16) -> &mut Self {
        self.terminal.backend_mut().resize(width, height);
        self.draw();
        self
    }

    #[track_caller]
    pub fn sees(&mut self, text: &str) -> &mut Self {
        assert!(self.screen().contains(text), "`{text}` is not on the screen:\n{}", self.screen());
        self
    }

    #[track_caller]
    pub fn does_not_see(&mut self, text: &str) -> &mut Self {
        assert!(!self.screen().contains(text), "`{text}` is on the screen:\n{}", self.screen());
        self
    }
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap()
}

fn key(word: &str) -> Key {
    if let Some(letter) = word.strip_prefix("ctrl+") {
        return Key::ctrl(letter.chars().next().unwrap());
    }
    let code = match word {
        "enter" => Code::Enter,
        "esc" => Code::Esc,
        "tab" => Code::Tab,
        "backtab" => Code::BackTab,
        "up" => Code::Up,
        "down" => Code::Down,
        "left" => Code::Left,
        "right" => Code::Right,
        "home" => Code::Home,
        "end" => Code::End,
        "pgup" => Code::PageUp,
        "pgdn" => Code::PageDown,
        "backspace" => Code::Backspace,
        f if f.len() > 1 && f.starts_with('f') => Code::F(f[1..].parse().unwrap()),
        c => Code::Char(c.chars().next().unwrap()),
    };
    Key::plain(code)
}

/// One of the built-in demo scenarios.
pub fn scenario(name: &str) -> Account {
    let (_, text) = rootbell::cloud::demo::SCENARIOS.iter().find(|(n, _)| *n == name).expect("a scenario");
    Account::read(text).unwrap()
}
