//! S3: the bucket that the trail's log files go to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_config::{Region, SdkConfig};
use aws_sdk_s3::config::RequestChecksumCalculation;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, Delete, ObjectIdentifier,
    ObjectOwnership, OwnershipControls, OwnershipControlsRule, PublicAccessBlockConfiguration, Tag, Tagging,
    VersioningConfiguration,
};
use aws_sdk_s3::{Client, config};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::service_config::ServiceConfigKey;

use super::errors::Call;
use crate::cloud::{Answer, ErrorKind};
use crate::domain::Query;
use crate::domain::observed::{Bucket, BucketLookup, Contents};
use crate::domain::policy::PolicyDocument;

/// The buckets known to exist, each with its client: S3 accepts calls only in a bucket's own Region.
pub(super) type KnownBuckets = Arc<Mutex<HashMap<String, Client>>>;

pub(super) struct S3 {
    pub(super) client: Client,
    /// Shared by the clients of all Regions.
    known_buckets: KnownBuckets,
}

/// The result of HeadBucket, which has no body.
enum HeadResult {
    Exists,
    NotFound,
    Forbidden,
    InRegion(Region),
}

impl S3 {
    pub(super) fn new(config: &SdkConfig, known_buckets: KnownBuckets) -> Self {
        // A custom endpoint has no host name for each bucket, and few emulators support the newer checksums.
        let settings = config::Builder::from(config)
            .force_path_style(has_endpoint(config))
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired);
        Self { client: Client::from_conf(settings.build()), known_buckets }
    }

    fn known_buckets(&self) -> MutexGuard<'_, HashMap<String, Client>> {
        self.known_buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn client_for(&self, bucket: &str) -> Client {
        self.known_buckets().get(bucket).unwrap_or(&self.client).clone()
    }

    /// Reads a bucket of ours, in whichever Region it is. For a bucket that was found before, HeadBucket is called again only
    /// if reading its settings fails.
    pub(super) async fn bucket(&self, name: &str) -> Answer<BucketLookup> {
        let client = self.known_buckets().get(name).cloned();
        if let Some(client) = client {
            if let Ok(bucket) = Box::pin(read_bucket(&client, name)).await {
                return Ok(BucketLookup::Owned(bucket));
            }
            self.known_buckets().remove(name);
        }
        let mut client = self.client.clone();
        let mut head = head_bucket(&client, name).await?;
        if let HeadResult::InRegion(region) = head {
            client = Client::from_conf(client.config().to_builder().region(region).build());
            head = head_bucket(&client, name).await?;
        }
        match head {
            HeadResult::Exists => {
                self.known_buckets().insert(name.to_owned(), client.clone());
                Ok(BucketLookup::Owned(Box::pin(read_bucket(&client, name)).await?))
            }
            HeadResult::NotFound => Ok(BucketLookup::NotFound),
            HeadResult::Forbidden | HeadResult::InRegion(_) => Ok(BucketLookup::Forbidden),
        }
    }

    /// Source: S3 API, CreateBucket: us-east-1 is requested by omitting the location constraint, and creating one's own
    /// bucket again is not an error there.
    pub(super) async fn create_bucket(&self, call: &Call<'_>, bucket: &str) -> Answer<()> {
        let region = self.client.config().region().map_or("us-east-1", |r| r.as_ref());
        let configuration = (region != "us-east-1").then(|| {
            CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::from(region)).build()
        });
        let request = self
            .client
            .create_bucket()
            .bucket(bucket)
            .object_ownership(ObjectOwnership::BucketOwnerEnforced)
            .set_create_bucket_configuration(configuration);
        match request.send().await {
            Err(e) if e.code() != Some("BucketAlreadyOwnedByYou") => Err(call.failed(&e)),
            created => {
                call.log_answered();
                // A bucket that already existed may be in another Region.
                if created.is_ok() {
                    self.known_buckets().insert(bucket.to_owned(), self.client.clone());
                }
                Ok(())
            }
        }
    }

    pub(super) async fn put_bucket_ownership_controls(&self, call: &Call<'_>, bucket: &str) -> Answer<()> {
        let rule = OwnershipControlsRule::builder().object_ownership(ObjectOwnership::BucketOwnerEnforced).build();
        let controls = rule.and_then(|rule| OwnershipControls::builder().rules(rule).build());
        let controls = controls.map_err(|e| call.invalid_request(&e))?;
        let request =
            self.client_for(bucket).put_bucket_ownership_controls().bucket(bucket).ownership_controls(controls);
        call.answered(request.send().await).map(drop)
    }

    pub(super) async fn put_public_access_block(&self, call: &Call<'_>, bucket: &str) -> Answer<()> {
        let all = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .ignore_public_acls(true)
            .block_public_policy(true)
            .restrict_public_buckets(true)
            .build();
        let request =
            self.client_for(bucket).put_public_access_block().bucket(bucket).public_access_block_configuration(all);
        call.answered(request.send().await).map(drop)
    }

    pub(super) async fn put_bucket_versioning(&self, call: &Call<'_>, bucket: &str) -> Answer<()> {
        let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        let request = self.client_for(bucket).put_bucket_versioning().bucket(bucket).versioning_configuration(enabled);
        call.answered(request.send().await).map(drop)
    }

    pub(super) async fn put_bucket_tagging(
        &self,
        call: &Call<'_>,
        bucket: &str,
        tags: &[(String, String)],
    ) -> Answer<()> {
        let set: Result<Vec<Tag>, _> = tags.iter().map(|(k, v)| Tag::builder().key(k).value(v).build()).collect();
        let tagging = set.and_then(|set| Tagging::builder().set_tag_set(Some(set)).build());
        let tagging = tagging.map_err(|e| call.invalid_request(&e))?;
        let request = self.client_for(bucket).put_bucket_tagging().bucket(bucket).tagging(tagging);
        call.answered(request.send().await).map(drop)
    }

    pub(super) async fn put_bucket_policy(&self, call: &Call<'_>, bucket: &str, policy: &PolicyDocument) -> Answer<()> {
        let request = self.client_for(bucket).put_bucket_policy().bucket(bucket).policy(policy.to_string());
        call.answered(request.send().await).map(drop)
    }

    /// Source: S3 API, ListObjectVersions: pages of a thousand, versions and delete markers together.
    pub(super) async fn list_object_versions(&self, bucket: &str) -> Answer<Contents> {
        let call = Call::query(Query::BucketContents, bucket);
        let client = self.client_for(bucket);
        let mut contents = Contents::default();
        let mut next_page: Option<(Option<String>, Option<String>)> = None;
        loop {
            let request = client.list_object_versions().bucket(bucket);
            let (key, version) = next_page.take().unwrap_or_default();
            let page = request.set_key_marker(key).set_version_id_marker(version).send().await;
            let Some(page) = call.found(page, "NoSuchBucket")? else { return Ok(contents) };
            let sizes = page.versions().iter().map(|v| v.size().and_then(|n| u64::try_from(n).ok()).unwrap_or(0));
            contents.bytes += sizes.sum::<u64>();
            contents.objects += (page.versions().len() + page.delete_markers().len()) as u64;
            if page.is_truncated() != Some(true) || page.next_key_marker().is_none() {
                return Ok(contents);
            }
            next_page = Some((page.next_key_marker, page.next_version_id_marker));
        }
    }

    /// Reads the first page again and again, because the objects that it listed are deleted by then.
    ///
    /// Source: S3 API, DeleteObjects: at most a thousand; a successful response lists what could not be deleted.
    pub(super) async fn delete_objects(&self, call: &Call<'_>, bucket: &str) -> Answer<()> {
        let client = self.client_for(bucket);
        loop {
            let list = Call::query(Query::BucketContents, bucket);
            let page = list.found(client.list_object_versions().bucket(bucket).send().await, "NoSuchBucket")?;
            let Some(page) = page else { return Ok(()) };
            let versions = page.versions().iter().map(|v| (v.key(), v.version_id()));
            let markers = page.delete_markers().iter().map(|m| (m.key(), m.version_id()));
            let identifiers = versions.chain(markers).filter_map(|(key, version)| {
                ObjectIdentifier::builder().key(key?).set_version_id(version.map(str::to_owned)).build().ok()
            });
            let objects: Vec<ObjectIdentifier> = identifiers.take(1000).collect();
            if objects.is_empty() {
                return Ok(());
            }
            let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build();
            let delete = delete.map_err(|e| call.invalid_request(&e))?;
            let response = call.answered(client.delete_objects().bucket(bucket).delete(delete).send().await)?;
            if let Some(error) = response.errors().first() {
                return Err(call.error_in_answer(error.code(), error.message()));
            }
        }
    }

    pub(super) async fn delete_bucket_policy(&self, call: &Call<'_>, bucket: &str) -> Answer<()> {
        let request = self.client_for(bucket).delete_bucket_policy().bucket(bucket);
        call.answered(request.send().await).map(drop)
    }

    pub(super) async fn delete_bucket(&self, call: &Call<'_>, bucket: &str) -> Answer<()> {
        call.answered(self.client_for(bucket).delete_bucket().bucket(bucket).send().await).map(drop)
    }
}

/// Whether the user set an endpoint, for S3 or for all services, by option, environment, or profile.
fn has_endpoint(config: &SdkConfig) -> bool {
    let key = ServiceConfigKey::builder().service_id("S3").env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let for_s3 = config.service_config().zip(key.ok()).and_then(|(service, key)| service.load_config(key));
    config.endpoint_url().is_some() || for_s3.is_some()
}

/// Source: S3 API, HeadBucket: 404, 403 and 301 come without a body; the region is in a header.
/// Source: S3 API, HeadBucket: a response has no body, so its code is all there is; S3 API, "Error responses", `ExpiredToken`.
const WITHOUT_REASON: &str =
    "HTTP 400. S3 gives no reason in its answer to this call; an expired sign-in is a possible one";

async fn head_bucket(client: &Client, name: &str) -> Answer<HeadResult> {
    let call = Call::query(Query::Bucket, name);
    let Err(error) = client.head_bucket().bucket(name).send().await else {
        call.log_answered();
        return Ok(HeadResult::Exists);
    };
    let raw = error.raw_response();
    let region = raw.and_then(|r| r.headers().get("x-amz-bucket-region")).map(|r| Region::new(r.to_owned()));
    let head = match (raw.map(|r| r.status().as_u16()), region) {
        (Some(404), _) => HeadResult::NotFound,
        (Some(301 | 307 | 400), Some(region)) if client.config().region() != Some(&region) => {
            HeadResult::InRegion(region)
        }
        (Some(301 | 307 | 403), _) => HeadResult::Forbidden,
        (Some(400), _) => return Err(call.error(ErrorKind::Other, WITHOUT_REASON)),
        _ => return Err(call.failed(&error)),
    };
    call.log_answered();
    Ok(head)
}

/// Reads the five settings of a bucket, each with its own call.
///
/// Source: S3 API: each returns its own error code if it was never set.
async fn read_bucket(client: &Client, name: &str) -> Answer<Bucket> {
    let call = |query| Call::query(query, name);
    let policy = async {
        let call = call(Query::BucketPolicy);
        let found = call.found(client.get_bucket_policy().bucket(name).send().await, "NoSuchBucketPolicy")?;
        Ok(found.and_then(|found| found.policy).map(|text| PolicyDocument::parse(&text)))
    };
    let versioned = async {
        let call = call(Query::BucketVersioning);
        let found = call.answered(client.get_bucket_versioning().bucket(name).send().await)?;
        Ok(found.status == Some(BucketVersioningStatus::Enabled))
    };
    let public_blocked = async {
        let call = call(Query::BucketPublicAccess);
        let found = client.get_public_access_block().bucket(name).send().await;
        let found = call.found(found, "NoSuchPublicAccessBlockConfiguration")?;
        Ok(found.and_then(|found| found.public_access_block_configuration).is_some_and(|block| {
            [
                block.block_public_acls,
                block.ignore_public_acls,
                block.block_public_policy,
                block.restrict_public_buckets,
            ]
            .into_iter()
            .all(|set| set == Some(true))
        }))
    };
    let owner_enforced = async {
        let call = call(Query::BucketOwnership);
        let found = client.get_bucket_ownership_controls().bucket(name).send().await;
        let found = call.found(found, "OwnershipControlsNotFoundError")?.and_then(|found| found.ownership_controls);
        let enforced = |rule: &OwnershipControlsRule| rule.object_ownership == ObjectOwnership::BucketOwnerEnforced;
        Ok(found.is_some_and(|controls| controls.rules.iter().any(enforced)))
    };
    let tags = async {
        let call = call(Query::BucketTags);
        let found = call.found(client.get_bucket_tagging().bucket(name).send().await, "NoSuchTagSet")?;
        let tags = found.map(|found| found.tag_set).unwrap_or_default();
        Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
    };
    let (policy, versioned, public_blocked, owner_enforced, tags) =
        tokio::try_join!(policy, versioned, public_blocked, owner_enforced, tags)?;
    // S3 answers only in the bucket's own Region.
    let region = client.config().region().map(|region| crate::domain::Region::new(region.as_ref()));
    Ok(Bucket { name: name.to_owned(), region, policy, owner_enforced, public_blocked, versioned, tags })
}
