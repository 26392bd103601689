//! A condition as a person would write it: strings in double quotes, one space around each sign.

use std::fmt::{self, Display, Formatter};

use super::{Condition, Form, Order, PathPart, Selector, Test};

impl Display for Condition {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (parts, sign) = match self {
            Self::Holds(selector, test) => return write!(f, "{selector} {test}"),
            Self::All(parts) => (parts, " && "),
            Self::Any(parts) => (parts, " || "),
        };
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                f.write_str(sign)?;
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
        for step in &self.0 {
            match step {
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

impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let sign = |unlike: bool| if unlike { "!=" } else { "=" };
        match self {
            Self::Missing => f.write_str("NOT EXISTS"),
            Self::Null => f.write_str("IS NULL"),
            Self::Is(true) => f.write_str("IS TRUE"),
            Self::Is(false) => f.write_str("IS FALSE"),
            Self::Like { form, unlike } => write!(f, "{} {form}", sign(*unlike)),
            Self::Equals { word, unlike, .. } => write!(f, "{} {word}", sign(*unlike)),
            Self::Order(order, number) => write!(f, "{} {number}", order.sign()),
        }
    }
}

impl Order {
    fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

impl Display for Form {
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
