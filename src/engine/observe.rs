//! Reads the account, resource by resource along the chain. Independent queries run concurrently: resources with default
//! names are read at the same time as the trails, and only those that turn out to have other names are read again.

use futures::future::{Either, select};
use jiff::Timestamp;

use crate::cloud::Cloud;
use crate::domain::observed::Elsewhere;
use crate::domain::{Identity, Observed, Region, SetupOptions};

mod alarms;
mod elsewhere;
mod filter_output;
mod prefetch;
mod read;
mod reader;
mod region;
mod root_user;
mod start;
mod subscriptions;

pub(super) use alarms::add_new;
use elsewhere::find_elsewhere;
pub use prefetch::Prefetch;
pub(super) use read::to_read_result;
pub use region::ObserveScope;
use region::{Request, observe_region};
use start::Start;
pub use subscriptions::subscriptions;

/// Reads the account's current state, and unless only the chain is read, the root user. If a query fails, its field holds
/// the error, and the rest is still returned. `now` is the time; `None`: what only the verdict needs is not read, such as
/// the datapoints of filters.
pub async fn observe(
    cloud: &dyn Cloud,
    identity: &Identity,
    region: &Region,
    setup: &SetupOptions,
    scope: ObserveScope,
    now: Option<Timestamp>,
) -> Observed {
    let prefetch = Prefetch::new(&cloud, region, setup);
    let prefetch = match scope {
        ObserveScope::Chain => prefetch,
        ObserveScope::Everything | ObserveScope::Plan => prefetch.with_root_user(&cloud),
    };
    observe_with(cloud, identity, region, setup, scope, now, prefetch).await
}

/// Like [`observe`], but uses the queries in `prefetch`, which may have started already. It decides on the root user.
pub async fn observe_with(
    cloud: &dyn Cloud,
    identity: &Identity,
    region: &Region,
    setup: &SetupOptions,
    scope: ObserveScope,
    now: Option<Timestamp>,
    prefetch: Prefetch<'_>,
) -> Observed {
    let request = Request { cloud, identity, region, setup, scope, now };
    let (mut start, started) = Start::new();
    let elsewhere = Box::pin(async { Some(find_elsewhere(request, &started.await.ok()?).await) });
    let here = Box::pin(async move { observe_region(request, prefetch, &mut start).await });
    let ((mut observed, choice), found) = match select(here, elsewhere).await {
        // What was started in vain is dropped.
        Either::Left((here, _)) if here.1.is_good() => (here, None),
        Either::Left((here, elsewhere)) => (here, elsewhere.await),
        Either::Right((found, here)) => (here.await, found),
    };
    if !choice.is_good() {
        let needs_trail = observed.trail.is_none();
        // One that works or, if this Region needs a trail, one that exists.
        let is_worth_it = |elsewhere: &Elsewhere| elsewhere.lacks().is_none() || needs_trail;
        let found = found.into_iter().flatten().filter(is_worth_it);
        observed.elsewhere = found.min_by(|a, b| a.state.cmp(&b.state));
    }
    observed
}
