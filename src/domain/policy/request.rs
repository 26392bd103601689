//! A request to evaluate.

/// A request to evaluate against a policy.
pub struct AccessRequest<'a> {
    /// The calling service; `None` for the policy of a role, which names no principal.
    pub service: Option<&'a str>,
    pub action: &'a str,
    /// `None` for a trust policy, which names no resource.
    pub resource: Option<&'a str>,
    /// The condition keys of this request, in addition to those that every service's request has.
    pub context: &'a [(&'a str, &'a str)],
}
