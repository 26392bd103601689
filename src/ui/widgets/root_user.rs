//! The root user in a line: its credentials, and when they were last used.

use crate::domain::root_user::RootUser;
use crate::domain::text::age;
use crate::ui::widgets::text::wrap;
use crate::ui::widgets::view::View;

/// What is known about the root user, in lines of at most `width` columns. There are none before it was read, and in
/// partitions where nobody can sign in as root.
pub(in crate::ui) fn lines(view: &View<'_>, width: usize) -> Vec<String> {
    let facts = facts(view).unwrap_or_default();
    if facts.is_empty() {
        return facts;
    }
    wrap(&facts.join(" · "), u16::try_from(width).unwrap_or(u16::MAX))
}

fn facts(view: &View<'_>) -> Option<Vec<String>> {
    let account = view.account;
    if account.caller()?.identity.partition().without_root_sign_in().is_some() {
        return None;
    }
    let root_user = account.observed.as_ref()?.root_user.as_ref();
    Some(match root_user.map_err(Clone::clone).and_then(RootUser::describe) {
        Ok(description) => [Some(description), last_use(view)].into_iter().flatten().collect(),
        Err(unreadable) => vec![format!("not read: {}", unreadable.why)],
    })
}

/// When it was last used, and how old the report is that says so; `None` while that isn't known.
fn last_use(view: &View<'_>) -> Option<String> {
    let now = view.model.now;
    let part = &view.account.dashboard.root_last_use;
    let ago = |at| age(now.duration_since(at));
    match (part.value.flatten(), &part.error) {
        (Some(found), _) => {
            let used =
                found.latest().map_or_else(|| "never used".to_owned(), |at| format!("last used {} ago", ago(at)));
            Some(format!("{used} (report {})", ago(found.as_of)))
        }
        (None, Some(error)) => Some(format!("last use: {}", error.brief())),
        (None, None) => None,
    }
}
