//! Formats a condition in the usual style: strings in double quotes, one space around each operator.

use std::fmt::{self, Display, Formatter};

use super::{Comparison, Condition, FieldTest, Matcher, PathPart, Selector};

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (parts, operator) = match self {
            Self::Holds(selector, test) => return write!(f, "{selector} {test}"),
            Self::All(parts) => (parts, " && "),
            Self::Any(parts) => (parts, " || "),
        };
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                f.write_str(operator)?;
            }
            match part {
                Self::Holds(..) => write!(f, "{part}")?,
                Self::All(_) | Self::Any(_) => write!(f, "({part})")?,
            }
        }
        Ok(())
    }
}

impl Display for Selector {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for part in &self.0 {
            match part {
                PathPart::Key(key) if key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') => {
                    write!(f, ".{key}")?;
                }
                PathPart::Key(key) => write!(f, ".['{key}']")?,
                PathPart::Index(index) => write!(f, "[{index}]")?,
                PathPart::Each => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

impl Display for FieldTest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let operator = |negated: bool| if negated { "!=" } else { "=" };
        match self {
            Self::Missing => f.write_str("NOT EXISTS"),
            Self::Null => f.write_str("IS NULL"),
            Self::Is(true) => f.write_str("IS TRUE"),
            Self::Is(false) => f.write_str("IS FALSE"),
            Self::Like { matcher, negated } => write!(f, "{} {matcher}", operator(*negated)),
            Self::Equals { word, negated, .. } => write!(f, "{} {word}", operator(*negated)),
            Self::Compare(comparison, number) => write!(f, "{} {number}", comparison.operator()),
        }
    }
}

impl Comparison {
    fn operator(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

impl Display for Matcher {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Regex { source, .. } => write!(f, "%{source}%"),
            Self::Text { text, open_start, open_end } => {
                let star = |open: bool| if open { "*" } else { "" };
                let text = text.replace('\\', r"\\").replace('"', "\\\"");
                write!(f, "\"{}{text}{}\"", star(*open_start), star(*open_end))
            }
        }
    }
}
