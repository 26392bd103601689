//! What rootbell added to an unmanaged resource. A tag on the resource records it, so that a teardown reverts exactly that.
//!
//! The tag's value is a list of words separated by spaces, such as `logging regions log-group`. A word may say more after
//! a colon.

use std::fmt;

use super::arn::Arn;
use super::email::Email;
use super::retention::RetentionDays;

/// The tag on every resource that rootbell creates.
pub const TAG: (&str, &str) = ("rootbell", "managed");

/// The key of the tag on a resource that rootbell did not create but added something to.
pub const ADDED: &str = "rootbell:added";

/// The maximum length of a tag's value, in characters.
///
/// Source: CloudTrail API, Tag, `Value`; "Tagging AWS Resources", tag naming limits.
const MAX_LENGTH: usize = 256;

/// One thing that rootbell added to an unmanaged resource, with what is needed to revert it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addition {
    /// The trail was started.
    Logging,
    /// The trail, which covered one Region, covers all of them; whether it recorded global service events before.
    Regions { global_events: bool },
    /// The trail's log file validation was turned on.
    Validation,
    /// The trail, which had no log group, delivers to the log group of this name; `None`: to the one with rootbell's name.
    LogGroup(Option<String>),
    /// The trail, which recorded only these management events, records all of them.
    Events { read: bool, write: bool },
    /// The log group's retention was changed.
    Retention { from: RetentionDays, to: RetentionDays },
    /// An email address was subscribed to the topic.
    Subscription(Email),
    /// The log group itself was created, because the trail of this name already delivered to it.
    LogGroupOf(String),
    /// A word that this version doesn't know.
    Unknown(String),
}

impl Addition {
    /// Whether one of them already records what the other would: only the first change has to be reverted.
    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Subscription(known), Self::Subscription(new)) => known == new,
            (Self::Unknown(known), Self::Unknown(new)) => known == new,
            _ => self.key() == other.key(),
        }
    }

    /// The part of the word before the colon.
    fn key(&self) -> &str {
        match self {
            Self::Logging => "logging",
            Self::Regions { .. } => "regions",
            Self::Validation => "validation",
            Self::LogGroup(_) => "log-group",
            Self::Events { .. } => "events",
            Self::Retention { .. } => "retention",
            Self::Subscription(_) => "subscription",
            Self::LogGroupOf(_) => "trail",
            Self::Unknown(word) => word,
        }
    }

    /// The part of the word after the colon.
    fn value(&self) -> Option<String> {
        match self {
            Self::Logging | Self::Validation | Self::Regions { global_events: true } | Self::Unknown(_) => None,
            Self::Regions { global_events: false } => Some("without-global-events".to_owned()),
            Self::LogGroup(name) => name.as_deref().map(encode),
            Self::Events { read, write } => Some(events_word(*read, *write).to_owned()),
            Self::Retention { from, to } => Some(format!("{from}/{to}")),
            Self::Subscription(email) => Some(encode(email)),
            Self::LogGroupOf(name) => Some(encode(name)),
        }
    }

    fn parse(word: &str) -> Self {
        let (key, value) = word.split_once(':').map_or((word, None), |(key, value)| (key, Some(value)));
        let known = match (key, value) {
            ("logging", None) => Some(Self::Logging),
            ("regions", None) => Some(Self::Regions { global_events: true }),
            ("regions", Some("without-global-events")) => Some(Self::Regions { global_events: false }),
            ("validation", None) => Some(Self::Validation),
            ("log-group", None) => Some(Self::LogGroup(None)),
            ("log-group", Some(name)) => decode(name).map(|name| Self::LogGroup(Some(name))),
            ("events", Some(recorded)) => [(true, false), (false, true), (false, false)]
                .into_iter()
                .find(|(read, write)| events_word(*read, *write) == recorded)
                .map(|(read, write)| Self::Events { read, write }),
            ("retention", Some(days)) => days
                .split_once('/')
                .and_then(|(from, to)| Some(Self::Retention { from: from.parse().ok()?, to: to.parse().ok()? })),
            ("subscription", Some(email)) => decode(email).map(|email| Self::Subscription(email.into())),
            ("trail", Some(name)) => decode(name).map(Self::LogGroupOf),
            _ => None,
        };
        known.unwrap_or_else(|| Self::Unknown(word.to_owned()))
    }
}

impl fmt::Display for Addition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())?;
        self.value().map_or(Ok(()), |value| write!(f, ":{value}"))
    }
}

fn events_word(read: bool, write: bool) -> &'static str {
    match (read, write) {
        (true, true) => "all",
        (true, false) => "read",
        (false, true) => "write",
        (false, false) => "none",
    }
}

/// Whether a character can be part of a name in a tag's value as it is. `=` starts an escape.
///
/// Source: CloudTrail API, AddTags, `InvalidTagParameterException`: letters, digits, spaces and `_.:/=+-@`. "Tagging AWS
/// Resources", tag naming limits, has the same for every service.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_./+-@".contains(&byte)
}

/// A name with every other character written as in quoted-printable text: `=` and two hexadecimal digits for each byte.
fn encode(name: &str) -> String {
    let encoded = |byte: u8| if is_plain(byte) { char::from(byte).to_string() } else { format!("={byte:02X}") };
    name.bytes().map(encoded).collect()
}

fn decode(word: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = word.as_bytes();
    while let [first, after @ ..] = rest {
        if *first == b'=' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

/// A kind of resource that rootbell adds something to although it did not create it, and that can have a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    Trail,
    LogGroup,
    Topic,
}

impl Recorded {
    /// The resource's name, from its ARN.
    #[must_use]
    pub fn name(self, arn: &Arn) -> &str {
        let name = match self {
            Self::Trail => arn.trail_name(),
            Self::LogGroup | Self::Topic => arn.last_part(),
        };
        name.unwrap_or(arn)
    }
}

/// Everything that the tag on a resource records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Additions(Vec<Addition>);

impl Additions {
    /// The value of the tag.
    #[must_use]
    pub fn parse(value: &str) -> Self {
        Self(value.split_whitespace().map(Addition::parse).collect())
    }

    /// With another addition; unchanged if that is recorded already. `None` if the tag has no room for it.
    #[must_use]
    pub fn with(&self, addition: Addition) -> Option<Self> {
        if self.0.iter().any(|known| known.covers(&addition)) {
            return Some(self.clone());
        }
        let all = Self(self.0.iter().cloned().chain([addition]).collect());
        (all.to_string().chars().count() <= MAX_LENGTH).then_some(all)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Addition> {
        self.0.iter()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Additions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, addition) in self.0.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{addition}")?;
        }
        Ok(())
    }
}

/// What a resource's tags say about rootbell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagRecord {
    /// rootbell created the resource.
    pub managed: bool,
    /// What rootbell added to a resource that it did not create.
    pub added: Additions,
}

impl TagRecord {
    /// Reads it from the tags.
    #[must_use]
    pub fn of(tags: &[(String, String)]) -> Self {
        let added = tags.iter().find(|(key, _)| key == ADDED);
        Self { managed: tagged(tags), added: added.map(|(_, value)| Additions::parse(value)).unwrap_or_default() }
    }
}

/// Whether the tags include the one of everything that rootbell creates.
#[must_use]
pub fn tagged(tags: &[(String, String)]) -> bool {
    tags.iter().any(|(key, value)| (key.as_str(), value.as_str()) == TAG)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Addition> {
        let mut all = vec![
            Addition::Logging,
            Addition::Regions { global_events: true },
            Addition::Regions { global_events: false },
            Addition::Validation,
            Addition::LogGroup(None),
            Addition::LogGroup(Some("a#b/c".into())),
            Addition::Retention { from: RetentionDays::Never, to: RetentionDays::Days(365) },
            Addition::Retention { from: RetentionDays::Days(14), to: RetentionDays::Never },
            Addition::Subscription("o'neill+aws=x%y@exämple.com".into()),
            Addition::LogGroupOf("main".into()),
            Addition::Unknown("later:thing".into()),
        ];
        all.extend(
            [(true, false), (false, true), (false, false)].map(|(read, write)| Addition::Events { read, write }),
        );
        all
    }

    #[test]
    fn every_addition_is_one_word_of_characters_that_a_tag_allows_and_is_read_back() {
        for addition in all() {
            let word = addition.to_string();
            assert!(word.chars().all(|c| c.is_ascii_alphanumeric() || "_.:/=+-@".contains(c)), "{word}");
            assert_eq!(Additions::parse(&word), Additions(vec![addition]), "{word}");
        }
    }

    #[test]
    fn the_usual_additions_read_as_documented() {
        let added = Additions(vec![
            Addition::Logging,
            Addition::Regions { global_events: true },
            Addition::LogGroup(None),
            Addition::Events { read: false, write: true },
        ]);
        assert_eq!(added.to_string(), "logging regions log-group events:write");
        assert_eq!(Additions::parse(" logging  regions log-group events:write "), added);
    }

    #[test]
    fn a_later_addition_loses_nothing_and_the_first_earlier_value_counts() {
        let first = Additions::parse("later:thing retention:14/365 subscription:a@b.de");
        let later = [
            Addition::Logging,
            Addition::Retention { from: RetentionDays::Days(365), to: RetentionDays::Days(731) },
            Addition::Subscription("A@b.de".into()),
            Addition::Subscription("c@b.de".into()),
        ];
        let all = later.into_iter().fold(first, |all, one| all.with(one).unwrap());
        assert_eq!(all.to_string(), "later:thing retention:14/365 subscription:a@b.de logging subscription:c@b.de");
    }

    #[test]
    fn what_does_not_fit_in_a_tag_is_not_recorded() {
        let room = MAX_LENGTH - "subscription:".len() - " logging".len();
        let email = |length: usize| Addition::Subscription("a".repeat(length).into());
        let none = Additions::default();
        assert!(none.with(email(room)).unwrap().with(Addition::Logging).is_some());
        assert!(none.with(email(room + 1)).unwrap().with(Addition::Logging).is_none());
    }

    #[test]
    fn a_word_that_cannot_be_decoded_is_kept_as_it_is() {
        for word in
            ["subscription:a=", "subscription:a=4", "subscription:a=zz", "events:some", "retention:1", "logging:x"]
        {
            assert_eq!(Additions::parse(word), Additions(vec![Addition::Unknown(word.into())]));
            assert_eq!(Additions::parse(word).to_string(), word);
        }
    }
}
