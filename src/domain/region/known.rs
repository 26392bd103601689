//! The Regions that this program knows, with the names that AWS gives them.

/// A Region, where it is, and whether an account has to enable it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownRegion {
    /// Such as `eu-central-1`.
    pub code: &'static str,
    /// AWS's name: `Europe (Frankfurt)`.
    pub name: &'static str,
    /// The country, as far as the name doesn't say it.
    pub country: &'static str,
    /// Whether an account has to enable it before anything works in it.
    pub opt_in: bool,
}

impl KnownRegion {
    /// Whether the code, the name, or the country contains the text, whatever its case and accents.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let text = folded(text);
        self.code.contains(&text) || folded(self.name).contains(&text) || folded(self.country).contains(&text)
    }
}

/// The Region with this code.
pub(super) fn find(code: &str) -> Option<&'static KnownRegion> {
    KNOWN.iter().find(|known| known.code == code)
}

/// The Regions in a city or a country: those whose name or country has all words of the text.
pub(super) fn in_place(text: &str) -> impl Iterator<Item = &'static KnownRegion> {
    let text = folded(text);
    let is_word = text.chars().count() > 3;
    KNOWN.iter().filter(move |known| {
        is_word && (folded(known.name).contains(&format!("({text})")) || folded(known.country) == text)
    })
}

/// Lower case, without the one accent that AWS's names have.
fn folded(text: &str) -> String {
    text.to_lowercase().replace('ã', "a")
}

const fn enabled(code: &'static str, name: &'static str, country: &'static str) -> KnownRegion {
    KnownRegion { code, name, country, opt_in: false }
}

const fn opt_in(code: &'static str, name: &'static str, country: &'static str) -> KnownRegion {
    KnownRegion { code, name, country, opt_in: true }
}

/// The Regions that the picker offers. A Region newer than this list is accepted when typed or configured.
///
/// Source: AWS Regions and Availability Zones, "AWS Regions" (codes, names, opt-in status); AWS Account Management
/// Reference Guide, "Enable or disable AWS Regions in your account"; `partitions.json` of the SDKs for the others.
pub const KNOWN: [KnownRegion; 39] = [
    enabled("us-east-1", "US East (N. Virginia)", "United States"),
    enabled("us-east-2", "US East (Ohio)", "United States"),
    enabled("us-west-1", "US West (N. California)", "United States"),
    enabled("us-west-2", "US West (Oregon)", "United States"),
    opt_in("af-south-1", "Africa (Cape Town)", "South Africa"),
    opt_in("ap-east-1", "Asia Pacific (Hong Kong)", "Hong Kong"),
    opt_in("ap-east-2", "Asia Pacific (Taipei)", "Taiwan"),
    enabled("ap-northeast-1", "Asia Pacific (Tokyo)", "Japan"),
    enabled("ap-northeast-2", "Asia Pacific (Seoul)", "South Korea"),
    enabled("ap-northeast-3", "Asia Pacific (Osaka)", "Japan"),
    enabled("ap-south-1", "Asia Pacific (Mumbai)", "India"),
    opt_in("ap-south-2", "Asia Pacific (Hyderabad)", "India"),
    enabled("ap-southeast-1", "Asia Pacific (Singapore)", "Singapore"),
    enabled("ap-southeast-2", "Asia Pacific (Sydney)", "Australia"),
    opt_in("ap-southeast-3", "Asia Pacific (Jakarta)", "Indonesia"),
    opt_in("ap-southeast-4", "Asia Pacific (Melbourne)", "Australia"),
    opt_in("ap-southeast-5", "Asia Pacific (Malaysia)", "Malaysia"),
    opt_in("ap-southeast-6", "Asia Pacific (New Zealand)", "New Zealand"),
    opt_in("ap-southeast-7", "Asia Pacific (Thailand)", "Thailand"),
    enabled("ca-central-1", "Canada (Central)", "Canada"),
    opt_in("ca-west-1", "Canada West (Calgary)", "Canada"),
    enabled("eu-central-1", "Europe (Frankfurt)", "Germany"),
    opt_in("eu-central-2", "Europe (Zurich)", "Switzerland"),
    enabled("eu-north-1", "Europe (Stockholm)", "Sweden"),
    opt_in("eu-south-1", "Europe (Milan)", "Italy"),
    opt_in("eu-south-2", "Europe (Spain)", "Spain"),
    enabled("eu-west-1", "Europe (Ireland)", "Ireland"),
    enabled("eu-west-2", "Europe (London)", "United Kingdom"),
    enabled("eu-west-3", "Europe (Paris)", "France"),
    opt_in("il-central-1", "Israel (Tel Aviv)", "Israel"),
    opt_in("me-central-1", "Middle East (UAE)", "United Arab Emirates"),
    opt_in("me-south-1", "Middle East (Bahrain)", "Bahrain"),
    opt_in("mx-central-1", "Mexico (Central)", "Mexico"),
    enabled("sa-east-1", "South America (São Paulo)", "Brazil"),
    enabled("us-gov-east-1", "AWS GovCloud (US-East)", "United States"),
    enabled("us-gov-west-1", "AWS GovCloud (US-West)", "United States"),
    enabled("cn-north-1", "China (Beijing)", "China"),
    enabled("cn-northwest-1", "China (Ningxia)", "China"),
    enabled("eusc-de-east-1", "AWS European Sovereign Cloud (Germany)", "Germany"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Region;

    #[test]
    fn a_region_is_found_by_code_city_and_country() {
        for (text, code) in [
            ("frank", "eu-central-1"),
            ("GERMANY", "eu-central-1"),
            ("sao p", "sa-east-1"),
            ("São", "sa-east-1"),
            ("zealand", "ap-southeast-6"),
            ("mx-", "mx-central-1"),
        ] {
            assert_eq!(KNOWN.iter().find(|known| known.matches(text)).map(|known| known.code), Some(code), "{text}");
        }
        assert!(!KNOWN.iter().any(|known| known.matches("atlantis")));
    }

    #[test]
    fn every_known_region_is_accepted_and_only_those_of_the_standard_partition_are_opt_in() {
        for known in &KNOWN {
            let region = Region::parse(known.code).unwrap();
            assert_eq!((region.is_opt_in(), region.name()), (known.opt_in, Some(known.name)));
        }
        let codes: std::collections::BTreeSet<_> = KNOWN.iter().map(|known| known.code).collect();
        assert_eq!(codes.len(), KNOWN.len());
        assert!(Region::new("eu-west-9").is_opt_in(), "newer than the list");
    }
}
