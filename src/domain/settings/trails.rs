//! Chooses the trail for the chain: reusing one is preferred to attaching a log group to one, and both to creating one,
//! because a second copy of the management events costs money.
//!
//! Source: CloudTrail User Guide, "Sending events to CloudWatch Logs": the log group is in the trail's account and home
//! Region.

use crate::domain::account_region::AccountRegion;
use crate::domain::cost;
use crate::domain::observed::{Observed, Trail, TrailDetails, TrailOwnership};

/// The default name of the trail, and the prefix of all other default names.
pub const TRAIL: &str = "rootbell";

/// What has to be done to use a trail, cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TrailChoice {
    /// It already delivers to a log group in this account.
    Reuse,
    /// It has no log group, so one is attached.
    Attach,
    /// It has to be started, or changed to record all Regions or all management events.
    Repair,
    /// A new trail is created.
    Create,
    /// It cannot be changed from this account and Region.
    Unavailable,
}

impl TrailChoice {
    /// The word next to the trail's name in a list.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reuse => "reuse",
            Self::Attach => "attach",
            Self::Repair => "repair",
            Self::Create => "create",
            Self::Unavailable => "unavailable",
        }
    }
}

/// A trail that the chain could use, or the reason why it can't.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub name: String,
    pub choice: TrailChoice,
    /// A phrase about the trail, or why it is unavailable.
    pub why: String,
    /// What choosing it costs, as a phrase.
    pub cost: String,
}

/// Every visible trail and a new one, cheapest choice first.
#[must_use]
pub fn trail_candidates(observed: &Observed, account_region: &AccountRegion) -> Vec<Candidate> {
    let trails = observed.trails.as_deref().unwrap_or_default();
    let mut all: Vec<Candidate> = trails
        .iter()
        .map(|trail| {
            let (choice, why) = judge(trail, watched(observed, trail), account_region);
            let cost = match choice {
                TrailChoice::Attach | TrailChoice::Repair => {
                    format!("free, except for CloudWatch Logs at {}", cost::LOG_INGESTION.in_words())
                }
                TrailChoice::Reuse | TrailChoice::Create | TrailChoice::Unavailable => "free".to_owned(),
            };
            Candidate { name: trail.name.clone(), choice, why, cost }
        })
        .collect();
    if !trails.iter().any(|t| t.name == TRAIL) {
        let cost = cost::new_trail(observed);
        let why = "a new trail".to_owned();
        all.push(Candidate { name: TRAIL.to_owned(), choice: TrailChoice::Create, why, cost });
    }
    all.sort_by_key(|candidate| candidate.choice);
    all
}

/// The trails that need further queries before one is chosen; none if the user or an earlier run has already chosen.
#[must_use]
pub fn trails_to_examine<'a>(
    trails: &'a [Trail],
    name: Option<&str>,
    account_region: &AccountRegion,
) -> Vec<&'a Trail> {
    if name.is_some() || default_trail(trails).is_some() {
        return Vec::new();
    }
    trails.iter().filter(|t| t.multi_region && obstacle(t, account_region).is_none()).collect()
}

/// The trail for the chain. In order of preference: the one that the user named; rootbell's; one that delivers to a log
/// group here, best to one whose filter already counts root use; one that covers all Regions and lacks only a log
/// group.
#[must_use]
pub fn choose_trail<'a>(
    observed: &'a Observed,
    name: Option<&str>,
    account_region: &AccountRegion,
) -> Option<&'a Trail> {
    let trails = observed.trails.as_deref().unwrap_or_default();
    if let Some(name) = name {
        return trails.iter().find(|t| t.name == name || t.arn == name);
    }
    let rank = |trail: &&Trail| {
        let watched = watched(observed, trail);
        let counted = watched.is_some_and(|w| w.counted);
        match judge(trail, watched, account_region).0 {
            _ if trail.multi_region && trail.log_group_arn.is_some() && counted => Some(0),
            TrailChoice::Reuse => Some(1),
            TrailChoice::Repair if trail.multi_region && trail.log_group_arn.is_some() => Some(2),
            TrailChoice::Attach => Some(3),
            _ => None,
        }
    };
    let best = || {
        let trails_to_examine = trails_to_examine(trails, name, account_region);
        trails_to_examine.into_iter().filter(|t| rank(t).is_some()).min_by_key(rank)
    };
    default_trail(trails).or_else(best)
}

fn default_trail(trails: &[Trail]) -> Option<&Trail> {
    trails.iter().find(|t| t.name == TRAIL && !t.organization)
}

fn watched<'a>(observed: &'a Observed, trail: &Trail) -> Option<&'a TrailDetails> {
    observed.trail.iter().chain(&observed.others).find(|w| w.trail.arn == trail.arn)
}

/// Why the chain cannot use the trail, as a phrase.
fn obstacle(trail: &Trail, account_region: &AccountRegion) -> Option<String> {
    match trail.ownership(account_region) {
        TrailOwnership::OtherAccount(owner) => {
            let kind = if trail.organization { "it is an organization trail of" } else { "it belongs to" };
            return Some(format!("{kind} account {owner}; only that account can change it"));
        }
        TrailOwnership::OtherRegion(home) => {
            return Some(format!("its home Region is {home}; it can only be changed there"));
        }
        TrailOwnership::Here => {}
    }
    match &trail.log_group_arn {
        Some(arn) if !arn.belongs_to(&account_region.account) => {
            Some(format!("it delivers to a log group in account {}", arn.account().unwrap_or("unknown")))
        }
        None if trail.name.starts_with("aws-controltower") => Some("Control Tower manages it".to_owned()),
        _ => None,
    }
}

fn judge(trail: &Trail, watched: Option<&TrailDetails>, account_region: &AccountRegion) -> (TrailChoice, String) {
    if let Some(obstacle) = obstacle(trail, account_region) {
        return (TrailChoice::Unavailable, obstacle);
    }
    let mut problems = Vec::new();
    if !trail.multi_region {
        problems.push(format!("it covers {} only", trail.home_region));
    }
    if watched.and_then(|w| w.status.as_ref().ok()).is_some_and(|status| !status.logging) {
        problems.push("it is stopped".to_owned());
    }
    if watched.and_then(|w| w.events.as_ref().ok()).is_some_and(|events| events.missing().is_some()) {
        problems.push("it skips some management events".to_owned());
    }
    match (problems.is_empty(), trail.log_group()) {
        (false, _) => (TrailChoice::Repair, problems.join(", ")),
        (true, Some(group)) => (TrailChoice::Reuse, format!("it covers all Regions and delivers to `{group}`")),
        (true, None) => (TrailChoice::Attach, "it covers all Regions and lacks only a log group".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Region;
    use crate::domain::fixtures::{identity, sound};
    use crate::domain::observed::ManagementEvents;

    fn account_region() -> AccountRegion {
        identity().in_region(&Region::new("eu-west-1"))
    }

    /// A working trail with that name, then altered.
    fn trail(name: &str, alter: impl FnOnce(&mut TrailDetails)) -> TrailDetails {
        let mut watched = sound().trail.unwrap();
        watched.trail.name = name.into();
        watched.trail.arn = account_region().trail_arn(name);
        watched.counted = false;
        alter(&mut watched);
        watched
    }

    fn account_with(all: Vec<TrailDetails>) -> Observed {
        let trails = Ok(all.iter().map(|w| w.trail.clone()).collect());
        Observed { trails, others: all, ..Observed::nothing() }
    }

    fn chosen(all: Vec<TrailDetails>) -> Option<String> {
        choose_trail(&account_with(all), None, &account_region()).map(|t| t.name.clone())
    }

    fn without_log_group(w: &mut TrailDetails) {
        (w.trail.log_group_arn, w.trail.role_arn) = (None, None);
    }

    fn stopped(w: &mut TrailDetails) {
        w.status.as_mut().unwrap().logging = false;
    }

    fn in_another_organization_account(w: &mut TrailDetails) {
        w.trail.organization = true;
        w.trail.arn = w.trail.arn.replace("123456789012", "210987654321").into();
        w.trail.log_group_arn = Some("arn:aws:logs:eu-west-1:210987654321:log-group:g:*".into());
    }

    #[test]
    fn reuse_comes_before_attach_and_attach_before_create() {
        assert_eq!(
            chosen(vec![trail("bare", without_log_group), trail("complete", |_| {})]).as_deref(),
            Some("complete")
        );
        assert_eq!(chosen(vec![trail("bare", without_log_group)]).as_deref(), Some("bare"));
        assert_eq!(chosen(vec![]), None);
        assert_eq!(chosen(vec![trail("narrow", |w| w.trail.multi_region = false)]), None);
        assert_eq!(chosen(vec![trail("bare and stopped", |w| (without_log_group(w), stopped(w)).1)]), None);
    }

    #[test]
    fn the_trail_whose_filter_counts_root_use_is_preferred_even_when_stopped() {
        let adopted = |w: &mut TrailDetails| (stopped(w), w.counted = true).1;
        assert_eq!(chosen(vec![trail("a", |_| {}), trail("b", adopted)]).as_deref(), Some("b"));
    }

    #[test]
    fn a_working_trail_is_preferred_to_one_that_is_stopped_or_skips_events() {
        let partly = |w: &mut TrailDetails| w.events = Ok(ManagementEvents { read: false, ..ManagementEvents::ALL });
        assert_eq!(chosen(vec![trail("a", stopped), trail("b", |_| {})]).as_deref(), Some("b"));
        assert_eq!(chosen(vec![trail("a", partly), trail("b", |_| {})]).as_deref(), Some("b"));
        assert_eq!(chosen(vec![trail("a", stopped)]).as_deref(), Some("a"), "a trail that delivers here is repaired");
    }

    #[test]
    fn a_trail_that_cannot_be_changed_from_here_is_never_chosen_and_says_why() {
        let other_region = |w: &mut TrailDetails| w.trail.home_region = Region::new("us-east-1");
        let tower = trail("aws-controltower-BaselineCloudTrail", without_log_group);
        for (watched, why) in [
            (trail("org", in_another_organization_account), "account 210987654321"),
            (trail("far", other_region), "its home Region is us-east-1"),
            (tower, "Control Tower manages it"),
        ] {
            let name = watched.trail.name.clone();
            assert_eq!(chosen(vec![watched.clone()]), None, "{name}");
            let candidates = trail_candidates(&account_with(vec![watched]), &account_region());
            let candidate = candidates.iter().find(|c| c.name == name).unwrap();
            assert_eq!(candidate.choice, TrailChoice::Unavailable);
            assert!(candidate.why.contains(why), "{candidate:?}");
            assert_eq!(candidates[0].choice, TrailChoice::Create);
            let price = "2 USD per 100,000 management events, as a second copy";
            assert!(candidates[0].cost.starts_with(price), "{candidates:?}");
        }
    }

    #[test]
    fn the_management_account_can_use_its_organization_trail() {
        let managed = trail("org", |w| w.trail.organization = true);
        assert_eq!(chosen(vec![managed]).as_deref(), Some("org"));
    }

    #[test]
    fn the_candidates_are_listed_cheapest_first_with_their_cost() {
        let all = vec![
            trail("narrow", |w| w.trail.multi_region = false),
            trail("org", in_another_organization_account),
            trail("bare", without_log_group),
            trail("complete", |_| {}),
        ];
        let list = trail_candidates(&account_with(all), &account_region());
        let names: Vec<_> = list.iter().map(|c| (c.name.as_str(), c.choice.as_str())).collect();
        let wanted = [
            ("complete", "reuse"),
            ("bare", "attach"),
            ("narrow", "repair"),
            ("rootbell", "create"),
            ("org", "unavailable"),
        ];
        assert_eq!(names, wanted);
        assert_eq!(list[0].cost, "free");
        assert_eq!(list[1].cost, "free, except for CloudWatch Logs at 0.50 USD per GB");
        let empty = trail_candidates(&Observed::nothing(), &account_region());
        assert_eq!(empty[0].cost, "nothing: the first copy of management events is free");
    }
}
