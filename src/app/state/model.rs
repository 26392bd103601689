//! Everything the screens show.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::account::AccountState;
use super::accounts::Accounts;
use super::alarm_test::TestScreen;
use super::notice::{EarlyKey, Notice};
use super::overlay::Overlay;
use super::screen::Screen;
use super::session::SessionId;
use crate::app::keymap::Context;
use crate::domain::SetupOptions;
use crate::domain::observed::AlarmState;
use crate::domain::profile::Profile;

/// Everything the screens show.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not the states of one machine")]
pub struct Model {
    pub now: Timestamp,
    /// When the last sign-in or, after that, the first read of the account began.
    pub waiting_since: Timestamp,
    pub demo: Option<String>,
    /// What the user asked for on the command line, for every session.
    pub(in crate::app) setup: SetupOptions,
    pub accounts: Accounts,
    /// The screen on which the selected account is shown.
    pub screen: Screen,
    pub overlay: Option<Overlay>,
    /// The time zone of the times on the screen.
    pub zone: TimeZone,
    /// Don't ring the terminal bell.
    pub quiet: bool,
    /// Whether the terminal has the focus.
    pub focused: bool,
    /// The line above the footer.
    pub notice: Option<Notice>,
    pub(in crate::app) early_key: Option<EarlyKey>,
    /// The scroll position of the plan.
    pub scroll: u16,
    pub(in crate::app) profiles: Vec<Profile>,
    pub(in crate::app) last_session: SessionId,
    pub quit: bool,
    /// The program quits because of Ctrl+C or a signal.
    pub interrupted: bool,
}

/// Time between two frames of the spinner.
const FRAME: SignedDuration = SignedDuration::from_millis(120);
/// The slowdown of polling while the terminal does not have the focus.
const UNFOCUSED: i32 = 4;

impl Model {
    /// A model with one account.
    #[must_use]
    pub fn new(account: AccountState, demo: Option<String>, now: Timestamp) -> Self {
        Self {
            now,
            waiting_since: now,
            demo,
            setup: SetupOptions::default(),
            last_session: account.session,
            accounts: Accounts::new(account),
            screen: Screen::Account,
            overlay: None,
            zone: TimeZone::UTC,
            quiet: false,
            focused: true,
            notice: None,
            early_key: None,
            scroll: 0,
            profiles: Vec::new(),
            quit: false,
            interrupted: false,
        }
    }

    /// The selected account.
    #[must_use]
    pub fn account(&self) -> &AccountState {
        self.accounts.selected()
    }

    /// The screen on which the user sees the account with this session; none if it is not the selected one.
    pub(in crate::app) fn shown(&self, session: SessionId) -> Option<Screen> {
        (self.account().session == session).then_some(self.screen)
    }

    /// The factor by which polling is slower than usual.
    pub(in crate::app) fn slowdown(&self) -> i32 {
        if self.focused { 1 } else { UNFOCUSED }
    }

    /// Whether a plan or a teardown is running in any account.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.accounts.iter().any(AccountState::is_running)
    }

    /// Whether the selected account is being read, or is about to be.
    #[must_use]
    pub fn is_observing(&self) -> bool {
        self.account().is_observing()
    }

    /// How long the last sign-in or the first read of the account has taken.
    #[must_use]
    pub fn waited(&self) -> SignedDuration {
        self.now.duration_since(self.waiting_since)
    }

    /// Whether something on the screen is animated.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.accounts.iter().any(AccountState::is_busy)
            || matches!(&self.overlay, Some(Overlay::Picker(picker)) if !picker.ready)
    }

    /// When the next tick is due; none if nothing is scheduled.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        let frame = self.is_busy().then(|| self.now.saturating_add(FRAME).unwrap_or(self.now));
        let accounts =
            self.accounts.iter().filter_map(|account| account.deadline(self.now, self.shown(account.session)));
        frame.into_iter().chain(accounts).min()
    }

    /// The part of the key table that applies now.
    #[must_use]
    pub fn context(&self) -> Context {
        let account = self.account();
        match (&self.overlay, self.screen) {
            (Some(Overlay::Help { .. }), _) => Context::Help,
            (Some(Overlay::Commands { .. }), _) => Context::Commands,
            (Some(Overlay::Picker(_)), _) => Context::Picker,
            (Some(Overlay::MfaCode(_)), _) => Context::MfaCode,
            (Some(Overlay::ConfirmQuit { .. }), _) => Context::Confirm,
            (Some(Overlay::SetOk), _) => Context::SetOk,
            (Some(Overlay::Teardown), _) if account.teardown.as_ref().is_some_and(|t| t.asks_to_leave) => {
                Context::Confirm
            }
            (Some(Overlay::Teardown), _) => Context::Teardown,
            (Some(Overlay::Checks { .. }), _) => Context::Checks,
            (Some(Overlay::Event { .. }), _) => Context::Event,
            (Some(Overlay::Test), _) if account.test.as_ref().is_some_and(TestScreen::asks_arrival) => Context::Arrival,
            (Some(Overlay::Test), _) => Context::Test,
            (None, Screen::Account) => Context::Account,
            (None, Screen::Step(_)) if account.form.focus().is_some() => Context::Field,
            (None, Screen::Step(_)) => Context::Step,
            (None, Screen::Dashboard) => Context::Dashboard,
        }
    }

    /// The terminal title: the alarm's state and the account.
    #[must_use]
    pub fn title(&self) -> String {
        let account = self.account();
        let alarm = account.health().and_then(|health| health.alarm.as_ref());
        let word = match alarm.map(|a| a.state) {
            Some(AlarmState::Alarm) => "ALARM",
            _ if self.screen != Screen::Dashboard => return "rootbell".into(),
            _ => account.health().map_or("UNKNOWN", |health| health.headline().word()),
        };
        let number = account.caller().map(|c| format!(" · {}", c.identity.account)).unwrap_or_default();
        format!("rootbell: {word}{number}")
    }

    /// One or more sentences about what was interrupted, printed after the terminal has been restored.
    #[must_use]
    pub fn interruption(&self) -> String {
        // What is running matters more than what is on the screen.
        self.accounts.iter().find(|account| account.is_running()).unwrap_or(self.account()).interruption()
    }
}
