//! Translates terminal events to the app's messages.

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};

use crate::app::Msg;
use crate::app::keymap::{Code, Key};

/// The message for an event; none if the app doesn't use it. A held key repeats only movement and text.
pub(super) fn message(event: &Event) -> Option<Msg> {
    match event {
        Event::Paste(text) => Some(Msg::Paste(text.clone())),
        Event::FocusGained => Some(Msg::Focus(true)),
        Event::FocusLost => Some(Msg::Focus(false)),
        Event::Key(key) => {
            let code = code(key.code)?;
            let can_repeat = !matches!(code, Code::Enter | Code::Esc | Code::F(_));
            let is_used = key.kind == KeyEventKind::Press || (key.kind == KeyEventKind::Repeat && can_repeat);
            let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
            let alt = key.modifiers.contains(KeyModifiers::ALT);
            // AltGr is reported as Ctrl+Alt together with the resulting character, which is text.
            (is_used && (!alt || ctrl)).then_some(Msg::Key(Key { code: lower(code, ctrl), ctrl: ctrl && !alt }))
        }
        _ => None,
    }
}

fn lower(code: Code, ctrl: bool) -> Code {
    match code {
        Code::Char(c) if ctrl => Code::Char(c.to_ascii_lowercase()),
        other => other,
    }
}

fn code(code: KeyCode) -> Option<Code> {
    Some(match code {
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => Code::BackTab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::F(n) => Code::F(n),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyEvent, KeyEventState};

    use super::*;

    fn event(code: KeyCode, modifiers: KeyModifiers, kind: KeyEventKind) -> Event {
        Event::Key(KeyEvent { code, modifiers, kind, state: KeyEventState::NONE })
    }

    #[test]
    fn a_held_enter_applies_once_and_a_held_letter_repeats() {
        let none = KeyModifiers::NONE;
        assert!(message(&event(KeyCode::Enter, none, KeyEventKind::Repeat)).is_none());
        assert!(message(&event(KeyCode::Char('a'), none, KeyEventKind::Repeat)).is_some());
        assert!(message(&event(KeyCode::Char('a'), none, KeyEventKind::Release)).is_none());
    }

    #[test]
    fn altgr_types_text() {
        let at = event(KeyCode::Char('@'), KeyModifiers::CONTROL | KeyModifiers::ALT, KeyEventKind::Press);
        let Some(Msg::Key(key)) = message(&at) else { panic!("a key") };
        assert_eq!(key, Key::plain(Code::Char('@')));
    }
}
