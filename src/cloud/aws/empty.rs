//! Rejects an empty answer to a query: the SDK would take it for an account without resources, but it isn't from AWS.

use std::error::Error;
use std::fmt;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// What the names of queries start with. The answers to changes can be empty.
const QUERIES: [&str; 5] = ["Describe", "Get", "List", "Filter", "Test"];

/// For the services that use JSON. Without an answer's fields, the SDK's decoder assumes that there is nothing to list;
/// for the other protocols it requires them.
///
/// Source: Smithy, "AWS JSON 1.1 protocol": the body of a response is a JSON object.
#[derive(Debug)]
pub(super) struct RejectEmptyAnswers;

#[derive(Debug)]
struct EmptyAnswer;

impl fmt::Display for EmptyAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer is empty")
    }
}

impl Error for EmptyAnswer {}

impl Intercept for RejectEmptyAnswers {
    fn name(&self) -> &'static str {
        "RejectEmptyAnswers"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let is_query =
            config.load::<Metadata>().is_some_and(|call| QUERIES.iter().any(|start| call.name().starts_with(start)));
        if is_query && response.status().is_success() && response.body().content_length() == Some(0) {
            return Err(EmptyAnswer.into());
        }
        Ok(())
    }
}
