//! The key table: the source for key handling, the footer, the help, and docs/keys.md.

/// A pressed key, independent of any terminal library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    pub code: Code,
    pub ctrl: bool,
}

/// A key without modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    Char(char),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

impl Key {
    #[must_use]
    pub const fn plain(code: Code) -> Self {
        Self { code, ctrl: false }
    }

    #[must_use]
    pub const fn ctrl(c: char) -> Self {
        Self { code: Code::Char(c), ctrl: true }
    }

    /// The name in the footer.
    #[must_use]
    pub fn name(self) -> String {
        let name = match self.code {
            Code::Char(' ') => "Space".to_owned(),
            Code::Char(c) if self.ctrl => c.to_uppercase().to_string(),
            Code::Char(c) => c.to_string(),
            Code::BackTab => "Shift+Tab".to_owned(),
            Code::F(n) => format!("F{n}"),
            Code::PageUp => "PgUp".to_owned(),
            Code::PageDown => "PgDn".to_owned(),
            other => format!("{other:?}"),
        };
        if self.ctrl { format!("Ctrl+{name}") } else { name }
    }
}

/// Where a key is pressed: each context has its own bindings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    Account,
    /// A step in which no field has the focus: letters are commands.
    Step,
    /// A field of a step has the focus: printable keys are text.
    Field,
    Dashboard,
    Event,
    Test,
    /// Asks whether the email of a test arrived.
    Arrival,
    Teardown,
    Checks,
    Picker,
    /// Asks for an MFA code.
    MfaCode,
    Commands,
    Help,
    Confirm,
    /// Asks whether to set an alarm that has fired back to OK.
    SetOk,
}

impl Context {
    pub const ALL: [Self; 15] = [
        Self::Account,
        Self::Step,
        Self::Field,
        Self::Dashboard,
        Self::Event,
        Self::Test,
        Self::Arrival,
        Self::Teardown,
        Self::Checks,
        Self::Picker,
        Self::MfaCode,
        Self::Commands,
        Self::Help,
        Self::Confirm,
        Self::SetOk,
    ];

    /// The heading in the help overlay and docs/keys.md.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Account => "Account",
            Self::Step => "Step",
            Self::Field => "Field of a step",
            Self::Dashboard => "Dashboard",
            Self::Event => "Event",
            Self::Test => "Test and drill",
            Self::Arrival => "Whether the email arrived",
            Self::Teardown => "Deletion",
            Self::Checks => "Checks",
            Self::Picker => "Choosing a profile, Region, or trail",
            Self::MfaCode => "MFA code",
            Self::Commands => "AWS CLI commands",
            Self::Help => "Help",
            Self::Confirm => "Confirmation",
            Self::SetOk => "Setting the alarm to OK",
        }
    }
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    Interrupt,
    Quit,
    Start,
    PickProfile,
    PickRegion,
    SwitchRegion,
    PickTrail,
    Refresh,
    Help,
    Apply,
    Back,
    Edit,
    LeaveField,
    NextField,
    PreviousField,
    Commands,
    Details,
    ResetFields,
    ResendConfirmation,
    Up,
    Down,
    PageUp,
    PageDown,
    First,
    Last,
    Wizard,
    Dashboard,
    Test,
    Drill,
    SetOk,
    ShowEvent,
    LoadOlder,
    Checks,
    DrillAnyway,
    Teardown,
    Logs,
    OpenLinks,
    Choose,
    Close,
    Copy,
    Yes,
    No,
}

impl Intent {
    /// Whether the footer shows it even if other hints have to be left out: help lists every other key.
    #[must_use]
    pub fn is_always_in_footer(self) -> bool {
        matches!(self, Self::Help | Self::Quit)
    }
}

/// A row of the table: the context, the keys, what they do, the hint in the footer (if empty, the footer leaves the key
/// out), and the sentence in the help.
#[derive(Debug)]
pub struct Binding {
    pub context: Context,
    pub keys: &'static [Key],
    pub intent: Intent,
    pub hint: &'static str,
    pub help: &'static str,
}

const fn ch(c: char) -> Key {
    Key::plain(Code::Char(c))
}

const ENTER: Key = Key::plain(Code::Enter);
const ESC: Key = Key::plain(Code::Esc);
const TAB: Key = Key::plain(Code::Tab);
const BACKTAB: Key = Key::plain(Code::BackTab);
const UP: Key = Key::plain(Code::Up);
const DOWN: Key = Key::plain(Code::Down);
const PGUP: Key = Key::plain(Code::PageUp);
const PGDN: Key = Key::plain(Code::PageDown);
const HOME: Key = Key::plain(Code::Home);
const END: Key = Key::plain(Code::End);
const F1: Key = Key::plain(Code::F(1));
const F2: Key = Key::plain(Code::F(2));
const F3: Key = Key::plain(Code::F(3));
const F4: Key = Key::plain(Code::F(4));
const F5: Key = Key::plain(Code::F(5));

/// Quits immediately, in every context.
pub const QUIT: Key = Key::ctrl('c');

macro_rules! bindings {
    ($($context:ident: [$($key:expr),+] $intent:ident $hint:literal $help:literal;)*) => {
        &[$(Binding {
            context: Context::$context, keys: &[$($key),+], intent: Intent::$intent, hint: $hint, help: $help,
        }),*]
    };
}

/// All bindings, in the order in which the footer shows them.
pub const BINDINGS: &[Binding] = bindings! {
    Account: [ENTER] Start "start" "Go to the first unfinished step";
    Account: [ch('s')] SwitchRegion "switch Region" "Switch to the Region that has a setup already, if another one has";
    Account: [ch('p')] PickProfile "profile" "Choose another profile of your AWS configuration";
    Account: [ch('g')] PickRegion "Region" "Choose another Region";
    Account: [ch('d')] Dashboard "dashboard" "Show what is set up and what is missing";
    Account: [ch('r')] Refresh "refresh" "Sign in and read the account again";
    Account: [ch('x')] Teardown "delete" "Delete what rootbell created; shows the list first";
    Account: [UP, ch('k')] Up "" "Scroll up";
    Account: [DOWN, ch('j')] Down "" "Scroll down";
    Account: [PGUP] PageUp "" "Scroll up, faster";
    Account: [PGDN] PageDown "" "Scroll down, faster";
    Account: [ch('?'), F1] Help "help" "Show the keys";
    Account: [ch('q')] Quit "quit" "Quit";
    Step: [ENTER] Apply "apply" "Apply the plan on the screen; once it is applied, continue";
    Step: [ch('e'), TAB] Edit "edit" "Edit the fields, starting with the last one you edited";
    Step: [DOWN] NextField "" "Edit the first field";
    Step: [UP, BACKTAB] PreviousField "" "Edit the last field";
    Step: [ESC] Back "back" "Go back one screen; nothing is lost";
    Step: [F4] PickTrail "trails" "Choose the trail to use";
    Step: [Key::ctrl('r')] ResendConfirmation "resend" "Send the confirmation email again";
    Step: [Key::ctrl('o')] OpenLinks "open the link" "In a demo account: open the links in the emails";
    Step: [ch('v'), F2] Commands "commands" "Show the plan as AWS CLI commands";
    Step: [F3] Details "details" "Show or hide the bucket, log group, role, and encryption";
    Step: [F5] ResetFields "reset" "Reset every field to its proposed value";
    Step: [ch('k')] Up "" "Scroll the plan up";
    Step: [ch('j')] Down "" "Scroll the plan down";
    Step: [PGUP] PageUp "" "Scroll the plan up, faster";
    Step: [PGDN] PageDown "" "Scroll the plan down, faster";
    Step: [ch('?'), F1] Help "help" "Show the keys";
    Step: [ch('q')] Quit "quit" "Quit; asks first if calls are running";
    Field: [ENTER] Apply "apply" "Apply the plan on the screen; once it is applied, continue";
    Field: [TAB, DOWN] NextField "next" "Go to the next field";
    Field: [BACKTAB, UP] PreviousField "" "Go to the previous field";
    Field: [ESC] LeaveField "leave field" "Leave the field; letters are commands again";
    Field: [F4] PickTrail "trails" "Choose the trail to use";
    Field: [Key::ctrl('r')] ResendConfirmation "resend" "Send the confirmation email again";
    Field: [Key::ctrl('o')] OpenLinks "open the link" "In a demo account: open the links in the emails";
    Field: [F2] Commands "commands" "Show the plan as AWS CLI commands";
    Field: [F3] Details "details" "Show or hide the bucket, log group, role, and encryption";
    Field: [F5] ResetFields "reset" "Reset the field to its proposed value";
    Field: [PGUP] PageUp "" "Scroll the plan up";
    Field: [PGDN] PageDown "" "Scroll the plan down";
    Field: [F1] Help "help" "Show the keys";
    Dashboard: [ch('t')] Test "test alarm" "Send a test alarm and check that the notification is sent";
    Dashboard: [ch('d')] Drill "drill" "Send a marked root event through the whole chain";
    Dashboard: [ch('o')] SetOk "set OK" "Set the alarm to OK; asks first";
    Dashboard: [ch('r')] Refresh "refresh" "Refresh everything";
    Dashboard: [ch('s')] ResendConfirmation "resend confirmation" "Send the confirmation email again";
    Dashboard: [ch('l')] OpenLinks "open the link" "In a demo account: open the links in the emails";
    Dashboard: [ENTER] ShowEvent "details" "Show the details of the selected event";
    Dashboard: [ch('w')] Wizard "wizard" "Go through the steps again";
    Dashboard: [ch('c')] Checks "checks" "Show all checks and how to fix what is wrong";
    Dashboard: [ESC] Back "" "Go back to the account screen";
    Dashboard: [ch('m')] LoadOlder "older" "Load older events";
    Dashboard: [ch('x')] Teardown "delete" "Delete what rootbell created; shows the list first";
    Dashboard: [UP, ch('k')] Up "" "Select the event above";
    Dashboard: [DOWN, ch('j')] Down "" "Select the event below";
    Dashboard: [ch('y')] Copy "" "Copy the ARN of the alarm";
    Dashboard: [ch('?'), F1] Help "help" "Show the keys";
    Dashboard: [ch('q')] Quit "quit" "Quit";
    Event: [ch('y')] Copy "copy" "Copy the event as JSON";
    Event: [UP, ch('k')] Up "" "Scroll up";
    Event: [DOWN, ch('j')] Down "scroll" "Scroll down";
    Event: [PGUP] PageUp "" "Scroll a page up";
    Event: [PGDN] PageDown "" "Scroll a page down";
    Event: [ESC, ENTER, ch('q')] Close "close" "Close";
    Test: [ENTER, ch('y')] Yes "start" "Start the test or drill";
    Test: [ch('f')] DrillAnyway "write there anyway" "Start the drill in an unmanaged log group";
    Test: [ESC, ch('n'), ch('q')] Close "close" "Close; a running test continues, and its result is shown";
    Arrival: [ch('y')] Yes "it arrived" "The email arrived";
    Arrival: [ch('n')] No "it did not" "The email did not arrive; shows what to check";
    Arrival: [ENTER, ESC, ch('q')] Close "close" "Close; a running test continues, and its result is shown";
    Teardown: [ENTER] Apply "delete" "Delete what is shown, once the word is typed; after a failure, continue";
    Teardown: [F3] Logs "delete logs too" "Delete or keep the bucket and the log group with their logs";
    Teardown: [UP] Up "" "Scroll up";
    Teardown: [DOWN] Down "" "Scroll down";
    Teardown: [PGUP] PageUp "" "Scroll a page up";
    Teardown: [PGDN] PageDown "" "Scroll a page down";
    Teardown: [ESC] Close "close" "Close; nothing is deleted without confirmation";
    Checks: [ch('w')] Wizard "wizard" "Go to the step of the first check that is not ok";
    Checks: [UP, ch('k')] Up "" "Scroll up";
    Checks: [DOWN, ch('j')] Down "scroll" "Scroll down";
    Checks: [PGUP] PageUp "" "Scroll a page up";
    Checks: [PGDN] PageDown "" "Scroll a page down";
    Checks: [ESC, ch('c'), ch('q')] Close "close" "Close";
    Picker: [ENTER] Choose "choose" "Choose the selected entry";
    Picker: [UP] Up "" "Select the entry above";
    Picker: [DOWN] Down "" "Select the entry below";
    Picker: [PGUP] PageUp "" "Select the entry ten rows up";
    Picker: [PGDN] PageDown "" "Select the entry ten rows down";
    Picker: [HOME] First "" "Select the first entry";
    Picker: [END] Last "" "Select the last entry";
    Picker: [ESC] Close "cancel" "Close without choosing";
    MfaCode: [ENTER] Choose "sign in" "Sign in with the code";
    MfaCode: [ESC] Close "cancel" "Close without signing in";
    Commands: [ch('y')] Copy "copy" "Copy the commands";
    Commands: [UP, ch('k')] Up "" "Scroll up";
    Commands: [DOWN, ch('j')] Down "scroll" "Scroll down";
    Commands: [PGUP] PageUp "" "Scroll a page up";
    Commands: [PGDN] PageDown "" "Scroll a page down";
    Commands: [ESC, F2, ch('q')] Close "close" "Close";
    Help: [UP, ch('k')] Up "" "Scroll up";
    Help: [DOWN, ch('j')] Down "scroll" "Scroll down";
    Help: [PGUP] PageUp "" "Scroll a page up";
    Help: [PGDN] PageDown "" "Scroll a page down";
    Help: [ESC, F1, ch('?'), ch('q')] Close "close" "Close";
    Confirm: [ENTER, ch('y')] Yes "yes" "Yes";
    Confirm: [ESC, ch('n')] No "no" "No";
    SetOk: [ch('y')] Yes "set to OK" "Set the alarm to OK";
    SetOk: [ENTER, ESC, ch('n'), ch('q')] No "no" "Leave the alarm as it is";
};

/// What a key does in a context; none if it is text or unused.
#[must_use]
pub fn intent(context: Context, key: Key) -> Option<Intent> {
    if key == QUIT {
        return Some(Intent::Interrupt);
    }
    BINDINGS.iter().find(|b| b.context == context && b.keys.contains(&key)).map(|b| b.intent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_has_two_bindings_in_one_context() {
        for context in Context::ALL {
            let keys: Vec<Key> =
                BINDINGS.iter().filter(|b| b.context == context).flat_map(|b| b.keys).copied().collect();
            for (i, key) in keys.iter().enumerate() {
                assert!(!keys[i + 1..].contains(key), "{} twice in {context:?}", key.name());
                assert_ne!(*key, QUIT, "Ctrl+C quits everywhere");
            }
        }
    }

    /// The letters that are commands in a context.
    fn letters(context: Context) -> Vec<Key> {
        let keys = BINDINGS.iter().filter(|b| b.context == context).flat_map(|b| b.keys);
        keys.filter(|k| matches!(k.code, Code::Char(_)) && !k.ctrl).copied().collect()
    }

    #[test]
    fn letters_are_commands_in_a_step_without_a_focus_and_each_is_bound_once() {
        let mut keys = letters(Context::Step);
        assert!(keys.contains(&ch('e')) && keys.contains(&ch('q')) && keys.contains(&ch('?')), "{keys:?}");
        let count = keys.len();
        keys.sort_by_key(|k| k.name());
        keys.dedup();
        assert_eq!(keys.len(), count, "{keys:?}");
    }

    #[test]
    fn printable_keys_are_text_while_a_field_has_the_focus() {
        for context in [Context::Field, Context::Picker, Context::MfaCode, Context::Teardown] {
            assert_eq!(letters(context), Vec::new(), "{context:?}");
        }
    }

    #[test]
    fn function_keys_and_ctrl_keys_do_the_same_with_and_without_a_focus() {
        let keys = |context| {
            let all = BINDINGS.iter().filter(move |b| b.context == context);
            all.flat_map(|b| b.keys.iter().map(move |k| (*k, b.intent)))
        };
        for (key, bound) in keys(Context::Field).filter(|(k, _)| matches!(k.code, Code::F(_)) || k.ctrl) {
            assert_eq!(intent(Context::Step, key), Some(bound), "{}", key.name());
        }
    }

    #[test]
    fn enter_never_sets_an_alarm_to_ok() {
        assert_eq!(intent(Context::SetOk, ENTER), Some(Intent::No));
        assert_eq!(intent(Context::SetOk, ch('y')), Some(Intent::Yes));
    }
}
