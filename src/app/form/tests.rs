use super::*;

fn typed(form: &mut Form, text: &str) {
    for c in text.chars() {
        form.edit(Key::plain(Code::Char(c)));
    }
}

#[test]
fn several_addresses_are_parted_by_commas_semicolons_or_spaces() {
    let mut form = Form::new();
    form.focus_on(FieldId::Emails);
    typed(&mut form, "a@b.de, c@d.de;e@f.de g@h.de");
    assert_eq!(form.setup_options().emails, ["a@b.de", "c@d.de", "e@f.de", "g@h.de"]);
}

#[test]
fn a_faulty_field_is_no_wish_and_says_why() {
    let mut form = Form::new();
    form.focus_current();
    typed(&mut form, "my trail");
    assert_eq!(form.setup_options().trail, None);
    assert!(form.faults()[0].1.contains("cannot have spaces"));
}

#[test]
fn a_pasted_pattern_with_curly_quotes_is_straightened_with_a_word_about_it() {
    let mut form = Form::new();
    form.focus_on(FieldId::Pattern);
    form.paste("{ $.userIdentity.type = “Root” }\n");
    assert_eq!(form.setup_options().pattern.as_deref(), Some(r#"{ $.userIdentity.type = "Root" }"#));
    let field = form.shown(Step::Filter).find(|f| f.id == FieldId::Pattern).unwrap();
    assert!(field.aside().contains("straightened"));
}

#[test]
fn the_focus_goes_around_and_skips_hidden_details() {
    let mut form = Form::new();
    form.enter(Step::Trail);
    form.focus_current();
    form.move_focus(true);
    assert_eq!(form.focus(), Some(FieldId::Retention));
    form.move_focus(true);
    assert_eq!(form.focus(), Some(FieldId::Trail));
    form.toggle_details();
    form.move_focus(false);
    assert_eq!(form.focus(), Some(FieldId::TieRole));
    form.toggle_details();
    assert_eq!(form.focus(), Some(FieldId::Trail));
}

#[test]
fn no_field_has_the_focus_at_first_and_keys_change_nothing_then() {
    let mut form = Form::new();
    form.enter(Step::Topic);
    typed(&mut form, "q");
    assert_eq!((form.focus(), form.setup_options()), (None, SetupOptions::default()));
    form.focus_current();
    assert_eq!(form.focus(), Some(FieldId::Emails));
    form.leave_field();
    for (forward, end) in [(true, FieldId::Topic), (false, FieldId::Emails)] {
        form.leave_field();
        form.move_focus(forward);
        assert_eq!(form.focus(), Some(end));
    }
    form.leave_field();
    form.toggle_details();
    assert_eq!(form.focus(), None);
}

#[test]
fn text_pasted_without_a_focus_goes_to_the_field_that_the_step_is_about() {
    let mut form = Form::new();
    form.enter(Step::Topic);
    assert!(form.paste_unfocused(Step::Topic, "a@b.de\n"));
    assert_eq!((form.focus(), form.setup_options().emails), (Some(FieldId::Emails), vec!["a@b.de".to_owned()]));
    form.leave_field();
    assert!(form.paste_unfocused(Step::Topic, "c@d.de"));
    assert_eq!(form.setup_options().emails, ["a@b.de", "c@d.de"]);
    form.enter(Step::Trail);
    assert!(!form.paste_unfocused(Step::Trail, "https://example.com"));
    assert_eq!((form.focus(), form.setup_options().trail), (None, None));
}
