//! Looks for a path in other Regions, alongside what is left to read in this one.

use futures::future::join_all;

use super::prefetch::Prefetch;
use super::region::{ObserveScope, Request, observe_region};
use super::start::Start;
use crate::domain::Settings;
use crate::domain::health::what_fails;
use crate::domain::observed::{Elsewhere, ElsewhereState, Trail};
use crate::domain::path::other_regions;

/// The paths, working or not, in the Regions that the trails name.
pub(super) async fn find_elsewhere(request: Request<'_>, trails: &[Trail]) -> Vec<Elsewhere> {
    let regions = other_regions(trails, request.setup, &request.identity.in_region(request.region));
    let queries = regions.iter().map(async |region| {
        let request = Request { region, scope: ObserveScope::Chain, ..request };
        let Request { cloud, identity, setup, .. } = request;
        let delivers_there = |trail: &&Trail| {
            let group = trail.log_group_arn.as_ref();
            group.and_then(|group| group.region()) == Some(region.as_str())
        };
        let known = trails.iter().filter(delivers_there).cloned().collect();
        let prefetch = Prefetch::new(&cloud, region, setup).with_known_trails(known);
        let (observed, choice) = observe_region(request, prefetch, &mut Start::never()).await;
        let settings = Settings::resolve(identity, region, setup, &observed);
        let state = match choice.is_good() {
            true if choice.is_pending() => ElsewhereState::Pending,
            true => ElsewhereState::Works,
            false => ElsewhereState::Lacking(what_fails(&settings, &observed)?),
        };
        let trail = observed.trail?.trail.name;
        let alarm = choice.path.alarm.map(|found| found.value);
        Some(Elsewhere { region: region.clone(), trail, alarm, state })
    });
    join_all(queries).await.into_iter().flatten().collect()
}
