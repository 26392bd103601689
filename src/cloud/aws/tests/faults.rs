//! Every call with every kind of failure: network and AWS errors as errors for the user.

use crate::domain::role_purpose::RolePurpose;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;

use super::super::http::{Http, trust};
use super::super::timeouts::Timeouts;
use super::*;
use crate::cloud::{Answer, Cloud, CloudError, ErrorKind, MetricTotal, Search, TotalStatistic};

/// A call with the name of its operation; its answer doesn't matter.
type Call = (&'static str, Box<dyn for<'a> Fn(&'a AwsCloud) -> BoxFuture<'a, Answer<()>> + Send>);

fn query<F>(name: &'static str, call: F) -> Call
where
    F: for<'a> Fn(&'a AwsCloud) -> BoxFuture<'a, Answer<()>> + Send + 'static,
{
    (name, Box::new(call))
}

/// Every call that the program makes.
fn every_call() -> Vec<Call> {
    let at: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
    let mut all = vec![
        query("GetCallerIdentity", |c| async { c.identity().await.map(drop) }.boxed()),
        query("GetAccountSummary", |c| async { c.root_credentials().await.map(drop) }.boxed()),
        query("ListVirtualMFADevices", |c| async { c.has_virtual_root_mfa().await.map(drop) }.boxed()),
        query("ListOrganizationsFeatures", |c| async { c.is_root_access_centralized().await.map(drop) }.boxed()),
        query("GenerateCredentialReport", |c| async { c.generate_credential_report().await.map(drop) }.boxed()),
        query("GetCredentialReport", |c| async { c.root_last_use().await.map(drop) }.boxed()),
        query("DescribeTrails", |c| async { c.trails(&eu_west_1()).await.map(drop) }.boxed()),
        query("GetTrailStatus", |c| async { c.trail_status(&eu_west_1(), TRAIL).await.map(drop) }.boxed()),
        query("GetEventSelectors", |c| async { c.management_events(&eu_west_1(), TRAIL).await.map(drop) }.boxed()),
        query("HeadBucket", |c| async { c.bucket("b").await.map(drop) }.boxed()),
        query("DescribeLogGroups", |c| async { c.log_group(&eu_west_1(), "g").await.map(drop) }.boxed()),
        query("DescribeMetricFilters", |c| async { c.metric_filters(&eu_west_1(), "g").await.map(drop) }.boxed()),
        query("GetRole", |c| async { c.role("r", RolePurpose::Delivery).await.map(drop) }.boxed()),
        query("DescribeAlarms", |c| async { c.alarm(&eu_west_1(), "a").await.map(drop) }.boxed()),
        query("DescribeAlarmsForMetric", |c| {
            async { c.describe_alarms_for_metric(&eu_west_1(), &metric()).await.map(drop) }.boxed()
        }),
        query("GetTopicAttributes", |c| async { c.topic(&eu_west_1(), TOPIC).await.map(drop) }.boxed()),
        query("ListSubscriptionsByTopic", |c| async { c.subscriptions(&eu_west_1(), TOPIC).await.map(drop) }.boxed()),
        query("ListAlarmMuteRules", |c| async { c.alarm_mute_rules(&eu_west_1(), "a").await.map(drop) }.boxed()),
        query("GetSubscriptionAttributes", |c| {
            async { c.subscription_attributes(&eu_west_1(), TOPIC).await.map(drop) }.boxed()
        }),
        query("DescribeKey", |c| async { c.key(&eu_west_1(), "alias/mine").await.map(drop) }.boxed()),
        query("TestMetricFilter", |c| {
            async { c.test_metric_filter(&eu_west_1(), "x", &["{}"]).await.map(drop) }.boxed()
        }),
        query("DescribeAlarmHistory", move |c| {
            async move { c.describe_alarm_history(&eu_west_1(), "a", at).await.map(drop) }.boxed()
        }),
        query("GetMetricStatistics", move |c| {
            async move { c.get_metric_statistics(&eu_west_1(), &metric(), at, at, 300).await.map(drop) }.boxed()
        }),
        query("GetMetricStatistics", move |c| {
            async move {
                let (metric, statistic) = (&metric(), TotalStatistic::SampleCount);
                let total = MetricTotal { metric, dimension: None, statistic, from: at, to: at };
                c.metric_total(&eu_west_1(), &total).await.map(drop)
            }
            .boxed()
        }),
        query("ListRules", |c| async { c.event_rules(&eu_west_1()).await.map(drop) }.boxed()),
        query("ListTargetsByRule", |c| async { c.rule_targets(&eu_west_1(), "r").await.map(drop) }.boxed()),
        query("TestEventPattern", |c| async { c.test_event_pattern(&eu_west_1(), "{}", "{}").await.map(drop) }.boxed()),
        query("ListAccounts", |c| async { c.organization_accounts().await.map(drop) }.boxed()),
        query("DescribeAlarms", |c| async { c.indirect_alarms(&eu_west_1()).await.map(drop) }.boxed()),
        query("FilterLogEvents", move |c| {
            async move {
                let search = Search { log_group: "g", pattern: "{ $.a = 1 }", from: at, to: at, page: None };
                c.filter_log_events(&eu_west_1(), &search).await.map(drop)
            }
            .boxed()
        }),
    ];
    for change in every_change() {
        let name = change.operation().name;
        all.push(query(name, move |c| {
            let change = change.clone();
            async move { c.apply(&eu_west_1(), &change).await }.boxed()
        }));
    }
    all
}

/// A connection that fails with this error.
#[derive(Clone, Debug)]
struct Broken(fn() -> ConnectorError);

impl HttpConnector for Broken {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Err((self.0)()))
    }
}

impl HttpClient for Broken {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

fn broken(why: fn() -> ConnectorError) -> AwsCloud {
    AwsCloud::new(settings(SharedHttpClient::new(Broken(why)), "eu-west-1").build(), eu_west_1(), SignIn::default())
}

fn io(kind: std::io::ErrorKind, why: &'static str) -> ConnectorError {
    ConnectorError::io(std::io::Error::new(kind, why).into())
}

/// With the SDK's own retries as in production, but without the pauses; `answer` gets the number of the request.
fn retrying(
    answer: impl Fn(&Asked, usize) -> (u16, Vec<(&'static str, String)>, Vec<u8>) + Send + Sync + 'static,
) -> AwsCloud {
    let count = Arc::new(AtomicUsize::new(0));
    let http = infallible_client_fn(move |request| {
        let asked = Asked::from(HttpRequest::try_from(request).unwrap());
        let (status, headers, body) = answer(&asked, count.fetch_add(1, Ordering::Relaxed));
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
        for (name, value) in headers {
            response.headers_mut().insert(name, value);
        }
        response.try_into_http1x().unwrap()
    });
    let retries = RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(1));
    let settings = settings(http, "eu-west-1").retry_config(retries);
    AwsCloud::new(settings.build(), eu_west_1(), SignIn::default())
}

/// Checks the kind, that the reason names the call, and that there is a fix.
#[track_caller]
fn check_error(name: &str, error: &CloudError, kind: ErrorKind) {
    assert_eq!(error.kind, kind, "{name}: {error:?}");
    let (why, fix) = (error.why(), error.fix().content());
    assert!(why.contains(error.operation) && why.contains(error.service), "{name}: {why}");
    assert!(
        why.ends_with(['.', '?']) && !why.ends_with("?.") && !fix.is_empty() && !why.contains("SdkError"),
        "{name}: {why} {fix}"
    );
}

#[tokio::test]
async fn every_call_with_every_kind_of_failure_is_an_error_of_the_right_kind() {
    let mut cases = 0;
    for (name, call) in every_call() {
        let fails = async |cloud: AwsCloud, kind: ErrorKind| {
            check_error(name, &call(&cloud).await.expect_err(name), kind);
        };
        // HeadBucket returns only a status, and its 403 means that the name is taken.
        if name != "HeadBucket" {
            fails(wire(|asked| refusal(asked, 403, "AccessDenied", "no")), ErrorKind::AccessDenied).await;
            let expired = "The security token included in the request is expired";
            fails(wire(move |asked| refusal(asked, 400, "ExpiredToken", expired)), ErrorKind::ExpiredCredentials).await;
            fails(retrying(|asked, _| refusal(asked, 400, "Throttling", "Rate exceeded")), ErrorKind::Throttled).await;
            cases += 3;
        }
        fails(wire(|asked| refusal(asked, 500, "InternalFailure", "oops")), ErrorKind::Other).await;
        let refused = || io(std::io::ErrorKind::ConnectionRefused, "os");
        fails(broken(refused), ErrorKind::Offline).await;
        let certificate = || io(std::io::ErrorKind::InvalidData, "invalid peer certificate: UnknownIssuer");
        fails(broken(certificate), ErrorKind::Offline).await;
        fails(broken(|| ConnectorError::timeout("late".into())), ErrorKind::Timeout).await;
        cases += 4;
    }
    assert_eq!(cases, 86 * 7 - 3, "the table has the expected length");
}

#[tokio::test]
async fn a_call_throttled_once_succeeds_on_retry() {
    for (name, call) in every_call() {
        let requests = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&requests);
        let cloud = retrying(move |asked, number| {
            seen.fetch_add(1, Ordering::Relaxed);
            if number == 0 {
                refusal(asked, 400, "Throttling", "Rate exceeded")
            } else {
                refusal(asked, 400, "Later", "x")
            }
        });
        // The answer to the second request isn't throttling any more.
        let error = call(&cloud).await.expect_err(name);
        assert_ne!(error.kind, ErrorKind::Throttled, "{name}: {error:?}");
        assert!(name == "HeadBucket" || requests.load(Ordering::Relaxed) >= 2, "{name} is not retried");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_from_aws_is_an_error_and_never_a_panic() {
    let mut silent = Vec::new();
    for (name, call) in every_call() {
        for body in ["<html>It works!</html>", "{\"a\":", "", "\u{0}\u{ff}"] {
            match call(&wire(move |_| ok(body))).await {
                Ok(()) => silent.push(name),
                Err(error) => check_error(name, &error, error.kind),
            }
        }
    }
    // Calls without a response body can't get a wrong one; a missing list is empty.
    for loud in ["GetCallerIdentity", "CreateTopic"] {
        assert!(silent.iter().filter(|name| **name == loud).count() < 4, "{loud} accepts anything");
    }
}

#[tokio::test]
async fn an_empty_answer_never_means_that_nothing_exists() {
    for (name, call) in every_call() {
        if ["Describe", "Get", "Head", "List", "Filter", "Test"].iter().any(|start| name.starts_with(start)) {
            let error = call(&wire(|_| ok(""))).await.expect_err(name);
            check_error(name, &error, ErrorKind::NotAws);
        }
    }
}

#[tokio::test]
async fn a_connection_that_closes_before_or_within_the_response_is_reported_as_such() {
    for (response, why) in [
        ("", "the connection was closed before a response arrived"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", "the connection was closed in the middle of the response"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                use std::io::{Read, Write};
                let mut stream = stream;
                // Everything is read, or closing the connection would reset it.
                let _ = stream.set_read_timeout(Some(Duration::from_millis(20)));
                while stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {}
                let _ = stream.write_all(response.as_bytes());
            }
        });
        let http = SharedHttpClient::new(Http::new(trust(None).unwrap(), ProxyConfig::disabled()));
        let cloud =
            AwsCloud::new(settings(http, "eu-west-1").endpoint_url(url).build(), eu_west_1(), SignIn::default());
        let error = cloud.trails(&eu_west_1()).await.unwrap_err();
        check_error("DescribeTrails", &error, ErrorKind::Offline);
        assert_eq!(error.why(), format!("DescribeTrails (cloudtrail): {why}."));
    }
}

#[tokio::test]
async fn an_endpoint_without_tls_or_without_an_answer_is_reported() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            use std::io::{Read, Write};
            let mut stream = stream;
            let _ = stream.read(&mut [0; 64]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let short = Duration::from_millis(300);
    let timeouts = Timeouts { connect: short, read: short, attempt: short, operation: short };
    let http = SharedHttpClient::new(Http::new(trust(None).unwrap(), ProxyConfig::disabled()));
    let settings = settings(http, "eu-west-1")
        .endpoint_url(format!("https://127.0.0.1:{port}"))
        .timeout_config(TimeoutConfig::from(timeouts));
    let cloud = AwsCloud::new(settings.build(), eu_west_1(), SignIn::default());
    for (name, call) in every_call() {
        let error = call(&cloud).await.expect_err(name);
        check_error(name, &error, ErrorKind::Offline);
        assert!(error.message.contains("doesn't use TLS"), "{name}: {error:?}");
    }
    // A port that accepts the connection and never answers.
    let silent_port = TcpListener::bind("127.0.0.1:0").unwrap();
    let http = SharedHttpClient::new(Http::new(trust(None).unwrap(), ProxyConfig::disabled()));
    let short = Duration::from_millis(20);
    let timeouts = Timeouts { connect: short, read: short, attempt: short, operation: short };
    let settings = super::settings(http, "eu-west-1")
        .endpoint_url(format!("http://127.0.0.1:{}", silent_port.local_addr().unwrap().port()))
        .timeout_config(TimeoutConfig::from(timeouts));
    let cloud = AwsCloud::new(settings.build(), eu_west_1(), SignIn::default());
    for (name, call) in every_call() {
        check_error(name, &call(&cloud).await.expect_err(name), ErrorKind::Timeout);
    }
}
