//! The demo account: implements [`Cloud`] like AWS, but in memory and deterministic, with simulated latency, faults and
//! time.
//!
//! It behaves like AWS wherever a user would notice: names are validated, new resources take a while to become visible,
//! email subscriptions stay pending until confirmed, and filter patterns are evaluated. Nothing runs in the background:
//! each call first applies the changes that have become due by the clock.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::{Answer, Cloud, CloudError, ErrorKind, MetricTotal, Search, SignIn};
use crate::domain::activity::{Datapoint, EventPage, HistoryItem};
use crate::domain::change::Operation;
use crate::domain::event_rule::{EventRule, RuleTarget};
use crate::domain::indirect_alarm::IndirectAlarm;
use crate::domain::mute_rule::MuteRule;
use crate::domain::observed::{
    Alarm, BucketLookup, Confirmation, Contents, KmsKey, LogGroup, ManagementEvents, Metric, MetricFilter, Role,
    Subscription, SubscriptionAttributes, Topic, Trail, TrailStatus,
};
use crate::domain::query::Tagged;
use crate::domain::role_purpose::RolePurpose;
use crate::domain::root_user::{RootCredentials, RootLastUse, RootMfa};
use crate::domain::{Change, Email, Identity, Query, Region};

pub mod account;
mod activity;
mod arrivals;
mod bus;
mod change;
mod error;
mod event_rules;
mod faults;
mod indirect_alarms;
mod queries;
mod root_user;
mod scenario;
mod seconds;
#[cfg(test)]
mod tests;
mod view;

pub use account::Account;
pub use faults::InjectedFault;
pub use scenario::{DemoConnector, SCENARIOS};

use account::Seconds;
use error::DemoError;
use faults::{CallLog, InjectedOutcome};
use view::AccountView;

/// Returns the current time.
pub type DemoClock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A clock that moves only when advanced.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<Timestamp>>);

impl ManualClock {
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(start)))
    }

    /// This clock in the form that a [`DemoCloud`] takes.
    #[must_use]
    pub fn clock(&self) -> DemoClock {
        let time = Arc::clone(&self.0);
        Arc::new(move || *lock(&time))
    }

    #[must_use]
    pub fn now(&self) -> Timestamp {
        *lock(&self.0)
    }

    /// Moves the clock forward by that many seconds.
    pub fn advance(&self, seconds: i64) {
        let mut now = lock(&self.0);
        *now = now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(*now);
    }
}

/// A poisoned lock is still used: a panic elsewhere cannot leave plain data in an invalid state.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct AccountState {
    account: Account,
    log: CallLog,
}

struct SharedAccount {
    clock: DemoClock,
    start: Timestamp,
    state: Mutex<AccountState>,
}

/// The demo account, as one caller sees it. Clones, also those with another default Region, share the account.
#[derive(Clone)]
pub struct DemoCloud {
    shared: Arc<SharedAccount>,
    /// The session's Region.
    region: Region,
    profile: Option<String>,
}

impl std::fmt::Debug for DemoCloud {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DemoCloud").field("region", &self.region).finish_non_exhaustive()
    }
}

/// Decrements the number of calls in flight when the call ends, even if its future is dropped.
struct InFlight<'a>(&'a SharedAccount);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        lock(&self.0.state).log.in_flight -= 1;
    }
}

impl DemoCloud {
    /// The account in its default Region. The demo starts now.
    #[must_use]
    pub fn new(account: Account, clock: DemoClock) -> Self {
        let region = Region::new(account.region.as_str());
        let start = clock();
        let state = Mutex::new(AccountState { account, log: CallLog::default() });
        Self { shared: Arc::new(SharedAccount { clock, start, state }), region, profile: None }
    }

    /// The same account, in a session whose Region is another one.
    #[must_use]
    pub fn in_region(&self, region: &Region) -> Self {
        Self { region: region.clone(), ..self.clone() }
    }

    /// The same account with a named profile.
    #[must_use]
    pub fn through_profile(&self, profile: Option<&str>) -> Self {
        Self { profile: profile.map(str::to_owned), ..self.clone() }
    }

    /// Makes all further calls of the operation (`*`: all calls) fail in this way.
    pub fn inject_fault(&self, operation: &str, injected: InjectedFault) {
        let mut state = lock(&self.shared.state);
        state.log.reset_count(operation);
        state.account.faults.insert(operation.to_owned(), injected);
    }

    /// Removes an injected fault.
    pub fn clear_fault(&self, operation: &str) {
        lock(&self.shared.state).account.faults.remove(operation);
    }

    /// Confirms every pending subscription of the address, as if its owner had opened the links in the emails.
    pub fn confirm(&self, email: &Email) {
        let mut state = self.current_state();
        let topics = state.account.regions.values_mut().flat_map(|region| region.topics.values_mut());
        for subscription in topics.flat_map(|topic| &mut topic.subscriptions) {
            if subscription.config.state == Confirmation::Pending && *email == *subscription.config.endpoint {
                subscription.config.state = Confirmation::Confirmed;
            }
        }
    }

    /// The addresses with a pending subscription.
    #[must_use]
    pub fn unconfirmed(&self) -> Vec<Email> {
        let state = self.current_state();
        let topics = state.account.regions.values().flat_map(|region| region.topics.values());
        let pending = topics.flat_map(|topic| &topic.subscriptions).filter(|s| s.config.state == Confirmation::Pending);
        pending.map(|s| s.config.endpoint.as_str().into()).collect()
    }

    /// The names of the operations called so far, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        lock(&self.shared.state).log.calls.iter().map(|(operation, _)| operation.clone()).collect()
    }

    /// The Regions of the calls of this operation so far, in order. For a service without Regions, the session's.
    #[must_use]
    pub fn regions_of(&self, operation: &str) -> Vec<Region> {
        let state = lock(&self.shared.state);
        let is_of_operation = |(name, _): &&(String, Region)| name == operation;
        state.log.calls.iter().filter(is_of_operation).map(|(_, region)| region.clone()).collect()
    }

    /// The highest number of calls in flight at once.
    #[must_use]
    pub fn max_in_flight(&self) -> usize {
        lock(&self.shared.state).log.max_in_flight
    }

    /// A copy of the account as it is now. Use [`Account::without_times`] to compare accounts set up at different times.
    #[must_use]
    pub fn snapshot(&self) -> Account {
        self.current_state().account.clone()
    }

    /// Modifies the account directly, like another user at the console would.
    pub fn modify(&self, edit: impl FnOnce(&mut Account)) {
        edit(&mut self.current_state().account);
    }

    fn now(&self) -> Seconds {
        (self.shared.clock)().duration_since(self.shared.start).as_secs()
    }

    fn view(&self, account: &Account, region: &Region) -> AccountView {
        AccountView { account_region: account.in_region(region), start: self.shared.start, now: self.now() }
    }

    fn current_state(&self) -> MutexGuard<'_, AccountState> {
        let mut state = lock(&self.shared.state);
        queries::apply_due_changes(&mut state.account, self.now());
        state
    }

    /// Runs one call: logs it, waits for its latency, then fails with its injected fault or does its work.
    async fn call<T: Send>(
        &self,
        region: &Region,
        operation: Operation,
        resource: &str,
        factor: u64,
        work: impl FnOnce(&mut Account, &AccountView) -> Result<T, DemoError> + Send,
    ) -> Answer<T> {
        let (outcome, latency, number) = {
            let state = &mut *lock(&self.shared.state);
            let outcome = state.log.start_call(region, operation.name, &state.account.faults);
            (outcome, state.account.timing.latency_ms * factor, state.log.calls.len())
        };
        let _in_flight = InFlight(&self.shared);
        if outcome == Some(InjectedOutcome::NoReply) {
            std::future::pending::<()>().await;
        }
        if latency == 0 {
            // So that calls started together are in flight together even without latency.
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(Duration::from_millis(latency)).await;
        }
        let result = {
            let mut state = self.current_state();
            let view = self.view(&state.account, region);
            match outcome {
                Some(InjectedOutcome::Error(kind, message)) => {
                    let caller = &state.account.caller;
                    let message = match kind {
                        ErrorKind::AccessDenied => format!(
                            "User: {caller} is not authorized to perform: {} on resource: {}{}",
                            operation.iam_action,
                            if resource.is_empty() { "*" } else { resource },
                            message.replace("ACTION", operation.iam_action)
                        ),
                        _ => message.to_owned(),
                    };
                    Err(DemoError::new(kind, message))
                }
                _ => work(&mut state.account, &view),
            }
        };
        result.map_err(|error| self.error(operation, resource, number, error))
    }

    fn error(&self, operation: Operation, resource: &str, number: usize, error: DemoError) -> CloudError {
        let answered = !matches!(error.kind, ErrorKind::Offline | ErrorKind::Timeout);
        tracing::warn!(operation = operation.name, resource, kind = ?error.kind, why = error.message, "failed");
        CloudError {
            kind: error.kind,
            service: operation.service,
            operation: operation.name,
            iam_action: operation.iam_action,
            resource: resource.to_owned(),
            message: error.message,
            request_id: answered.then(|| format!("demo-{number:04}")),
            sign_in: Some(Arc::new(SignIn::sso(self.profile.as_deref(), &self.region))),
        }
    }

    async fn query<T: Send>(
        &self,
        region: &Region,
        query: Query,
        resource: &str,
        work: impl FnOnce(&Account, &AccountView) -> Result<T, DemoError> + Send,
    ) -> Answer<T> {
        self.call(region, query.operation(), resource, 1, |account, view| work(account, view)).await
    }
}

#[async_trait]
impl Cloud for DemoCloud {
    async fn identity(&self) -> Answer<Identity> {
        self.query(&self.region, Query::Identity, "", |account, _| Ok(account.identity())).await
    }

    async fn organization_accounts(&self) -> Answer<BTreeMap<String, String>> {
        self.query(&self.region, Query::OrganizationAccounts, "", |account, _| queries::organization_accounts(account))
            .await
    }

    async fn root_credentials(&self) -> Answer<RootCredentials> {
        self.query(&self.region, Query::RootCredentials, "", |account, _| Ok(account.root_user.credentials())).await
    }

    async fn has_virtual_root_mfa(&self) -> Answer<bool> {
        let has_virtual_mfa = |account: &Account| account.root_user.mfa == RootMfa::Virtual;
        self.query(&self.region, Query::VirtualMfaDevices, "", |account, _| Ok(has_virtual_mfa(account))).await
    }

    async fn is_root_access_centralized(&self) -> Answer<Option<bool>> {
        self.query(&self.region, Query::OrganizationsFeatures, "", |account, _| Ok(account.root_user.centralized)).await
    }

    async fn generate_credential_report(&self) -> Answer<bool> {
        let work = |account: &mut Account, view: &AccountView| Ok(account.root_user.generate_report(view.now));
        self.call(&self.region, Query::GenerateCredentialReport.operation(), "", 1, work).await
    }

    async fn root_last_use(&self) -> Answer<Option<RootLastUse>> {
        self.query(&self.region, Query::CredentialReport, "", |account, view| Ok(account.root_user.last_use(view)))
            .await
    }

    async fn trails(&self, region: &Region) -> Answer<Vec<Trail>> {
        self.query(region, Query::Trails, "", |account, view| Ok(queries::trails(account, view))).await
    }

    async fn trail_status(&self, region: &Region, arn: &str) -> Answer<TrailStatus> {
        self.query(region, Query::TrailStatus, arn, |account, view| queries::trail_status(account, view, arn)).await
    }

    async fn management_events(&self, region: &Region, arn: &str) -> Answer<ManagementEvents> {
        self.query(region, Query::Events, arn, |account, view| queries::management_events(account, view, arn)).await
    }

    async fn bucket(&self, name: &str) -> Answer<BucketLookup> {
        match self.query(&self.region, Query::Bucket, name, |account, _| Ok(queries::bucket(account, name))).await {
            // AWS gives the same answer for a bucket that belongs to another account.
            Err(error) if error.kind == ErrorKind::AccessDenied => Ok(BucketLookup::Forbidden),
            answer => answer,
        }
    }

    async fn log_group(&self, region: &Region, name: &str) -> Answer<Option<LogGroup>> {
        self.query(region, Query::LogGroup, name, |account, view| Ok(queries::log_group(account, view, name))).await
    }

    async fn metric_filters(&self, region: &Region, log_group: &str) -> Answer<Vec<MetricFilter>> {
        self.query(region, Query::Filters, log_group, |account, view| {
            Ok(queries::metric_filters(account, view, log_group))
        })
        .await
    }

    /// A role of the demo has one inline policy of rootbell's, whatever it is for.
    async fn role(&self, name: &str, _purpose: RolePurpose) -> Answer<Option<Role>> {
        self.query(&self.region, Query::Role, name, |account, view| Ok(queries::role(account, view, name))).await
    }

    async fn alarm(&self, region: &Region, name: &str) -> Answer<Option<Alarm>> {
        self.query(region, Query::Alarm, name, |account, view| {
            Ok(queries::alarms(account, view).into_iter().find(|a| a.name == name))
        })
        .await
    }

    async fn describe_alarms_for_metric(&self, region: &Region, metric: &Metric) -> Answer<Vec<Alarm>> {
        let watches_metric = |alarm: &Alarm| alarm.config.metric == *metric && alarm.config.dimensions.is_empty();
        self.query(region, Query::AlarmsForMetric, &metric.name, |account, view| {
            Ok(queries::alarms(account, view).into_iter().filter(watches_metric).collect())
        })
        .await
    }

    async fn indirect_alarms(&self, region: &Region) -> Answer<Vec<IndirectAlarm>> {
        self.query(region, Query::Alarm, "", |account, view| Ok(indirect_alarms::all(account, view))).await
    }

    async fn alarm_mute_rules(&self, region: &Region, alarm: &str) -> Answer<Vec<MuteRule>> {
        self.query(region, Query::MuteRules, alarm, |account, view| Ok(queries::mute_rules(account, view, alarm))).await
    }

    async fn topic(&self, region: &Region, arn: &str) -> Answer<Option<Topic>> {
        self.query(region, Query::Topic, arn, |account, view| {
            queries::require_own_topic(account, arn, "SNS:GetTopicAttributes")?;
            Ok(queries::topic(account, view, arn))
        })
        .await
    }

    async fn subscriptions(&self, region: &Region, topic_arn: &str) -> Answer<Vec<Subscription>> {
        self.query(region, Query::Subscriptions, topic_arn, |account, view| {
            queries::require_own_topic(account, topic_arn, "SNS:ListSubscriptionsByTopic")?;
            Ok(queries::subscriptions(account, view, topic_arn))
        })
        .await
    }

    async fn subscription_attributes(&self, region: &Region, arn: &str) -> Answer<SubscriptionAttributes> {
        self.query(region, Query::SubscriptionAttributes, arn, |account, view| {
            queries::subscription_attributes(account, view, arn)
        })
        .await
    }

    async fn event_rules(&self, region: &Region) -> Answer<Vec<EventRule>> {
        self.query(region, Query::EventRules, "", |account, view| Ok(event_rules::rules(account, view))).await
    }

    async fn rule_targets(&self, region: &Region, rule: &str) -> Answer<Vec<RuleTarget>> {
        self.query(region, Query::RuleTargets, rule, |account, view| event_rules::targets(account, view, rule)).await
    }

    async fn test_event_pattern(&self, region: &Region, pattern: &str, event: &str) -> Answer<bool> {
        self.query(region, Query::TestPattern, "", |_, _| bus::test_pattern(pattern, event)).await
    }

    async fn key(&self, region: &Region, id: &str) -> Answer<Option<KmsKey>> {
        self.query(region, Query::KeyPolicy, id, |account, _| Ok(queries::key(account, id))).await
    }

    async fn test_metric_filter(&self, region: &Region, pattern: &str, events: &[&str]) -> Answer<Vec<bool>> {
        self.query(region, Query::TestFilter, "", |_, _| queries::test_metric_filter(pattern, events)).await
    }

    async fn describe_alarm_history(&self, region: &Region, alarm: &str, since: Timestamp) -> Answer<Vec<HistoryItem>> {
        self.query(region, Query::History, alarm, |account, view| {
            let existing =
                account.regions.get(view.account_region.region.as_str()).and_then(|region| region.alarms.get(alarm));
            let mut items = activity::history(existing, view);
            items.retain(|item| item.at >= since);
            Ok(items)
        })
        .await
    }

    async fn get_metric_statistics(
        &self,
        region: &Region,
        metric: &Metric,
        from: Timestamp,
        to: Timestamp,
        period: u32,
    ) -> Answer<Vec<Datapoint>> {
        self.query(region, Query::MetricStatistics, &metric.name, |account, view| {
            let mut points = activity::get_metric_statistics(account, view, metric, from, period);
            points.retain(|point| from <= point.at && point.at <= to);
            Ok(points)
        })
        .await
    }

    async fn metric_total(&self, region: &Region, total: &MetricTotal<'_>) -> Answer<f64> {
        self.query(region, Query::MetricStatistics, &total.metric.name, |account, view| {
            Ok(arrivals::metric_total(account, view, total))
        })
        .await
    }

    async fn filter_log_events(&self, region: &Region, search: &Search<'_>) -> Answer<EventPage> {
        self.query(region, Query::RootEvents, search.log_group, |account, view| activity::events(account, view, search))
            .await
    }

    async fn tags(&self, region: &Region, of: Tagged, arn: &str) -> Answer<Vec<(String, String)>> {
        self.query(region, of.query(), arn, |account, view| Ok(queries::tags(account, view, of, arn))).await
    }

    async fn bucket_contents(&self, bucket: &str) -> Answer<Contents> {
        self.query(&self.region, Query::BucketContents, bucket, |account, _| Ok(queries::contents(account, bucket)))
            .await
    }

    async fn apply(&self, region: &Region, change: &Change) -> Answer<()> {
        let work = |account: &mut Account, view: &AccountView| change::apply(account, view, change);
        let result = self.call(region, change.operation(), change.name(), 2, work).await;
        // AWS's message has the resource's full ARN.
        result.map_err(|error| match error.kind {
            ErrorKind::AccessDenied => {
                let account_region = self.snapshot().in_region(region);
                let arn = change.arns(&account_region).into_iter().next().unwrap_or_default();
                let by_name = format!(" on resource: {}", change.name());
                CloudError { message: error.message.replacen(&by_name, &format!(" on resource: {arn}"), 1), ..error }
            }
            _ => error,
        })
    }
}
