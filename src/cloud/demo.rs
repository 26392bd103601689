//! An account in memory: the same [`Cloud`] as AWS, deterministic, with its own latency, faults and time.
//!
//! It behaves as AWS does where a person would notice: names are checked, things made a moment ago are not seen at once,
//! e-mail is pending until somebody opens it, patterns are evaluated. Nothing happens in the background: what time
//! changes is worked out from the clock when somebody asks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::{Answer, Cloud, CloudError, ErrorKind, Search, SignIn};
use crate::domain::activity::{Datapoint, EventPage, HistoryItem};
use crate::domain::change::Operation;
use crate::domain::filter_pattern::PatternError;
use crate::domain::observed::{
    Alarm, BucketLookup, Contents, Key, LogGroup, ManagementEvents, Metric, MetricFilter, Role, Subscription, Topic,
    Trail, TrailStatus,
};
use crate::domain::query::Tagged;
use crate::domain::{Change, Identity, Query};

pub mod account;
mod activity;
mod change;
mod faults;
mod queries;
mod scenario;
#[cfg(test)]
mod tests;

pub use account::Account;
pub use faults::InjectedFault;
pub use scenario::{DemoConnector, SCENARIOS};

use account::Link;
use faults::{InjectedError, Record};
use queries::AccountView;

/// What tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A clock that stands still until it is told to go on.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(start)))
    }

    /// The hands, for a [`DemoCloud`].
    #[must_use]
    pub fn clock(&self) -> Clock {
        let hands = Arc::clone(&self.0);
        Arc::new(move || *lock(&hands))
    }

    #[must_use]
    pub fn now(&self) -> Timestamp {
        *lock(&self.0)
    }

    /// Moves on by that many seconds.
    pub fn advance(&self, seconds: i64) {
        let mut now = lock(&self.0);
        *now = now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(*now);
    }
}

/// A panic elsewhere leaves plain data behind, so the data is used on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why the account says no.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Refusal {
    kind: ErrorKind,
    message: String,
}

impl Refusal {
    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

impl From<PatternError> for Refusal {
    fn from(error: PatternError) -> Self {
        let message = format!("Invalid metric filter pattern (at character {}: {})", error.at, error.message);
        Self::new(ErrorKind::Invalid, message)
    }
}

struct State {
    account: Account,
    record: Record,
}

struct Shared {
    clock: Clock,
    start: Timestamp,
    state: Mutex<State>,
}

/// One region of the account in memory, as one caller sees it. Clones and other regions share the account.
#[derive(Clone)]
pub struct DemoCloud {
    shared: Arc<Shared>,
    region: String,
    profile: Option<String>,
}

impl std::fmt::Debug for DemoCloud {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DemoCloud").field("region", &self.region).finish_non_exhaustive()
    }
}

/// Takes the call off the count however it ends, dropped in the middle too.
struct UnderWay<'a>(&'a Shared);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        lock(&self.0.state).record.in_flight -= 1;
    }
}

impl DemoCloud {
    /// The account in its own region, from now on.
    #[must_use]
    pub fn new(account: Account, clock: Clock) -> Self {
        let region = account.region.clone();
        let start = clock();
        let state = Mutex::new(State { account, record: Record::default() });
        Self { shared: Arc::new(Shared { clock, start, state }), region, profile: None }
    }

    /// The same account seen from another region.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        Self { region: region.to_owned(), ..self.clone() }
    }

    /// The same account seen through a named profile.
    #[must_use]
    pub fn through_profile(&self, profile: Option<&str>) -> Self {
        Self { profile: profile.map(str::to_owned), ..self.clone() }
    }

    /// From now on, what calls of the operation meet (`*`: every call).
    pub fn fault(&self, operation: &str, fault: InjectedFault) {
        let mut state = lock(&self.shared.state);
        state.record.forget(operation);
        state.account.faults.insert(operation.to_owned(), fault);
    }

    /// Takes a fault away.
    pub fn mend(&self, operation: &str) {
        lock(&self.shared.state).account.faults.remove(operation);
    }

    /// Opens the link in every e-mail that the address has got.
    pub fn confirm(&self, email: &str) {
        let mut state = self.settled();
        let topics = state.account.regions.values_mut().flat_map(|region| region.topics.values_mut());
        for subscription in topics.flat_map(|topic| &mut topic.subscriptions) {
            if subscription.state == Link::Pending && subscription.endpoint.eq_ignore_ascii_case(email) {
                subscription.state = Link::Confirmed;
            }
        }
    }

    /// The addresses that have an e-mail with a link to open.
    #[must_use]
    pub fn unconfirmed(&self) -> Vec<String> {
        let state = self.settled();
        let topics = state.account.regions.values().flat_map(|region| region.topics.values());
        let pending = topics.flat_map(|topic| &topic.subscriptions).filter(|s| s.state == Link::Pending);
        pending.map(|s| s.endpoint.clone()).collect()
    }

    /// The names of the operations called so far, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        lock(&self.shared.state).record.calls.clone()
    }

    /// The most calls that were under way at once.
    #[must_use]
    pub fn max_in_flight(&self) -> usize {
        lock(&self.shared.state).record.max_in_flight
    }

    /// The account as it is now. [`Account::timeless`] makes two of them comparable that came about at other times.
    #[must_use]
    pub fn snapshot(&self) -> Account {
        self.settled().account.clone()
    }

    /// Alters the account behind everyone's back, as another person at the console would.
    pub fn meddle(&self, alter: impl FnOnce(&mut Account)) {
        alter(&mut self.settled().account);
    }

    fn scene(&self, account: &Account) -> AccountView {
        let now = (self.shared.clock)().duration_since(self.shared.start).as_secs();
        AccountView { account_region: account.in_region(&self.region), start: self.shared.start, now }
    }

    fn settled(&self) -> MutexGuard<'_, State> {
        let mut state = lock(&self.shared.state);
        let now = self.scene(&state.account).now;
        queries::settle(&mut state.account, now);
        state
    }

    /// One call: it is noted, takes its time, meets its fault, or does its work.
    async fn call<T: Send>(
        &self,
        operation: Operation,
        resource: &str,
        factor: u64,
        work: impl FnOnce(&mut Account, &AccountView) -> Result<T, Refusal> + Send,
    ) -> Answer<T> {
        let (blow, latency, number) = {
            let state = &mut *lock(&self.shared.state);
            let blow = state.record.enter(operation.name, &state.account.faults);
            (blow, state.account.timing.latency_ms * factor, state.record.calls.len())
        };
        let _under_way = UnderWay(&self.shared);
        if blow == Some(InjectedError::Silence) {
            std::future::pending::<()>().await;
        }
        if latency == 0 {
            // Calls made together are under way together all the same.
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(Duration::from_millis(latency)).await;
        }
        let done = {
            let mut state = self.settled();
            let scene = self.scene(&state.account);
            match blow {
                Some(InjectedError::Error(kind, message)) => {
                    let caller = &state.account.caller;
                    let message = match kind {
                        ErrorKind::AccessDenied => format!(
                            "User: {caller} is not authorized to perform: {} on resource: {}",
                            operation.iam_action,
                            if resource.is_empty() { "*" } else { resource }
                        ),
                        _ => message.to_owned(),
                    };
                    Err(Refusal::new(kind, message))
                }
                _ => work(&mut state.account, &scene),
            }
        };
        done.map_err(|refusal| self.error(operation, resource, number, refusal))
    }

    fn error(&self, operation: Operation, resource: &str, number: usize, refusal: Refusal) -> CloudError {
        let answered = !matches!(refusal.kind, ErrorKind::Offline | ErrorKind::Timeout);
        tracing::warn!(operation = operation.name, resource, kind = ?refusal.kind, why = refusal.message, "failed");
        CloudError {
            kind: refusal.kind,
            service: operation.service,
            operation: operation.name,
            iam_action: operation.iam_action,
            resource: resource.to_owned(),
            message: refusal.message,
            request_id: answered.then(|| format!("demo-{number:04}")),
            sign_in: Some(Arc::new(SignIn::sso(self.profile.as_deref(), &self.region))),
        }
    }

    async fn look<T: Send>(
        &self,
        query: Query,
        resource: &str,
        work: impl FnOnce(&Account, &AccountView) -> Result<T, Refusal> + Send,
    ) -> Answer<T> {
        self.call(query.operation(), resource, 1, |account, scene| work(account, scene)).await
    }
}

#[async_trait]
impl Cloud for DemoCloud {
    async fn identity(&self) -> Answer<Identity> {
        self.look(Query::Identity, "", |account, _| Ok(account.identity())).await
    }

    async fn trails(&self) -> Answer<Vec<Trail>> {
        self.look(Query::Trails, "", |account, scene| Ok(queries::trails(account, scene))).await
    }

    async fn trail_status(&self, arn: &str) -> Answer<TrailStatus> {
        self.look(Query::TrailStatus, arn, |account, scene| queries::trail_status(account, scene, arn)).await
    }

    async fn management_events(&self, arn: &str) -> Answer<ManagementEvents> {
        self.look(Query::Events, arn, |account, scene| queries::management_events(account, scene, arn)).await
    }

    async fn bucket(&self, name: &str) -> Answer<BucketLookup> {
        match self.look(Query::Bucket, name, |account, _| Ok(queries::bucket(account, name))).await {
            // A bucket that may not be looked at cannot be told from somebody else's.
            Err(error) if error.kind == ErrorKind::AccessDenied => Ok(BucketLookup::Forbidden),
            answer => answer,
        }
    }

    async fn log_group(&self, name: &str) -> Answer<Option<LogGroup>> {
        self.look(Query::LogGroup, name, |account, scene| Ok(queries::log_group(account, scene, name))).await
    }

    async fn metric_filters(&self, log_group: &str) -> Answer<Vec<MetricFilter>> {
        self.look(Query::Filters, log_group, |account, scene| Ok(queries::metric_filters(account, scene, log_group)))
            .await
    }

    async fn role(&self, name: &str) -> Answer<Option<Role>> {
        self.look(Query::Role, name, |account, scene| Ok(queries::role(account, scene, name))).await
    }

    async fn alarm(&self, name: &str) -> Answer<Option<Alarm>> {
        self.look(Query::Alarm, name, |account, scene| {
            Ok(queries::alarms(account, scene).into_iter().find(|a| a.name == name))
        })
        .await
    }

    async fn describe_alarms_for_metric(&self, metric: &Metric) -> Answer<Vec<Alarm>> {
        let on = |alarm: &Alarm| alarm.metric == *metric;
        self.look(Query::AlarmsOn, &metric.name, |account, scene| {
            Ok(queries::alarms(account, scene).into_iter().filter(on).collect())
        })
        .await
    }

    async fn topic(&self, arn: &str) -> Answer<Option<Topic>> {
        self.look(Query::Topic, arn, |account, scene| Ok(queries::topic(account, scene, arn))).await
    }

    async fn subscriptions(&self, topic_arn: &str) -> Answer<Vec<Subscription>> {
        self.look(Query::Subscriptions, topic_arn, |account, scene| {
            Ok(queries::subscriptions(account, scene, topic_arn))
        })
        .await
    }

    async fn key(&self, id: &str) -> Answer<Option<Key>> {
        self.look(Query::KeyPolicy, id, |account, _| Ok(queries::key(account, id))).await
    }

    async fn test_metric_filter(&self, pattern: &str, events: &[&str]) -> Answer<Vec<bool>> {
        self.look(Query::TestFilter, "", |_, _| queries::test_metric_filter(pattern, events)).await
    }

    async fn describe_alarm_history(&self, alarm: &str, since: Timestamp) -> Answer<Vec<HistoryItem>> {
        self.look(Query::History, alarm, |account, scene| {
            let existing =
                account.regions.get(&scene.account_region.region).and_then(|region| region.alarms.get(alarm));
            let mut items = activity::history(existing, scene);
            items.retain(|item| item.at >= since);
            Ok(items)
        })
        .await
    }

    async fn get_metric_data(
        &self,
        metric: &Metric,
        from: Timestamp,
        to: Timestamp,
        period: u32,
    ) -> Answer<Vec<Datapoint>> {
        self.look(Query::Sums, &metric.name, |account, scene| {
            let mut points = activity::get_metric_data(account, scene, metric, from, period);
            points.retain(|point| from <= point.at && point.at <= to);
            Ok(points)
        })
        .await
    }

    async fn filter_log_events(&self, search: &Search<'_>) -> Answer<EventPage> {
        self.look(Query::RootEvents, search.log_group, |account, scene| activity::events(account, scene, search)).await
    }

    async fn tags(&self, of: Tagged, arn: &str) -> Answer<Vec<(String, String)>> {
        self.look(of.query(), arn, |account, scene| Ok(queries::tags(account, scene, of, arn))).await
    }

    async fn bucket_contents(&self, bucket: &str) -> Answer<Contents> {
        self.look(Query::BucketContents, bucket, |account, _| Ok(queries::contents(account, bucket))).await
    }

    async fn apply(&self, change: &Change) -> Answer<()> {
        let work = |account: &mut Account, scene: &AccountView| change::apply(account, scene, change);
        let done = self.call(change.operation(), change.name(), 2, work).await;
        // AWS names what it was about in full.
        done.map_err(|error| match error.kind {
            ErrorKind::AccessDenied if error.message.contains(" on resource: ") => {
                let account_region = self.snapshot().in_region(&self.region);
                let arn = change.arns(&account_region).into_iter().next().unwrap_or_default();
                let about = error.message.split(" on resource: ").next().unwrap_or_default();
                CloudError { message: format!("{about} on resource: {arn}"), ..error }
            }
            _ => error,
        })
    }
}
