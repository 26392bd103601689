//! placeholder
use super::Refusal;
pub struct Pattern;
impl Pattern {
    pub(super) fn parse(_: &str) -> Result<Self, Refusal> {
        Ok(Self)
    }
    pub fn matches(&self, _: &str) -> bool {
        true
    }
}
