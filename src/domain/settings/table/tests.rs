use super::*;
use crate::domain::Observed;
use crate::domain::fixtures::settings;

/// A valid text for each setting that is not its default.
fn example(id: SettingId) -> &'static str {
    match id.spec().kind {
        SettingKind::Name(_) => "mine",
        SettingKind::OptionalName(_) => "arn:aws:kms:eu-west-1:123456789012:key/1",
        SettingKind::Retention => "731",
        SettingKind::Addresses => "a@b.de, c@d.de",
        SettingKind::YesOrNo => "yes",
        SettingKind::Choice(names) => names[2],
        SettingKind::OptionalUrl => "https://wiki.example.com/root",
        SettingKind::FilterPattern => "{ $.userIdentity.type = \"Root\" }",
        SettingKind::Arns => "arn:aws:lambda:eu-west-1:123456789012:function:page",
    }
}

#[test]
fn each_setting_sets_its_own_option_and_no_other() {
    for id in SettingId::ALL {
        let mut setup = SetupOptions::default();
        setup.set_text(id, example(id));
        for other in SettingId::ALL {
            let expected = (other == id).then(|| example(id).to_owned());
            assert_eq!(setup.text(other), expected, "{id:?} {other:?}");
        }
        assert_eq!(setup.invalid_settings(), [], "{id:?}");
    }
}

#[test]
fn each_option_has_a_setting() {
    // Without `..`, so that a new field has to be added here.
    let all = SetupOptions {
        trail: Some("mine".into()),
        bucket: Some("mine".into()),
        log_group: Some("mine".into()),
        role: Some("mine".into()),
        retention_days: Some(RetentionDays::Days(731)),
        topic: Some("mine".into()),
        emails: vec!["a@b.de".into(), "c@d.de".into()],
        filter: Some("mine".into()),
        pattern: Some("{ $.userIdentity.type = \"Root\" }".into()),
        alarm: Some("mine".into()),
        kms_key: Some("arn:aws:kms:eu-west-1:123456789012:key/1".into()),
        role_source_arn: Some(true),
        audit: Some(true),
        events: Some(EventScope::Writes),
        runbook: Some("https://wiki.example.com/root".into()),
        trust: vec!["arn:aws:lambda:eu-west-1:123456789012:function:page".into()],
    };
    assert_eq!(all.only(|_| true), all);
}

#[test]
fn each_setting_is_used_by_the_settings_and_marked_as_set_by_the_user() {
    for id in SettingId::ALL {
        let mut setup = SetupOptions::default();
        setup.set_text(id, example(id));
        let resolved = settings(&setup, &Observed::nothing());
        assert_eq!(resolved.text(id), (example(id).to_owned(), Origin::Given), "{id:?}");
        let custom: Vec<SettingId> = resolved.custom_names().into_iter().map(|(id, _)| id).collect();
        let expected: Vec<SettingId> = id.created_resource().map(|_| id).into_iter().collect();
        assert_eq!(custom, expected, "{id:?}");
    }
    assert_eq!(settings(&SetupOptions::default(), &Observed::nothing()).custom_names(), []);
}

#[test]
fn reading_the_account_depends_on_names_only() {
    use SettingId::{Audit, Emails, Events, Pattern, RestrictRole, Retention, Runbook};
    let mut setup = SetupOptions::default();
    for id in SettingId::ALL {
        setup.set_text(id, example(id));
    }
    let kept = setup.names_to_query();
    let others = [Retention, RestrictRole, Emails, Events, Runbook, Pattern, Audit];
    for id in SettingId::ALL {
        assert_eq!(kept.text(id).is_none(), others.contains(&id), "{id:?}");
    }
}

#[test]
fn every_invalid_option_is_reported_with_its_flag() {
    let setup = SetupOptions {
        trail: Some("my trail".into()),
        emails: vec!["nobody".into(), "a@b.de".into(), "somebody".into()],
        retention_days: Some(RetentionDays::Days(42)),
        kms_key: Some(Arn::default()),
        ..SetupOptions::default()
    };
    let invalid = setup.invalid_settings();
    let flags: Vec<_> = invalid.iter().map(|invalid| invalid.id.flag()).collect();
    assert_eq!(flags, ["--trail", "--retention-days", "--kms-key", "--email", "--email"]);
    assert!(invalid[4].said.starts_with("`somebody`: "), "{invalid:?}");
}
