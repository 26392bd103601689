//! Chooses the trail for the chain: reusing one is preferred to attaching a log group to one, and both to creating one,
//! because a second copy of the management events costs money.
//!
//! Source: CloudTrail User Guide, "Sending events to CloudWatch Logs": the log group is in the trail's account and home
//! Region.

use crate::domain::account_region::AccountRegion;
use crate::domain::arn::LogGroupArn;
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

/// The trail with rootbell's name.
#[must_use]
pub fn default_trail(trails: &[Trail]) -> Option<&Trail> {
    trails.iter().find(|t| t.name == TRAIL && !t.organization)
}

/// Whether it delivers to a log group in this account and Region. Then the chain can use it, whoever owns it.
#[must_use]
pub fn delivers_here(trail: &Trail, account_region: &AccountRegion) -> bool {
    let is_here = |arn: &LogGroupArn| {
        arn.belongs_to(&account_region.account) && arn.region() == Some(account_region.region.as_str())
    };
    trail.log_group_arn.as_ref().is_some_and(is_here)
}

/// What has to be done to use the trail, whose details have been read; `None`: the chain can't use it. A trail that needs
/// repairs is not worth it if it delivers to no log group either, except for covering all Regions, which is free.
#[must_use]
pub fn can_be_used(details: &TrailDetails, account_region: &AccountRegion) -> Option<TrailChoice> {
    let trail = &details.trail;
    if delivers_here(trail, account_region) {
        return Some(judge(trail, Some(details), account_region).0);
    }
    let records = details.events.as_ref().map_or(true, |events| events.read && events.write);
    let is_in_use = details.status.as_ref().map_or(true, |status| status.logging) && records;
    (obstacle(trail, account_region).is_none() && is_in_use).then(|| judge(trail, Some(details), account_region).0)
}

fn watched<'a>(observed: &'a Observed, trail: &Trail) -> Option<&'a TrailDetails> {
    observed.trail.iter().chain(&observed.others).find(|w| w.trail.arn == trail.arn)
}

/// Why the chain cannot use the trail, as a phrase. What it can't use is what it would have to change from elsewhere.
///
/// Source: CloudTrail User Guide, "Organization delegated administrator": the management account owns the trails that a
/// delegated administrator creates, but their log group and role are in the delegated administrator's account.
pub(crate) fn obstacle(trail: &Trail, account_region: &AccountRegion) -> Option<String> {
    if delivers_here(trail, account_region) {
        return None;
    }
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
    let group = watched.and_then(|watched| watched.group.as_ref()?.log_group.as_ref().ok()?.as_ref());
    if let Some(class) = group.filter(|group| group.without_filters().is_some()).and_then(|group| group.class.as_ref())
    {
        problems.push(format!("its log group is of the class {class}, which has no metric filters"));
    }
    match (problems.is_empty(), trail.log_group()) {
        (false, _) if !trail.can_be_changed_from(account_region) => {
            let owner = trail.arn.account().unwrap_or("unknown");
            (TrailChoice::Unavailable, format!("{}; only account {owner} can change it", problems.join(", ")))
        }
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

    fn account_region() -> AccountRegion {
        identity().in_region(&Region::new("eu-west-1"))
    }

    /// A working trail with that name, then altered.
    fn trail(name: &str, alter: impl FnOnce(&mut TrailDetails)) -> TrailDetails {
        let mut watched = sound().trail.unwrap();
        watched.trail.name = name.into();
        watched.trail.arn = account_region().trail_arn(name);
        watched.group = None;
        alter(&mut watched);
        watched
    }

    fn account_with(all: Vec<TrailDetails>) -> Observed {
        let trails = Ok(all.iter().map(|w| w.trail.clone()).collect());
        Observed { trails, others: all, ..Observed::nothing() }
    }

    fn without_log_group(w: &mut TrailDetails) {
        (w.trail.log_group_arn, w.trail.role_arn) = (None, None);
    }

    fn in_another_organization_account(w: &mut TrailDetails) {
        w.trail.organization = true;
        w.trail.arn = w.trail.arn.replace("123456789012", "210987654321").into();
        w.trail.log_group_arn = Some("arn:aws:logs:eu-west-1:210987654321:log-group:g:*".into());
    }

    #[test]
    fn a_trail_that_cannot_be_changed_from_here_is_never_chosen_and_says_why() {
        let other_region = |w: &mut TrailDetails| {
            w.trail.home_region = Region::new("us-east-1");
            w.trail.log_group_arn = Some("arn:aws:logs:us-east-1:123456789012:log-group:g:*".into());
        };
        let tower = trail("aws-controltower-BaselineCloudTrail", without_log_group);
        for (watched, why) in [
            (trail("org", in_another_organization_account), "account 210987654321"),
            (trail("far", other_region), "its home Region is us-east-1"),
            (tower, "Control Tower manages it"),
        ] {
            let name = watched.trail.name.clone();
            assert_eq!(can_be_used(&watched, &account_region()), None, "{name}");
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
