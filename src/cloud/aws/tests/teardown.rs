//! The queries of the teardown, and S3's answers to deletions.

use crate::domain::role_purpose::RolePurpose;
use std::sync::{Arc, Mutex};

use super::*;
use crate::cloud::{Cloud, ErrorKind};
use crate::domain::observed::Contents;
use crate::domain::query::Tagged;

/// A page of versions and delete markers; with `next`, more pages follow.
fn page(versions: &[(&str, u64)], markers: usize, next: Option<&str>) -> Vec<u8> {
    let next = next.map(|next| {
        format!(
            "<IsTruncated>true</IsTruncated><NextKeyMarker>{next}</NextKeyMarker>\
             <NextVersionIdMarker>v</NextVersionIdMarker>"
        )
    });
    let version = |(key, size): &(&str, u64)| {
        format!("<Version><Key>{key}</Key><VersionId>v</VersionId><Size>{size}</Size></Version>")
    };
    let mark = |n| format!("<DeleteMarker><Key>mark{n}</Key><VersionId>null</VersionId></DeleteMarker>");
    let all: String = next.into_iter().chain(versions.iter().map(version)).chain((0..markers).map(mark)).collect();
    format!("<ListVersionsResult>{all}</ListVersionsResult>").into_bytes()
}

fn empty() -> Change {
    Change::EmptyBucket { bucket: "b".into() }
}

#[tokio::test]
async fn versions_and_delete_markers_on_every_page_of_a_bucket_are_counted() {
    let cloud = wire(|asked| {
        if asked.url.contains("key-marker=k2") {
            assert!(asked.url.contains("version-id-marker=v"), "{}", asked.url);
            return ok(page(&[("k3", 7)], 2, None));
        }
        ok(page(&[("k1", 100), ("k2", 50)], 0, Some("k2")))
    });
    assert_eq!(cloud.bucket_contents("b").await.unwrap(), Contents { objects: 5, bytes: 157 });
}

#[tokio::test]
async fn a_missing_bucket_counts_as_empty() {
    let cloud = wire(|asked| refusal(asked, 404, "NoSuchBucket", "The specified bucket does not exist"));
    assert_eq!(cloud.bucket_contents("b").await.unwrap(), Contents::default());
    cloud.apply(&eu_west_1(), &empty()).await.unwrap();
}

#[tokio::test]
async fn a_bucket_is_emptied_version_by_version_until_nothing_is_listed() {
    let deleted: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&deleted);
    let cloud = wire(move |asked| {
        if asked.method == "POST" {
            seen.lock().unwrap().push(asked.body.clone());
            return ok("<DeleteResult/>");
        }
        let done = seen.lock().unwrap().len();
        let many: Vec<(String, u64)> = (0..1000).map(|n| (format!("k{n}"), 1)).collect();
        let many: Vec<(&str, u64)> = many.iter().map(|(key, size)| (key.as_str(), *size)).collect();
        match done {
            0 => ok(page(&many, 0, Some("k999"))),
            1 => ok(page(&[("last", 1)], 1, None)),
            _ => ok(page(&[], 0, None)),
        }
    });
    cloud.apply(&eu_west_1(), &empty()).await.unwrap();
    let bodies = deleted.lock().unwrap();
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0].matches("<Object>").count(), 1000);
    let last = "<Object><Key>last</Key><VersionId>v</VersionId></Object>\
                <Object><Key>mark0</Key><VersionId>null</VersionId></Object>";
    assert!(bodies[1].contains(last) && bodies[1].contains("<Quiet>true</Quiet>"), "{}", bodies[1]);
}

#[tokio::test]
async fn an_object_that_cannot_be_deleted_is_an_error_although_the_response_is_a_success() {
    let cloud = wire(|asked| match asked.method.as_str() {
        "POST" => ok("<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code>\
                      <Message>User: x is not authorized to perform: s3:DeleteObjectVersion on resource: \
                      \"arn:aws:s3:::b/k\" because no identity-based policy allows the \
                      s3:DeleteObjectVersion action</Message></Error></DeleteResult>"),
        _ => ok(page(&[("k", 1)], 0, None)),
    });
    let error = cloud.apply(&eu_west_1(), &empty()).await.unwrap_err();
    assert_eq!((error.kind, error.operation), (ErrorKind::AccessDenied, "DeleteObjects"));
    assert!(error.fix().content().contains(r#""Resource":"arn:aws:s3:::b/k""#), "{}", error.fix().content());
}

#[tokio::test]
async fn a_bucket_that_is_not_empty_and_a_role_with_another_policy_say_what_to_do() {
    let cloud = wire(|asked| refusal(asked, 409, "BucketNotEmpty", "The bucket you tried to delete is not empty"));
    let error = cloud.apply(&eu_west_1(), &Change::DeleteBucket { bucket: "b".into() }).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Other);
    assert!(format!("{error} {}", error.fix().content()).contains("is not empty. A new log file arrived"), "{error}");
    let cloud =
        wire(|asked| refusal(asked, 409, "DeleteConflict", "Cannot delete entity, must detach all policies first"));
    let error = cloud
        .apply(&eu_west_1(), &Change::DeleteRole { role: "r".into(), purpose: RolePurpose::Delivery })
        .await
        .unwrap_err();
    assert!(error.fix().content().contains("Detach the other policies from the role"), "{error}");
}

#[tokio::test]
async fn empty_arns_remove_only_the_log_group_from_a_trail() {
    let cloud = wire(|asked| {
        let body: Value = serde_json::from_str(&asked.body).unwrap();
        let wanted = json!({ "Name": "t", "CloudWatchLogsLogGroupArn": "", "CloudWatchLogsRoleArn": "" });
        assert_eq!((asked.operation.as_str(), body), ("UpdateTrail", wanted));
        ok("{}")
    });
    cloud.apply(&eu_west_1(), &Change::DetachLogs { trail: "t".into() }).await.unwrap();
}

#[tokio::test]
async fn tags_are_read_service_by_service() {
    let cloud = wire(|asked| match asked.operation.as_str() {
        "ListTags" => ok(json!({ "ResourceTagList": [{ "ResourceId": TRAIL,
            "TagsList": [{ "Key": "rootbell", "Value": "managed" }, { "Key": "bare" }] }] })
        .to_string()),
        "ListTagsForResource" if asked.protocol == Protocol::Json => {
            assert!(asked.body.contains("log-group:g\""), "without the :*: {}", asked.body);
            ok(json!({ "tags": { "rootbell": "managed" } }).to_string())
        }
        _ => ok("<ListTagsForResourceResponse><ListTagsForResourceResult><Tags><member><Key>rootbell</Key>\
                 <Value>managed</Value></member></Tags></ListTagsForResourceResult></ListTagsForResourceResponse>"),
    });
    let ours = ("rootbell".to_owned(), "managed".to_owned());
    let bare = ("bare".to_owned(), String::new());
    assert_eq!(cloud.tags(&eu_west_1(), Tagged::Trail, TRAIL).await.unwrap(), [ours.clone(), bare]);
    let group = "arn:aws:logs:eu-west-1:123456789012:log-group:g";
    assert_eq!(cloud.tags(&eu_west_1(), Tagged::LogGroup, group).await.unwrap(), std::slice::from_ref(&ours));
    assert_eq!(cloud.tags(&eu_west_1(), Tagged::Topic, TOPIC).await.unwrap(), [ours]);
}

#[tokio::test]
async fn a_missing_resource_has_no_tags_and_a_denied_query_names_its_action() {
    let all = [
        (Tagged::Trail, "ResourceNotFoundException", "cloudtrail:ListTags"),
        (Tagged::LogGroup, "ResourceNotFoundException", "logs:ListTagsForResource"),
        (Tagged::Topic, "ResourceNotFound", "sns:ListTagsForResource"),
        (Tagged::Alarm, "ResourceNotFoundException", "cloudwatch:ListTagsForResource"),
    ];
    for (kind, code, action) in all {
        let gone = wire(move |asked| refusal(asked, 400, code, "not found"));
        assert_eq!(gone.tags(&eu_west_1(), kind, TOPIC).await.unwrap(), [], "{kind:?}");
        let denied = wire(|asked| refusal(asked, 403, "AccessDenied", "no"));
        let error = denied.tags(&eu_west_1(), kind, TOPIC).await.unwrap_err();
        assert_eq!((error.kind, error.iam_action), (ErrorKind::AccessDenied, action));
    }
}
