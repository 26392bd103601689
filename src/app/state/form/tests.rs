use super::*;
use crate::domain::RetentionDays;

fn typed(form: &mut Form, text: &str) {
    for c in text.chars() {
        form.edit(Key::plain(Code::Char(c)));
    }
}

#[test]
fn several_addresses_are_separated_by_commas_semicolons_or_spaces() {
    let mut form = Form::default();
    form.focus_on(SettingId::Emails);
    typed(&mut form, "a@b.de, c@d.de;e@f.de g@h.de");
    assert_eq!(form.setup_options().emails, ["a@b.de", "c@d.de", "e@f.de", "g@h.de"]);
}

#[test]
fn an_invalid_field_sets_no_option_and_says_why() {
    let mut form = Form::default();
    form.focus_current();
    typed(&mut form, "my trail");
    assert_eq!(form.setup_options().trail, None);
    assert!(form.errors()[0].1.contains("cannot have spaces"));
}

#[test]
fn never_in_the_retention_field_keeps_events_forever() {
    for (text, expected) in [
        ("never", Ok(RetentionDays::Never)),
        ("731", Ok(RetentionDays::Days(731))),
        ("42", Err("30 or 60")),
        ("forever", Err("`never`")),
    ] {
        let mut form = Form::default();
        form.focus_on(SettingId::Retention);
        typed(&mut form, text);
        assert_eq!(form.setup_options().retention_days, expected.ok(), "{text}");
        if let Err(error) = expected {
            assert!(form.errors()[0].1.contains(error), "{:?}", form.errors());
        }
    }
}

#[test]
fn curly_quotes_in_a_pasted_pattern_are_replaced_and_a_note_says_so() {
    let mut form = Form::default();
    form.focus_on(SettingId::Pattern);
    form.paste("{ $.userIdentity.type = “Root” }\n");
    assert_eq!(form.setup_options().pattern.as_deref(), Some(r#"{ $.userIdentity.type = "Root" }"#));
    let field = form.shown(Step::Filter).find(|f| f.id == SettingId::Pattern).unwrap();
    assert!(matches!(field.remark(), Remark::Note(note) if note.contains("curly quotes were replaced")));
}

#[test]
fn the_focus_wraps_around_and_skips_hidden_details() {
    let mut form = Form::default();
    form.enter(Step::Trail);
    form.focus_current();
    form.move_focus(true);
    assert_eq!(form.focus(), Some(SettingId::Retention));
    form.move_focus(true);
    assert_eq!(form.focus(), Some(SettingId::Trail));
    form.toggle_details();
    form.move_focus(false);
    assert_eq!(form.focus(), Some(SettingId::RestrictRole));
    form.toggle_details();
    assert_eq!(form.focus(), Some(SettingId::Trail));
}

#[test]
fn no_field_has_the_focus_at_first_so_keys_change_nothing() {
    let mut form = Form::default();
    form.enter(Step::Topic);
    typed(&mut form, "q");
    assert_eq!((form.focus(), form.setup_options()), (None, SetupOptions::default()));
    form.focus_current();
    assert_eq!(form.focus(), Some(SettingId::Emails));
    form.leave_field();
    for (forward, expected) in [(true, SettingId::Topic), (false, SettingId::Events)] {
        form.leave_field();
        form.move_focus(forward);
        assert_eq!(form.focus(), Some(expected));
    }
    form.leave_field();
    form.toggle_details();
    assert_eq!(form.focus(), None);
}

#[test]
fn text_pasted_without_a_focus_goes_to_the_main_field_of_the_step() {
    let mut form = Form::default();
    form.enter(Step::Topic);
    assert!(form.paste_unfocused(Step::Topic, "a@b.de\n"));
    assert_eq!((form.focus(), form.setup_options().emails), (Some(SettingId::Emails), vec!["a@b.de".into()]));
    form.leave_field();
    assert!(form.paste_unfocused(Step::Topic, "c@d.de"));
    assert_eq!(form.setup_options().emails, ["a@b.de", "c@d.de"]);
    form.enter(Step::Trail);
    assert!(!form.paste_unfocused(Step::Trail, "https://example.com"));
    assert_eq!((form.focus(), form.setup_options().trail), (None, None));
}
