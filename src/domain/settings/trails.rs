//! Which of the account's trails the chain hangs on: reuse before attach before create, since a second copy of the
//! management events costs money.
//!
//! Source: CloudTrail pricing: the first copy of management events is free, 2.00 USD for 100,000 events of any other;
//! CloudTrail User Guide, "Sending events to CloudWatch Logs": the log group lives in the trail's account and home
//! region.

use super::TRAIL;
use crate::domain::account_region::AccountRegion;
use crate::domain::observed::{Observed, Trail, WatchedTrail};

/// What it takes to hang the chain on a trail, the cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Choice {
    /// It delivers to a log group here already.
    Reuse,
    /// It lacks a log group, and gets one.
    Attach,
    /// It has to be started, widened or made to record everything.
    Mend,
    /// A new one.
    Create,
    /// It cannot be altered from here.
    OutOfReach,
}

impl Choice {
    /// The word beside its name in a list.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reuse => "reuse",
            Self::Attach => "attach",
            Self::Mend => "mend",
            Self::Create => "create",
            Self::OutOfReach => "out of reach",
        }
    }
}

/// A trail that the chain could hang on, or the reason why it cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub name: String,
    pub choice: Choice,
    /// Half a sentence about the trail.
    pub why: String,
    /// What choosing it costs, half a sentence.
    pub cost: &'static str,
}

const FREE: &str = "free";
const INGESTION: &str = "free but for what CloudWatch Logs takes in and keeps";
const FIRST_COPY: &str = "the first copy of management events is free";
const SECOND_COPY: &str = "2 USD for every 100,000 management events, as a second copy";

/// Every trail in sight and a new one, the cheapest choice first.
#[must_use]
pub fn trail_candidates(observed: &Observed, account_region: &AccountRegion) -> Vec<Candidate> {
    let trails = observed.trails.as_deref().unwrap_or_default();
    let mut all: Vec<Candidate> = trails
        .iter()
        .map(|trail| {
            let (choice, why) = judge(trail, watched(observed, trail), account_region);
            let cost = match choice {
                Choice::Attach | Choice::Mend => INGESTION,
                _ => FREE,
            };
            Candidate { name: trail.name.clone(), choice, why, cost }
        })
        .collect();
    if !trails.iter().any(|t| t.name == TRAIL) {
        let cost = if trails.is_empty() { FIRST_COPY } else { SECOND_COPY };
        let why = "one of this account's own".to_owned();
        all.push(Candidate { name: TRAIL.to_owned(), choice: Choice::Create, why, cost });
    }
    all.sort_by_key(|candidate| candidate.choice);
    all
}

/// The trails that are worth a closer look before one is chosen: none where the user or an earlier run has chosen.
#[must_use]
pub fn contenders<'a>(trails: &'a [Trail], wish: Option<&str>, account_region: &AccountRegion) -> Vec<&'a Trail> {
    if wish.is_some() || own(trails).is_some() {
        return Vec::new();
    }
    trails.iter().filter(|t| t.multi_region && hurdle(t, account_region).is_none()).collect()
}

/// The trail that the chain hangs on: the one named; our own; one that delivers to a log group here, best to one on
/// which root use is counted already; one that sees every region and lacks nothing but a log group.
#[must_use]
pub fn choose_trail<'a>(
    observed: &'a Observed,
    wish: Option<&str>,
    account_region: &AccountRegion,
) -> Option<&'a Trail> {
    let trails = observed.trails.as_deref().unwrap_or_default();
    if let Some(name) = wish {
        return trails.iter().find(|t| t.name == name || t.arn == name);
    }
    let rank = |trail: &&Trail| {
        let seen = watched(observed, trail);
        let counted = seen.is_some_and(|w| w.counted);
        match judge(trail, seen, account_region).0 {
            _ if trail.multi_region && trail.log_group_arn.is_some() && counted => Some(0),
            Choice::Reuse => Some(1),
            Choice::Mend if trail.multi_region && trail.log_group_arn.is_some() => Some(2),
            Choice::Attach => Some(3),
            _ => None,
        }
    };
    let best = || {
        let contenders = contenders(trails, wish, account_region);
        contenders.into_iter().filter(|t| rank(t).is_some()).min_by_key(rank)
    };
    own(trails).or_else(best)
}

fn own(trails: &[Trail]) -> Option<&Trail> {
    trails.iter().find(|t| t.name == TRAIL && !t.organization)
}

fn watched<'a>(observed: &'a Observed, trail: &Trail) -> Option<&'a WatchedTrail> {
    observed.trail.iter().chain(&observed.others).find(|w| w.trail.arn == trail.arn)
}

/// Why the chain cannot hang on it, half a sentence.
fn hurdle(trail: &Trail, account_region: &AccountRegion) -> Option<String> {
    let owner = trail.arn.split(':').nth(4).unwrap_or_default();
    if owner != account_region.account {
        let managed_parts = if trail.organization { "it is the organization's, and lives" } else { "it lives" };
        return Some(format!("{managed_parts} in account {owner}, which alone can alter it"));
    }
    if trail.home_region != account_region.region {
        return Some(format!("its home is {}, and it is altered there only", trail.home_region));
    }
    match trail.log_group_account() {
        Some(account) if account != account_region.account => {
            Some(format!("it delivers to a log group of account {account}"))
        }
        None if trail.name.starts_with("aws-controltower") => Some("Control Tower keeps it as it is".to_owned()),
        _ => None,
    }
}

fn judge(trail: &Trail, seen: Option<&WatchedTrail>, account_region: &AccountRegion) -> (Choice, String) {
    if let Some(hurdle) = hurdle(trail, account_region) {
        return (Choice::OutOfReach, hurdle);
    }
    let mut lacks = Vec::new();
    if !trail.multi_region {
        lacks.push(format!("it sees {} only", trail.home_region));
    }
    if seen.and_then(|w| w.status.as_ref().ok()).is_some_and(|status| !status.logging) {
        lacks.push("it is stopped".to_owned());
    }
    if seen.and_then(|w| w.events.as_ref().ok()).is_some_and(|events| !(events.read && events.write)) {
        lacks.push("it leaves management events out".to_owned());
    }
    match (lacks.is_empty(), trail.log_group()) {
        (false, _) => (Choice::Mend, lacks.join(", ")),
        (true, Some(group)) => (Choice::Reuse, format!("it sees every region and delivers to `{group}`")),
        (true, None) => (Choice::Attach, "it sees every region, and lacks only a log group".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{identity, sound};
    use crate::domain::observed::ManagementEvents;

    fn account_region() -> AccountRegion {
        identity().in_region("eu-west-1")
    }

    /// A trail of that name, and a look at it, with something altered.
    fn seen(name: &str, alter: impl FnOnce(&mut WatchedTrail)) -> WatchedTrail {
        let mut watched = sound().trail.unwrap();
        watched.trail.name = name.into();
        watched.trail.arn = account_region().trail_arn(name);
        watched.counted = false;
        alter(&mut watched);
        watched
    }

    fn account(all: Vec<WatchedTrail>) -> Observed {
        let trails = Ok(all.iter().map(|w| w.trail.clone()).collect());
        Observed { trails, others: all, ..Observed::nothing() }
    }

    fn chosen(all: Vec<WatchedTrail>) -> Option<String> {
        choose_trail(&account(all), None, &account_region()).map(|t| t.name.clone())
    }

    fn bare(w: &mut WatchedTrail) {
        (w.trail.log_group_arn, w.trail.role_arn) = (None, None);
    }

    fn stopped(w: &mut WatchedTrail) {
        w.status.as_mut().unwrap().logging = false;
    }

    fn of_the_organization(w: &mut WatchedTrail) {
        w.trail.organization = true;
        w.trail.arn = w.trail.arn.replace("123456789012", "210987654321");
        w.trail.log_group_arn = Some("arn:aws:logs:eu-west-1:210987654321:log-group:g:*".into());
    }

    #[test]
    fn reuse_comes_before_attach_and_attach_before_create() {
        assert_eq!(chosen(vec![seen("bare", bare), seen("whole", |_| {})]).as_deref(), Some("whole"));
        assert_eq!(chosen(vec![seen("bare", bare)]).as_deref(), Some("bare"));
        assert_eq!(chosen(vec![]), None);
        assert_eq!(chosen(vec![seen("narrow", |w| w.trail.multi_region = false)]), None);
        assert_eq!(chosen(vec![seen("bare and stopped", |w| (bare(w), stopped(w)).1)]), None);
    }

    #[test]
    fn the_trail_on_which_root_use_is_counted_stays_chosen_even_when_stopped() {
        let adopted = |w: &mut WatchedTrail| (stopped(w), w.counted = true).1;
        assert_eq!(chosen(vec![seen("a", |_| {}), seen("b", adopted)]).as_deref(), Some("b"));
    }

    #[test]
    fn a_sound_trail_is_chosen_before_one_that_is_stopped_or_leaves_events_out() {
        let partly = |w: &mut WatchedTrail| w.events = Ok(ManagementEvents { read: false, ..ManagementEvents::ALL });
        assert_eq!(chosen(vec![seen("a", stopped), seen("b", |_| {})]).as_deref(), Some("b"));
        assert_eq!(chosen(vec![seen("a", partly), seen("b", |_| {})]).as_deref(), Some("b"));
        assert_eq!(chosen(vec![seen("a", stopped)]).as_deref(), Some("a"), "one that delivers here is mended");
    }

    #[test]
    fn what_cannot_be_altered_from_here_is_never_chosen_and_says_why() {
        let far = |w: &mut WatchedTrail| w.trail.home_region = "us-east-1".into();
        let tower = seen("aws-controltower-BaselineCloudTrail", bare);
        for (trail, why) in [
            (seen("org", of_the_organization), "account 210987654321"),
            (seen("far", far), "its home is us-east-1"),
            (tower, "Control Tower keeps it"),
        ] {
            let name = trail.trail.name.clone();
            assert_eq!(chosen(vec![trail.clone()]), None, "{name}");
            let candidates = trail_candidates(&account(vec![trail]), &account_region());
            let told = candidates.iter().find(|c| c.name == name).unwrap();
            assert_eq!(told.choice, Choice::OutOfReach);
            assert!(told.why.contains(why), "{told:?}");
            assert_eq!(candidates[0].choice, Choice::Create);
            assert_eq!(candidates[0].cost, SECOND_COPY);
        }
    }

    #[test]
    fn a_management_accounts_own_organization_trail_can_be_hung_on() {
        let managed = seen("org", |w| w.trail.organization = true);
        assert_eq!(chosen(vec![managed]).as_deref(), Some("org"));
    }

    #[test]
    fn the_list_for_a_picker_has_the_cheapest_first_with_what_it_costs() {
        let all = vec![
            seen("narrow", |w| w.trail.multi_region = false),
            seen("org", of_the_organization),
            seen("bare", bare),
            seen("whole", |_| {}),
        ];
        let list = trail_candidates(&account(all), &account_region());
        let names: Vec<_> = list.iter().map(|c| (c.name.as_str(), c.choice.as_str())).collect();
        let wanted = [
            ("whole", "reuse"),
            ("bare", "attach"),
            ("narrow", "mend"),
            ("rootbell", "create"),
            ("org", "out of reach"),
        ];
        assert_eq!(names, wanted);
        assert_eq!(list[0].cost, FREE);
        let empty = trail_candidates(&Observed::nothing(), &account_region());
        assert_eq!(empty[0].cost, FIRST_COPY);
    }
}
