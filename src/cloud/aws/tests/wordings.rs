//! AWS's own words for errors, as the adapter classifies them. tests/it/wordings.rs checks what they become on the command
//! line and on the screen.

use serde::Deserialize;

use super::*;
use crate::cloud::{Cloud, CloudError, DenialCause, ErrorKind};

#[derive(Deserialize)]
struct Table {
    error: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    title: String,
    /// A change, by the start of its id, or the operation of a query.
    call: String,
    region: Option<String>,
    status: u16,
    code: String,
    message: String,
    /// Further elements of an XML answer.
    also: Option<String>,
    kind: String,
    cause: Option<String>,
    why: String,
}

fn rows() -> Vec<Row> {
    toml::from_str::<Table>(include_str!("../../../../tests/data/aws-errors.toml")).unwrap().error
}

/// The error of the row's call, answered as the row says.
async fn error_of(row: &Row) -> CloudError {
    let region: &'static str = row.region.clone().unwrap_or_else(|| "eu-west-1".to_owned()).leak();
    let (status, code, message, also) =
        (row.status, row.code.clone(), row.message.clone(), row.also.clone().unwrap_or_default());
    let cloud = wire_in(region, move |asked| {
        let (status, headers, body) = refusal(asked, status, &code, &message);
        if also.is_empty() {
            return (status, headers, body);
        }
        let body = String::from_utf8(body).unwrap().replace("</Message>", &format!("</Message>{also}"));
        (status, headers, body.into_bytes())
    });
    let region = domain::Region::new(region);
    match row.call.as_str() {
        "GetCallerIdentity" => cloud.identity().await.unwrap_err(),
        "DescribeTrails" => cloud.trails(&region).await.unwrap_err(),
        "GetTopicAttributes" => cloud.topic(&region, TOPIC).await.unwrap_err(),
        "DescribeKey" => cloud.key(&region, KEY).await.unwrap_err(),
        id => {
            let change = every_change().into_iter().find(|change| change.id().to_string().starts_with(id));
            cloud.apply(&region, &change.unwrap_or_else(|| panic!("no change {id}"))).await.unwrap_err()
        }
    }
}

/// The cause in a few words, as in the table.
fn in_words(error: &CloudError) -> Option<String> {
    Some(match error.denial().cause {
        _ if error.kind != ErrorKind::AccessDenied => return None,
        DenialCause::Unstated => "unstated".to_owned(),
        DenialCause::NotAllowed(kind) => format!("not allowed by {kind:?}"),
        DenialCause::Denied { by: Some(kind), .. } => format!("denied by {kind:?}"),
        DenialCause::Denied { by: None, .. } => "denied by an unnamed policy".to_owned(),
        DenialCause::Other(_) => "something else".to_owned(),
    })
}

#[tokio::test]
async fn each_of_awss_wordings_is_taken_for_what_it_means() {
    let mut wrong = Vec::new();
    for row in rows() {
        let error = error_of(&row).await;
        let found = (format!("{:?}", error.kind), in_words(&error), error.why());
        if found != (row.kind.clone(), row.cause.clone(), row.why.clone()) {
            wrong.push(format!("{}: {found:?}", row.title));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn an_allow_is_proposed_only_where_the_identitys_own_policies_lack_one() {
    for row in rows() {
        let error = error_of(&row).await;
        let proposes = error.fix().content().contains(r#""Effect":"Allow""#);
        let lacks = matches!(row.cause.as_deref(), Some("unstated" | "not allowed by IdentityBased"))
            || row.kind == "Organization(MissingPermission)"
            || row.kind == "Organization(RoleNotPermitted)";
        assert_eq!(proposes, lacks, "{}: {}", row.title, error.fix().content());
    }
}
