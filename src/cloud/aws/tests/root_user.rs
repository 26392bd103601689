//! AWS's answers about the root user.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::cloud::Cloud;

#[tokio::test]
async fn the_devices_in_use_are_listed_page_by_page_until_one_is_the_root_users() {
    let pages = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&pages);
    let cloud = wire(move |asked| {
        assert!(asked.body.contains("AssignmentStatus=Assigned"), "{}", asked.body);
        let (marker, owner) = match counted.fetch_add(1, Ordering::SeqCst) {
            0 => ("<IsTruncated>true</IsTruncated><Marker>next</Marker>", "user/alice"),
            _ => {
                assert!(asked.body.contains("Marker=next"), "{}", asked.body);
                ("<IsTruncated>true</IsTruncated><Marker>more</Marker>", "root")
            }
        };
        ok(format!(
            "<ListVirtualMFADevicesResponse><ListVirtualMFADevicesResult>{marker}<VirtualMFADevices><member>\
             <SerialNumber>s</SerialNumber><User><Path>/</Path><UserName>x</UserName><UserId>X</UserId>\
             <Arn>arn:aws:iam::123456789012:{owner}</Arn><CreateDate>2024-01-01T00:00:00Z</CreateDate></User></member>\
             </VirtualMFADevices></ListVirtualMFADevicesResult></ListVirtualMFADevicesResponse>"
        ))
    });
    assert!(cloud.has_virtual_root_mfa().await.unwrap());
    assert_eq!(pages.load(Ordering::SeqCst), 2, "the page after the root user's device is not read");
}

/// A device that is assigned to the root user may come without a user.
#[tokio::test]
async fn a_device_without_a_user_is_nobodys() {
    let cloud = wire(|_| {
        ok("<ListVirtualMFADevicesResponse><ListVirtualMFADevicesResult><IsTruncated>false</IsTruncated>\
            <VirtualMFADevices><member><SerialNumber>s</SerialNumber></member></VirtualMFADevices>\
            </ListVirtualMFADevicesResult></ListVirtualMFADevicesResponse>")
    });
    assert!(!cloud.has_virtual_root_mfa().await.unwrap());
}

#[tokio::test]
async fn a_summary_that_does_not_mention_the_password_leaves_it_open() {
    let cloud = wire(|_| {
        let entry = |key: &str| format!("<entry><key>{key}</key><value>0</value></entry>");
        let entries = entry("AccountMFAEnabled") + &entry("AccountAccessKeysPresent");
        ok(format!(
            "<GetAccountSummaryResponse><GetAccountSummaryResult><SummaryMap>{entries}</SummaryMap>\
             </GetAccountSummaryResult></GetAccountSummaryResponse>"
        ))
    });
    let found = cloud.root_credentials().await.unwrap();
    assert_eq!((found.password, found.are_absent()), (None, None));
}

#[tokio::test]
async fn an_answer_that_says_nothing_about_the_root_user_is_an_error() {
    let cloud = wire(|asked| {
        let name = &asked.operation;
        let result = match name.as_str() {
            "GetAccountSummary" => {
                "<SummaryMap><entry><key>Users</key><value>1</value></entry></SummaryMap>".to_owned()
            }
            _ => format!(
                "<Content>{}</Content><GeneratedTime>2026-11-23T08:00:00Z</GeneratedTime>",
                base64("user,arn\nalice,x\n")
            ),
        };
        ok(format!("<{name}Response><{name}Result>{result}</{name}Result></{name}Response>"))
    });
    let summary = cloud.root_credentials().await.unwrap_err();
    assert!(summary.why().contains("says nothing about the root user"), "{}", summary.why());
    let report = cloud.root_last_use().await.unwrap_err();
    assert!(report.why().contains("has no row of the root user"), "{}", report.why());
}

/// Source: AWS General Reference, "IAM endpoints": one endpoint for each partition, with its own signing Region.
#[tokio::test]
async fn iam_is_called_at_its_partitions_endpoint() {
    for (region, host, signing_region) in [
        ("eu-west-1", "iam.amazonaws.com", "us-east-1"),
        ("us-gov-east-1", "iam.us-gov.amazonaws.com", "us-gov-west-1"),
        ("cn-north-1", "iam.cn-north-1.amazonaws.com.cn", "cn-north-1"),
    ] {
        let cloud = wire_in(region, move |asked| {
            assert!(asked.url.contains(host), "{region}: {}", asked.url);
            assert_eq!(asked.region, signing_region, "{region}");
            refusal(asked, 403, "AccessDenied", "no")
        });
        assert!(cloud.root_credentials().await.is_err());
    }
}
