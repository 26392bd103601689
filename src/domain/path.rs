//! Chooses, of several trails, filters, alarms, and topics, the path by which a root sign-in reaches a person. If none does,
//! the one closest to that: the one with the fewest broken links. The checks decide what is broken, so that a path is chosen
//! by the same rules by which it is judged.

use jiff::Timestamp;

use super::account_id::AccountId;
use super::account_region::{AccountRegion, Identity};
use super::alarm::{Alarm, AlarmConfig, AlarmState, Metric};
use super::alert::{AlertId, ROOT_USE_FILTER};
use super::arn::Arn;
use super::change::{Resource, Step};
use super::health::{CheckId, Verdict, alerting_verdicts, filter_faults};
use super::observed::{Found, FoundPath, MetricFilter, Observed, Trail, TrailDetails};
use super::pattern::{self, CisMatch};
use super::region::Region;
use super::settings::{Settings, SetupOptions, TrailChoice, can_be_used, default_trail};

/// How many resources of a kind are read and compared.
pub const MAX_CANDIDATES: usize = 8;

/// The name of our alarm.
const OUR_ALARM: &str = AlertId::RootUse.spec().alarm;

/// What is left to repair; less is better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Cost {
    broken: usize,
    unknown: usize,
    pending: usize,
}

impl Cost {
    fn of(verdicts: &[(CheckId, Verdict)]) -> Self {
        let count = |matches: fn(Verdict) -> bool| verdicts.iter().filter(|(_, verdict)| matches(*verdict)).count();
        Self {
            broken: count(|verdict| matches!(verdict, Verdict::Missing | Verdict::Wrong)),
            unknown: count(|verdict| verdict == Verdict::Unknown),
            pending: count(|verdict| verdict == Verdict::Pending),
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            broken: self.broken + other.broken,
            unknown: self.unknown + other.unknown,
            pending: self.pending + other.pending,
        }
    }
}

/// The chosen path.
#[derive(Clone, Debug, PartialEq)]
pub struct PathChoice {
    /// The trail's ARN; `None`: no trail can be used.
    pub trail: Option<Arn>,
    pub path: FoundPath,
    cost: Cost,
    /// Nothing is wrong with its trail and its filter.
    counts: bool,
    preference: Preference,
}

/// Which of several paths that work equally well is chosen; less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Preference {
    has_unmanaged_parts: bool,
    reports: Reported,
    /// How many of its resources do not have rootbell's names.
    unmanaged_parts: usize,
    trail: TrailChoice,
}

/// What a filter counts, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reported {
    /// All root use, with the pattern that auditors look for.
    AsAuditorsWant,
    AllUse,
    SignIns,
}

impl Reported {
    fn by(filter: Option<&MetricFilter>, account: &AccountId) -> Self {
        match filter.and_then(|filter| pattern::coverage(&filter.pattern, account).ok()) {
            Some(coverage) if coverage.cis == CisMatch::Exact => Self::AsAuditorsWant,
            Some(coverage) if coverage.counts_api_use() => Self::AllUse,
            Some(_) | None => Self::SignIns,
        }
    }
}

impl PathChoice {
    /// Whether it works, or only waits for a confirmation or a first delivery: no other path is better.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.cost.broken == 0 && self.cost.unknown == 0
    }

    /// Whether it waits for a confirmation or a first delivery.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.cost.pending > 0
    }
}

/// The other Regions in which a path may work: those with a log group that a trail of this account, or a trail seen from it,
/// delivers to in this account. If the user named something, it is in this Region.
#[must_use]
pub fn other_regions(trails: &[Trail], setup: &SetupOptions, account_region: &AccountRegion) -> Vec<Region> {
    let is_named =
        [&setup.trail, &setup.log_group, &setup.filter, &setup.alarm, &setup.topic].iter().any(|n| n.is_some());
    if is_named {
        return Vec::new();
    }
    let log_groups = trails.iter().filter_map(|trail| trail.log_group_arn.as_ref());
    let own = log_groups.filter(|group| group.belongs_to(&account_region.account));
    let regions = own.filter_map(|group| group.region()).map(Region::new);
    first_distinct(regions.filter(|region| *region != account_region.region))
}

/// What the paths are chosen from, and for whom.
pub struct Candidates<'a> {
    pub identity: &'a Identity,
    pub region: &'a Region,
    pub setup: &'a SetupOptions,
    /// What has been read: the details of all trails are in `others`, and the log group and filters are those of the log
    /// group that the user named or of the default one.
    pub observed: &'a Observed,
}

impl Candidates<'_> {
    fn account_region(&self) -> AccountRegion {
        self.identity.in_region(self.region)
    }

    fn all_paths(&self) -> Vec<PathChoice> {
        let trails = self.usable_trails();
        if trails.is_empty() {
            self.paths(None, TrailChoice::Create)
        } else {
            trails.into_iter().flat_map(|(trail, choice)| self.paths(Some(trail), choice)).collect()
        }
    }

    /// Whether the sign-ins are counted over some path, so that only an alarm and somebody to notify have to be found.
    #[must_use]
    pub fn may_work(&self) -> bool {
        self.all_paths().iter().any(|path| path.counts)
    }

    /// The best path over what has been read.
    #[must_use]
    pub fn choose(&self) -> PathChoice {
        let best = self.all_paths().into_iter().min_by_key(|path| (path.cost, path.preference));
        best.unwrap_or_else(|| PathChoice {
            trail: None,
            path: FoundPath::default(),
            cost: Cost::default(),
            counts: false,
            preference: Preference {
                has_unmanaged_parts: false,
                reports: Reported::SignIns,
                unmanaged_parts: 0,
                trail: TrailChoice::Create,
            },
        })
    }

    /// The trails that the chain can use, among those whose details have been read: those that deliver to the log group that
    /// the user named, if there are any.
    fn usable_trails(&self) -> Vec<(&TrailDetails, TrailChoice)> {
        let (account_region, read) = (self.account_region(), &self.observed.others);
        if let Some(name) = &self.setup.trail {
            let is_named = |details: &&TrailDetails| details.trail.name == *name || details.trail.arn == name.as_str();
            return read.iter().find(is_named).map(|details| (details, TrailChoice::Reuse)).into_iter().collect();
        }
        let is_default = |details: &TrailDetails| default_trail(std::slice::from_ref(&details.trail)).is_some();
        let choice = |details: &TrailDetails| {
            can_be_used(details, &account_region).or_else(|| is_default(details).then_some(TrailChoice::Repair))
        };
        let usable: Vec<_> = read.iter().filter_map(|details| Some((details, choice(details)?))).collect();
        let Some(group) = &self.setup.log_group else { return usable };
        let delivering: Vec<_> =
            usable.iter().filter(|(d, _)| d.trail.delivers_to(&account_region.log_group_arn(group))).copied().collect();
        if delivering.is_empty() { usable } else { delivering }
    }

    /// The account with this trail's chain.
    fn view(&self, trail: Option<&TrailDetails>) -> Observed {
        let mut view = Observed { trail: trail.cloned(), path: FoundPath::default(), ..self.observed.clone() };
        if let Some(group) = trail.and_then(|details| details.group.as_ref()) {
            (view.log_group, view.filters) = (group.log_group.clone(), group.filters.clone());
        }
        view
    }

    /// Every path over this trail.
    fn paths(&self, trail: Option<&TrailDetails>, choice: TrailChoice) -> Vec<PathChoice> {
        let mut view = self.view(trail);
        let settings = Settings::resolve(self.identity, self.region, self.setup, &view);
        // A trail is late only compared with another one, because the time is not known here.
        let now = self.last_delivery();
        let verdicts = |step, view: &Observed| alerting_verdicts(step, &settings, view, now);
        let trail_cost = Cost::of(&verdicts(Step::Trail, &view));
        let filters = self.root_filters(&view);
        let mut paths = Vec::new();
        for filter in or_none(filters) {
            view.path = FoundPath { filter: found(filter.as_ref().map(|f| f.name.clone())), ..FoundPath::default() };
            let filter_cost = Cost::of(&verdicts(Step::Filter, &view));
            let reports = Reported::by(filter.as_ref(), &self.identity.account);
            for alarm in or_none(self.alarms(&view, filter.as_ref())) {
                for topic in or_none(self.topics(alarm.as_ref())) {
                    view.path.alarm = found(alarm.as_ref().map(|a| a.name.clone()));
                    view.path.topic = found(topic.clone());
                    let alarm_cost = Cost::of(&verdicts(Step::Alarm, &view));
                    let of_topic = verdicts(Step::Topic, &view);
                    let is_confirmation = |(id, _): &(CheckId, Verdict)| *id == CheckId::SubscriptionConfirmed;
                    let topic_itself: Vec<_> =
                        of_topic.iter().filter(|check| !is_confirmation(check)).copied().collect();
                    let topic_usable = topic.is_some() && Cost::of(&topic_itself).broken == 0;
                    let alarm_usable = alarm_cost.broken == 0
                        && alarm.as_ref().is_some_and(|alarm| topic_usable || settings.relies_on_trust(alarm));
                    let has_use = alarm_usable || filter.as_ref().is_some_and(|f| suits_our_alarm(f, &settings, &view));
                    let filter_usable = filter_cost.broken == 0 && filter_cost.unknown == 0 && has_use;
                    let usable = |found: Option<Found<String>>, usable| found.map(|found| Found { usable, ..found });
                    let path = FoundPath {
                        filter: usable(view.path.filter.clone(), filter_usable),
                        alarm: usable(view.path.alarm.clone(), alarm_usable),
                        topic: view.path.topic.clone().map(|found| Found { usable: topic_usable, ..found }),
                    };
                    paths.push(PathChoice {
                        trail: trail.map(|details| details.trail.arn.clone()),
                        counts: trail_cost.broken + filter_cost.broken == 0,
                        cost: trail_cost.plus(filter_cost).plus(alarm_cost).plus(Cost::of(&of_topic)),
                        preference: Preference {
                            has_unmanaged_parts: unmanaged_parts(&settings, &path) > 0,
                            reports,
                            unmanaged_parts: unmanaged_parts(&settings, &path),
                            trail: choice,
                        },
                        path,
                    });
                }
            }
        }
        paths
    }

    fn last_delivery(&self) -> Timestamp {
        let status = self.observed.others.iter().filter_map(|details| details.status.as_ref().ok());
        status.filter_map(|status| status.logs_delivery).max().unwrap_or_default()
    }

    /// The filters that may count root use: the one that the user named, or else those that count sign-ins or at least test
    /// for root. One that tests for root but has another purpose is only described.
    fn root_filters(&self, view: &Observed) -> Vec<MetricFilter> {
        let all = view.filters.as_deref().unwrap_or_default();
        if let Some(name) = &self.setup.filter {
            return all.iter().filter(|filter| filter.name == *name).cloned().collect();
        }
        let mut found: Vec<(u8, MetricFilter)> = all
            .iter()
            .filter_map(|filter| {
                let rank = match pattern::fires_for_sign_in(&filter.pattern, &self.identity.account) {
                    _ if filter.name == ROOT_USE_FILTER.name => 0,
                    true => 1,
                    false if pattern::concerns_root(&filter.pattern) => 2,
                    false => return None,
                };
                Some((rank, filter.clone()))
            })
            .collect();
        found.sort_by_key(|(rank, _)| *rank);
        found.truncate(MAX_CANDIDATES);
        found.into_iter().map(|(_, filter)| filter).collect()
    }

    /// The alarms that may fire for the filter: the one that the user named, or else those on its metric, and ours.
    fn alarms(&self, view: &Observed, filter: Option<&MetricFilter>) -> Vec<Alarm> {
        let all = view.alarms.as_deref().unwrap_or_default().iter();
        if let Some(name) = &self.setup.alarm {
            return all.filter(|alarm| alarm.name == *name).cloned().collect();
        }
        let matches = |alarm: &&Alarm| {
            alarm.name == OUR_ALARM || filter.is_some_and(|filter| alarm.config.metric == filter.metric)
        };
        let mut found: Vec<Alarm> = all.filter(matches).cloned().collect();
        let is_faulty = |alarm: &Alarm| {
            let has_faults = filter.is_some_and(|filter| !(AlertId::RootUse.spec().faults)(alarm, filter).is_empty());
            has_faults || !alarm.config.actions_enabled || alarm.config.actions.is_empty()
        };
        found.sort_by_key(|alarm| (alarm.name != OUR_ALARM, is_faulty(alarm)));
        found.truncate(MAX_CANDIDATES);
        found
    }

    /// The topics of an alarm that have been read and exist.
    fn topics(&self, alarm: Option<&Alarm>) -> Vec<Arn> {
        let account_region = self.account_region();
        if let Some(name) = &self.setup.topic {
            return vec![account_region.topic_arn(name)];
        }
        let actions = alarm.map(|alarm| alarm.config.actions.as_slice()).unwrap_or_default();
        let exists =
            |arn: &&Arn| self.observed.topics.iter().any(|details| details.arn == **arn && details.topic != Ok(None));
        actions.iter().filter(exists).cloned().collect()
    }

    /// The trails to read: first rootbell's own or the one that the user named, if there is one, and the others only if it
    /// isn't good enough.
    #[must_use]
    pub fn trails_to_read<'t>(&self, trails: &'t [Trail]) -> (Vec<&'t Trail>, Vec<&'t Trail>) {
        if let Some(name) = &self.setup.trail {
            return (trails.iter().filter(|t| t.name == *name || t.arn == name.as_str()).take(1).collect(), Vec::new());
        }
        let account_region = self.account_region();
        let own = default_trail(trails);
        let may_be_used =
            |trail: &&Trail| Some(*trail) != own && super::settings::obstacle(trail, &account_region).is_none();
        let others: Vec<&Trail> = trails.iter().filter(may_be_used).take(MAX_CANDIDATES).collect();
        match own {
            Some(own) => (vec![own], others),
            None => (others, Vec::new()),
        }
    }

    /// The metrics of the filters that may count root use, on the log groups of all trails.
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        if self.setup.alarm.is_some() {
            return Vec::new();
        }
        let trails = self.usable_trails();
        let views: Vec<Observed> = if trails.is_empty() {
            vec![self.view(None)]
        } else {
            trails.into_iter().map(|(trail, _)| self.view(Some(trail))).collect()
        };
        let metrics = views.iter().flat_map(|view| self.root_filters(view)).map(|filter| filter.metric);
        first_distinct(metrics)
    }

    /// What the choice leaves out because there is too much of it, a sentence each.
    #[must_use]
    pub fn left_out(&self, choice: &PathChoice) -> Vec<String> {
        let details = self.observed.others.iter().find(|details| Some(&details.trail.arn) == choice.trail.as_ref());
        let view = self.view(details);
        let filters = view.filters.as_deref().unwrap_or_default();
        let chosen = choice.path.filter.as_ref().and_then(|found| filters.iter().find(|f| f.name == found.value));
        let root_filters = filters.iter().filter(|filter| pattern::concerns_root(&filter.pattern)).count();
        let alarms = view.alarms.as_deref().unwrap_or_default().iter();
        let on_metric =
            alarms.filter(|alarm| chosen.is_some_and(|filter| filter.metric == alarm.config.metric)).count();
        let too_many = |count: usize, what: &str| {
            (count > MAX_CANDIDATES).then(|| format!("There are {count} {what}; only {MAX_CANDIDATES} were compared."))
        };
        let filters = too_many(root_filters, "filters that concern root on the log group");
        let alarms = too_many(on_metric, "alarms on the filter's metric");
        filters.into_iter().chain(alarms).collect()
    }

    /// The topics in this account and Region that the alarms on these metrics notify.
    #[must_use]
    pub fn topic_arns(&self) -> Vec<Arn> {
        if self.setup.topic.is_some() {
            return Vec::new();
        }
        let (account_region, metrics) = (self.account_region(), self.metrics());
        let is_candidate = |alarm: &&Alarm| {
            let named = self.setup.alarm.as_deref().unwrap_or(OUR_ALARM);
            alarm.name == named || metrics.contains(&alarm.config.metric)
        };
        let alarms = self.observed.alarms.as_deref().unwrap_or_default().iter().filter(is_candidate);
        let is_here = |arn: &Arn| arn.topic_name().is_some_and(|name| *arn == account_region.topic_arn(name));
        first_distinct(alarms.flat_map(|alarm| alarm.config.actions.iter().cloned()).filter(is_here))
    }
}

/// The first different ones, as many as are compared.
fn first_distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for item in all {
        if found.len() < MAX_CANDIDATES && !found.contains(&item) {
            found.push(item);
        }
    }
    found
}

/// Each of them, or `None` if there are none.
fn or_none<T>(all: Vec<T>) -> Vec<Option<T>> {
    if all.is_empty() { vec![None] } else { all.into_iter().map(Some).collect() }
}

fn found<T>(value: Option<T>) -> Option<Found<T>> {
    value.map(|value| Found { value, usable: false })
}

/// How many parts of the path do not have rootbell's names.
fn unmanaged_parts(settings: &Settings, path: &FoundPath) -> usize {
    let names = [
        path.filter.as_ref().map(|found| found.value == ROOT_USE_FILTER.name),
        path.alarm.as_ref().map(|found| found.value == OUR_ALARM),
        Some(settings.has_default_name(Resource::Trail)),
    ];
    names.into_iter().flatten().filter(|is_ours| !is_ours).count()
}

/// Whether an alarm of ours could watch the filter's metric: it fires for a single use, and no filter for another purpose
/// publishes to the metric too.
fn suits_our_alarm(filter: &MetricFilter, settings: &Settings, view: &Observed) -> bool {
    let spec = AlertId::RootUse.spec();
    let config = AlarmConfig { metric: filter.metric.clone(), ..(spec.config)() };
    let ours = Alarm {
        name: spec.alarm.to_owned(),
        config,
        state: AlarmState::InsufficientData,
        reason: String::new(),
        since: None,
        configured: None,
        evaluation: None,
        mute_rules: None,
    };
    let is_for_another_purpose = |other: &&MetricFilter| {
        other.metric == filter.metric
            && !pattern::concerns_root(&other.pattern)
            && !pattern::fires_for_sign_in(&other.pattern, &settings.account_region.account)
    };
    let all = view.filters.as_deref().unwrap_or_default();
    (spec.faults)(&ours, filter).is_empty()
        && filter_faults(filter, Some(&ours), &settings.account_region).is_empty()
        && !all.iter().any(|other| is_for_another_purpose(&other))
}

#[cfg(test)]
mod tests;
