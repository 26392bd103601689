//! Parses a pattern: `{ condition }`. Parentheses have the highest precedence, then `&&`, then `||`.

use regex_lite::Regex;

use super::{Comparison, Condition, FieldTest, MAX_CHARS, Matcher, PathPart, Pattern, PatternError, Selector};

/// The maximum number of wildcards in a selector, of selectors with a wildcard in a pattern, and of regular expressions
/// in a pattern.
///
/// Source: CloudWatch Logs User Guide, "Using filter patterns to match terms in JSON log events" and "Supported regular
/// expressions (regex) syntax", quotas.
const MAX_WILDCARDS_IN_SELECTOR: usize = 1;
const MAX_WILDCARDS_IN_PATTERN: usize = 3;
const MAX_REGEXES_IN_PATTERN: usize = 2;

type Parsed<T> = Result<T, PatternError>;

struct Parser {
    text: Vec<char>,
    at: usize,
    wildcards: usize,
    regexes: usize,
}

impl Pattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// Where the syntax error is, and what was expected.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.chars().count() > MAX_CHARS {
            return Err(PatternError {
                at: MAX_CHARS + 1,
                message: format!("a pattern can have at most {MAX_CHARS} characters"),
            });
        }
        pattern(text).map(Self)
    }
}

fn pattern(text: &str) -> Parsed<Condition> {
    let mut parser = Parser { text: text.chars().collect(), at: 0, wildcards: 0, regexes: 0 };
    parser.expect("{", "a pattern for JSON events starts with {")?;
    let condition = parser.any()?;
    parser.expect("}", "expected &&, || or the closing }")?;
    parser.skip_white_space();
    if parser.at < parser.text.len() {
        return parser.error("unexpected text after the closing }");
    }
    Ok(condition)
}

impl Parser {
    fn error<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err(PatternError { at: self.at + 1, message: message.into() })
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn skip_white_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// Consumes the token if it comes next.
    fn take(&mut self, token: &str) -> bool {
        let next = self.text[self.at..].iter().copied().take(token.chars().count());
        let is_next = next.eq(token.chars());
        if is_next {
            self.at += token.chars().count();
        }
        is_next
    }

    fn expect(&mut self, token: &str, message: &str) -> Parsed<()> {
        self.skip_white_space();
        if self.take(token) { Ok(()) } else { self.error(message) }
    }

    fn any(&mut self) -> Parsed<Condition> {
        let mut parts = vec![self.all()?];
        loop {
            self.skip_white_space();
            if !self.take("||") {
                return Ok(one_or(parts, Condition::Any));
            }
            parts.push(self.all()?);
        }
    }

    fn all(&mut self) -> Parsed<Condition> {
        let mut parts = vec![self.unit()?];
        loop {
            self.skip_white_space();
            if !self.take("&&") {
                return Ok(one_or(parts, Condition::All));
            }
            parts.push(self.unit()?);
        }
    }

    fn unit(&mut self) -> Parsed<Condition> {
        self.skip_white_space();
        if self.take("(") {
            let inner = self.any()?;
            self.expect(")", "expected &&, || or the closing )")?;
            return Ok(inner);
        }
        let selector = self.selector()?;
        self.skip_white_space();
        let test = self.test()?;
        Ok(Condition::Holds(selector, test))
    }

    fn selector(&mut self) -> Parsed<Selector> {
        if !self.take("$") {
            return self.error("expected a selector such as $.userIdentity.type");
        }
        let mut parts = Vec::new();
        loop {
            let part = match self.peek() {
                Some('.') => self.field()?,
                Some('[') if !parts.is_empty() => self.element()?,
                _ if parts.is_empty() => return self.error("expected . after $"),
                _ => break,
            };
            parts.push(part);
        }
        let wildcards = parts.iter().filter(|part| matches!(part, PathPart::Each)).count();
        self.wildcards += wildcards.min(1);
        if wildcards > MAX_WILDCARDS_IN_SELECTOR {
            return self.error("a selector can have at most one *");
        }
        if self.wildcards > MAX_WILDCARDS_IN_PATTERN {
            return self.error(format!("a pattern can have at most {MAX_WILDCARDS_IN_PATTERN} selectors with a *"));
        }
        Ok(Selector(parts))
    }

    /// `.name`, `.*` or `.['name.with.periods']`.
    fn field(&mut self) -> Parsed<PathPart> {
        self.at += 1;
        if self.take("*") {
            return Ok(PathPart::Each);
        }
        if self.take("['") {
            let start = self.at;
            while self.peek().is_some_and(|c| c != '\'') {
                self.at += 1;
            }
            let key: String = self.text[start..self.at].iter().collect();
            return if !key.is_empty() && self.take("']") { Ok(PathPart::Key(key)) } else { self.error("expected ']") };
        }
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
            self.at += 1;
        }
        if start == self.at {
            return self.error("expected a property name of letters, digits, - and _, or ['any other name']");
        }
        Ok(PathPart::Key(self.text[start..self.at].iter().collect()))
    }

    /// `[0]` or `[*]`.
    fn element(&mut self) -> Parsed<PathPart> {
        self.at += 1;
        let start = self.at;
        let part = if self.take("*") {
            PathPart::Each
        } else {
            while self.peek().is_some_and(|c| c.is_ascii_digit()) {
                self.at += 1;
            }
            let digits: String = self.text[start..self.at].iter().collect();
            match digits.parse() {
                Ok(index) => PathPart::Index(index),
                Err(_) => return self.error("expected an array index or *"),
            }
        };
        if self.take("]") { Ok(part) } else { self.error("expected ]") }
    }

    fn test(&mut self) -> Parsed<FieldTest> {
        for (operator, negated) in [("!=", true), ("=", false)] {
            if self.take(operator) {
                return self.value(negated);
            }
        }
        let comparisons = [
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        for (operator, comparison) in comparisons {
            if self.take(operator) {
                self.skip_white_space();
                let (start, word) = (self.at, self.word());
                return number(&word).map(|number| FieldTest::Compare(comparison, number)).ok_or_else(|| {
                    PatternError {
                        at: start + 1,
                        message: format!("{operator} needs a number such as 400, +4.5 or 1e-3"),
                    }
                });
            }
        }
        let start = self.at;
        let first = self.word();
        self.skip_white_space();
        let second = self.word();
        let message = match (first.as_str(), second.as_str()) {
            ("IS", "NULL") => return Ok(FieldTest::Null),
            ("IS", "TRUE") => return Ok(FieldTest::Is(true)),
            ("IS", "FALSE") => return Ok(FieldTest::Is(false)),
            ("NOT", "EXISTS") => return Ok(FieldTest::Missing),
            ("IS", "NOT") => "IS NOT is not supported",
            ("EXISTS", _) => "EXISTS is not supported, only NOT EXISTS",
            ("IS", _) => "IS must be followed by NULL, TRUE or FALSE",
            ("NOT", _) => "NOT must be followed by EXISTS",
            _ => "expected =, !=, <, >, <=, >=, IS or NOT EXISTS",
        };
        Err(PatternError { at: start + 1, message: message.to_owned() })
    }

    fn value(&mut self, negated: bool) -> Parsed<FieldTest> {
        self.skip_white_space();
        match self.peek() {
            Some('"') => Ok(FieldTest::Like { matcher: text(&self.quoted()?), negated }),
            Some('%') => Ok(FieldTest::Like { matcher: self.regex()?, negated }),
            Some('“' | '”' | '„' | '‘' | '’' | '\'') => {
                self.error("a string must be in straight double quotes")
            }
            _ => {
                let start = self.at;
                let word = self.word();
                if word.is_empty() {
                    return self.error("expected a value: a word, \"a string\", a number or %a regular expression%");
                }
                if let Some(number) = number(&word) {
                    return Ok(FieldTest::Equals { number, word, negated });
                }
                // Periods are allowed: AWS's examples include 123.123.*.
                match word.chars().position(|c| !(c.is_ascii_alphanumeric() || "_.*".contains(c))) {
                    Some(index) => Err(PatternError {
                        at: start + index + 1,
                        message: "a string with characters other than letters, digits, _ . * must be in double quotes"
                            .into(),
                    }),
                    None => Ok(FieldTest::Like { matcher: text(&word), negated }),
                }
            }
        }
    }

    /// The text up to white space or an operator.
    fn word(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|c| !c.is_whitespace() && !"(){}&|=<>!\"%".contains(c)) {
            self.at += 1;
        }
        self.text[start..self.at].iter().collect()
    }

    fn quoted(&mut self) -> Parsed<String> {
        self.at += 1;
        let mut string = String::new();
        loop {
            match self.peek() {
                None => return self.error("unterminated string: expected \""),
                Some('"') => {
                    self.at += 1;
                    return Ok(string);
                }
                Some('\\') if matches!(self.text.get(self.at + 1), Some('"' | '\\')) => {
                    string.push(self.text[self.at + 1]);
                    self.at += 2;
                }
                Some(c) => {
                    string.push(c);
                    self.at += 1;
                }
            }
        }
    }

    /// Source: CloudWatch Logs User Guide, "Supported regular expressions (regex) syntax".
    fn regex(&mut self) -> Parsed<Matcher> {
        self.at += 1;
        self.regexes += 1;
        if self.regexes > MAX_REGEXES_IN_PATTERN {
            return self.error(format!("a pattern can have at most {MAX_REGEXES_IN_PATTERN} regular expressions"));
        }
        let start = self.at;
        while let Some(c) = self.peek().filter(|c| *c != '%') {
            // AWS's examples contain spaces.
            if !(c.is_ascii_alphanumeric() || ":_#=@/;,- ^$?[]{}|\\*+.".contains(c)) {
                return self.error(format!("a regular expression cannot contain {c:?} here"));
            }
            self.at += 1;
        }
        let source: String = self.text[start..self.at].iter().collect();
        if source.is_empty() || !self.take("%") {
            return self.error("unterminated regular expression: expected %");
        }
        // AWS allows {,n} without a minimum.
        match Regex::new(&source.replace("{,", "{0,")) {
            Ok(regex) => Ok(Matcher::Regex { source, regex }),
            Err(_) => Err(PatternError { at: start + 1, message: "this is not a valid regular expression".into() }),
        }
    }
}

fn one_or(mut parts: Vec<Condition>, many: fn(Vec<Condition>) -> Condition) -> Condition {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            many(parts)
        }
        None => many(parts),
    }
}

/// A number: optional sign, digits with an optional period, optional exponent.
fn number(word: &str) -> Option<f64> {
    let has_only_number_chars = word.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c));
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    (has_only_number_chars && is_digit(unsigned.chars().next()) && is_digit(word.chars().last()))
        .then(|| word.parse().ok())
        .flatten()
}

/// A `*` at the start or end is a wildcard; elsewhere it is an ordinary character.
fn text(word: &str) -> Matcher {
    let (open_start, rest) = word.strip_prefix('*').map_or((false, word), |rest| (true, rest));
    let (open_end, rest) = rest.strip_suffix('*').map_or((false, rest), |rest| (true, rest));
    Matcher::Text { text: rest.to_owned(), open_start, open_end }
}
