//! The AWS SDK.
