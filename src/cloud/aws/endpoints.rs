//! The endpoints of the services: AWS's own, or those that the user sets.

use ::http::Uri;
use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

use crate::domain::Region;

/// The ids of the services in use, as the SDK's models have them.
const SERVICE_IDS: [&str; 12] = [
    "STS",
    "IAM",
    "CloudTrail",
    "CloudWatch Logs",
    "CloudWatch",
    "SNS",
    "KMS",
    "S3",
    "EventBridge",
    "Organizations",
    "SSO",
    "Signin",
];

/// The URL of a service's endpoint, by the SDK's own rules.
macro_rules! endpoint {
    ($sdk:ident, $id:literal, $config:expr, $region:expr) => {{
        use $sdk::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
        let custom = custom_endpoint($config, $id);
        let is_valid = custom.as_deref().map_or(Ok(()), check_url);
        let params = Params::builder()
            .region($region)
            .use_fips($config.use_fips().unwrap_or_default())
            .use_dual_stack($config.use_dual_stack().unwrap_or_default())
            .set_endpoint(custom)
            .build();
        match (is_valid, params) {
            (Err(why), _) => Err(why),
            (Ok(()), Ok(params)) => match ResolveEndpoint::resolve_endpoint(&DefaultResolver::new(), &params).await {
                Ok(endpoint) => Ok(endpoint.url().to_owned()),
                Err(error) => Err(error.to_string()),
            },
            (Ok(()), Err(error)) => Err(error.to_string()),
        }
    }};
}

/// The endpoint of each service in the Region.
pub(super) async fn endpoints(config: &SdkConfig, region: &Region) -> Vec<(&'static str, Result<String, String>)> {
    let region = region.as_str();
    vec![
        ("sts", endpoint!(aws_sdk_sts, "STS", config, region)),
        ("iam", endpoint!(aws_sdk_iam, "IAM", config, region)),
        ("cloudtrail", endpoint!(aws_sdk_cloudtrail, "CloudTrail", config, region)),
        ("logs", endpoint!(aws_sdk_cloudwatchlogs, "CloudWatch Logs", config, region)),
        ("cloudwatch", endpoint!(aws_sdk_cloudwatch, "CloudWatch", config, region)),
        ("sns", endpoint!(aws_sdk_sns, "SNS", config, region)),
        ("kms", endpoint!(aws_sdk_kms, "KMS", config, region)),
        ("s3", endpoint!(aws_sdk_s3, "S3", config, region)),
    ]
}

/// The URL set for one service or for all.
///
/// Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
fn custom_endpoint(config: &SdkConfig, service_id: &str) -> Option<String> {
    let key =
        ServiceConfigKey::builder().service_id(service_id).env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let is_option = config.get_origin("endpoint_url").is_client_config();
    let of_service = || config.service_config()?.load_config(key.ok()?);
    let for_all = config.endpoint_url().map(str::to_owned);
    if is_option { for_all } else { of_service().or(for_all) }
}

/// Checks the endpoints that are set for all services or for a single one: the SDK would panic if one is empty.
///
/// # Errors
/// What is wrong, as a sentence.
pub(super) fn check_endpoints(config: &SdkConfig) -> Result<(), String> {
    for id in SERVICE_IDS {
        if let Some(url) = custom_endpoint(config, id) {
            let variable = id.to_uppercase().replace(' ', "_");
            check_url(&url).map_err(|why| {
                format!("AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_{variable}, or endpoint_url of the profile: {why}")
            })?;
        }
    }
    Ok(())
}

/// Checks an endpoint's URL: the SDK ignores an invalid one and would connect to AWS. The message leaves out what may be a
/// password or a token.
pub(super) fn check_url(url: &str) -> Result<(), String> {
    let is_valid = url.parse::<Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    });
    let shown = match url {
        "" => "an empty value".to_owned(),
        url if url.contains(['@', '?']) => "the value".to_owned(),
        url => format!("`{url}`"),
    };
    if is_valid { Ok(()) } else { Err(format!("{shown} isn't a URL; an endpoint looks like http://127.0.0.1:4566.")) }
}

#[cfg(test)]
mod tests {
    use aws_config::BehaviorVersion;

    use super::super::http::host;
    use super::*;

    #[tokio::test]
    async fn each_service_is_asked_at_its_endpoint_in_the_region() {
        let hosts = async |region: &str, url: Option<&str>| {
            let mut config = SdkConfig::builder().behavior_version(BehaviorVersion::latest());
            config.set_endpoint_url(url.map(str::to_owned));
            let all = endpoints(&config.build(), &Region::new(region)).await;
            all.into_iter().map(|(service, url)| (service, host(&url.unwrap()))).collect::<Vec<_>>()
        };
        let ireland = hosts("eu-west-1", None).await;
        for (service, wanted) in [
            ("sts", "sts.eu-west-1.amazonaws.com"),
            ("iam", "iam.amazonaws.com"),
            ("cloudwatch", "monitoring.eu-west-1.amazonaws.com"),
            ("s3", "s3.eu-west-1.amazonaws.com"),
        ] {
            assert!(ireland.contains(&(service, wanted.to_owned())), "{ireland:?}");
        }
        assert_eq!(ireland.len(), 8);
        assert!(hosts("cn-north-1", None).await.iter().all(|(_, host)| host.ends_with(".amazonaws.com.cn")));
        let custom = hosts("eu-west-1", Some("http://127.0.0.1:4566")).await;
        assert!(custom.iter().all(|(_, host)| host == "127.0.0.1:4566"), "{custom:?}");
    }
}
