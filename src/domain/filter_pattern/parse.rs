//! Reads a pattern: `{ condition }`, where `()` binds before `&&`, and `&&` before `||`.

use regex_lite::Regex;

use super::{Condition, Form, Order, PathPart, PatternError, Selector, Test};

/// Wildcards in one selector, and selectors with one in a pattern; regular expressions in a pattern.
///
/// Source: CloudWatch Logs User Guide, "Using filter patterns to match terms in JSON log events" and "Supported regular
/// expressions (regex) syntax", quotas.
const EACH_IN_SELECTOR: usize = 1;
const EACH_IN_PATTERN: usize = 3;
const REGEX_IN_PATTERN: usize = 2;

type Read<T> = Result<T, PatternError>;

struct Reader {
    text: Vec<char>,
    at: usize,
    each: usize,
    regexes: usize,
}

pub(super) fn pattern(text: &str) -> Read<Condition> {
    let mut reader = Reader { text: text.chars().collect(), at: 0, each: 0, regexes: 0 };
    reader.expect("{", "a pattern for JSON events begins with {")?;
    let condition = reader.any()?;
    reader.expect("}", "expected &&, || or the closing }")?;
    reader.blank();
    if reader.at < reader.text.len() {
        return reader.wrong("nothing may follow the closing }");
    }
    Ok(condition)
}

impl Reader {
    fn wrong<T>(&self, message: impl Into<String>) -> Read<T> {
        Err(PatternError { at: self.at + 1, message: message.into() })
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn blank(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// Takes what is named, if that is next.
    fn take(&mut self, what: &str) -> bool {
        let next = self.text[self.at..].iter().copied().take(what.chars().count());
        let here = next.eq(what.chars());
        if here {
            self.at += what.chars().count();
        }
        here
    }

    fn expect(&mut self, what: &str, message: &str) -> Read<()> {
        self.blank();
        if self.take(what) { Ok(()) } else { self.wrong(message) }
    }

    fn any(&mut self) -> Read<Condition> {
        let mut parts = vec![self.all()?];
        loop {
            self.blank();
            if !self.take("||") {
                return Ok(one_or(parts, Condition::Any));
            }
            parts.push(self.all()?);
        }
    }

    fn all(&mut self) -> Read<Condition> {
        let mut parts = vec![self.unit()?];
        loop {
            self.blank();
            if !self.take("&&") {
                return Ok(one_or(parts, Condition::All));
            }
            parts.push(self.unit()?);
        }
    }

    fn unit(&mut self) -> Read<Condition> {
        self.blank();
        if self.take("(") {
            let within = self.any()?;
            self.expect(")", "expected &&, || or the closing )")?;
            return Ok(within);
        }
        let selector = self.selector()?;
        self.blank();
        let test = self.test()?;
        Ok(Condition::Holds(selector, test))
    }

    fn selector(&mut self) -> Read<Selector> {
        if !self.take("$") {
            return self.wrong("expected a selector such as $.userIdentity.type");
        }
        let mut steps = Vec::new();
        loop {
            let step = match self.peek() {
                Some('.') => self.field()?,
                Some('[') if !steps.is_empty() => self.element()?,
                _ if steps.is_empty() => return self.wrong("expected . after $"),
                _ => break,
            };
            steps.push(step);
        }
        let each = steps.iter().filter(|step| matches!(step, PathPart::Each)).count();
        self.each += each.min(1);
        if each > EACH_IN_SELECTOR {
            return self.wrong("a selector has one * at most");
        }
        if self.each > EACH_IN_PATTERN {
            return self.wrong(format!("a pattern has {EACH_IN_PATTERN} selectors with a * at most"));
        }
        Ok(Selector(steps))
    }

    /// `.name`, `.*` or `.['name.with.periods']`.
    fn field(&mut self) -> Read<PathPart> {
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
            return if !key.is_empty() && self.take("']") { Ok(PathPart::Key(key)) } else { self.wrong("expected ']") };
        }
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
            self.at += 1;
        }
        if start == self.at {
            return self.wrong("expected a property of letters, digits, - and _, or ['any other']");
        }
        Ok(PathPart::Key(self.text[start..self.at].iter().collect()))
    }

    /// `[0]` or `[*]`.
    fn element(&mut self) -> Read<PathPart> {
        self.at += 1;
        let start = self.at;
        let step = if self.take("*") {
            PathPart::Each
        } else {
            while self.peek().is_some_and(|c| c.is_ascii_digit()) {
                self.at += 1;
            }
            let digits: String = self.text[start..self.at].iter().collect();
            match digits.parse() {
                Ok(index) => PathPart::Index(index),
                Err(_) => return self.wrong("expected the number of an element, or *"),
            }
        };
        if self.take("]") { Ok(step) } else { self.wrong("expected ]") }
    }

    fn test(&mut self) -> Read<Test> {
        for (sign, unlike) in [("!=", true), ("=", false)] {
            if self.take(sign) {
                return self.value(unlike);
            }
        }
        let orders =
            [("<=", Order::LessOrEqual), (">=", Order::GreaterOrEqual), ("<", Order::Less), (">", Order::Greater)];
        for (sign, order) in orders {
            if self.take(sign) {
                self.blank();
                let (start, word) = (self.at, self.word());
                return number(&word).map(|number| Test::Order(order, number)).ok_or_else(|| PatternError {
                    at: start + 1,
                    message: format!("{sign} compares with a number such as 400, +4.5 or 1e-3"),
                });
            }
        }
        let start = self.at;
        let first = self.word();
        self.blank();
        let second = self.word();
        let said = match (first.as_str(), second.as_str()) {
            ("IS", "NULL") => return Ok(Test::Null),
            ("IS", "TRUE") => return Ok(Test::Is(true)),
            ("IS", "FALSE") => return Ok(Test::Is(false)),
            ("NOT", "EXISTS") => return Ok(Test::Missing),
            ("IS", "NOT") => "IS NOT is not supported",
            ("EXISTS", _) => "EXISTS is not supported, NOT EXISTS is",
            ("IS", _) => "IS goes with NULL, TRUE or FALSE",
            ("NOT", _) => "NOT goes with EXISTS",
            _ => "expected =, !=, <, >, <=, >=, IS or NOT EXISTS",
        };
        Err(PatternError { at: start + 1, message: said.to_owned() })
    }

    fn value(&mut self, unlike: bool) -> Read<Test> {
        self.blank();
        match self.peek() {
            Some('"') => Ok(Test::Like { form: text(&self.quoted()?), unlike }),
            Some('%') => Ok(Test::Like { form: self.regex()?, unlike }),
            Some('“' | '”' | '„' | '‘' | '’' | '\'') => {
                self.wrong("a string stands in straight double quotes")
            }
            _ => {
                let start = self.at;
                let word = self.word();
                if word.is_empty() {
                    return self.wrong("expected a value: a word, \"a string\", a number or %a regular expression%");
                }
                if let Some(number) = number(&word) {
                    return Ok(Test::Equals { number, word, unlike });
                }
                // A period is taken: AWS's own examples have 123.123.*.
                match word.chars().position(|c| !(c.is_ascii_alphanumeric() || "_.*".contains(c))) {
                    Some(odd) => Err(PatternError {
                        at: start + odd + 1,
                        message: "a string with other characters than letters, digits, _ . * stands in double quotes"
                            .into(),
                    }),
                    None => Ok(Test::Like { form: text(&word), unlike }),
                }
            }
        }
    }

    /// Up to a blank or a sign of the grammar.
    fn word(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|c| !c.is_whitespace() && !"(){}&|=<>!\"%".contains(c)) {
            self.at += 1;
        }
        self.text[start..self.at].iter().collect()
    }

    fn quoted(&mut self) -> Read<String> {
        self.at += 1;
        let mut held = String::new();
        loop {
            match self.peek() {
                None => return self.wrong("the string does not end: expected \""),
                Some('"') => {
                    self.at += 1;
                    return Ok(held);
                }
                Some('\\') if matches!(self.text.get(self.at + 1), Some('"' | '\\')) => {
                    held.push(self.text[self.at + 1]);
                    self.at += 2;
                }
                Some(c) => {
                    held.push(c);
                    self.at += 1;
                }
            }
        }
    }

    /// Source: CloudWatch Logs User Guide, "Supported regular expressions (regex) syntax".
    fn regex(&mut self) -> Read<Form> {
        self.at += 1;
        self.regexes += 1;
        if self.regexes > REGEX_IN_PATTERN {
            return self.wrong(format!("a pattern has {REGEX_IN_PATTERN} regular expressions at most"));
        }
        let start = self.at;
        while let Some(c) = self.peek().filter(|c| *c != '%') {
            // A blank stands in AWS's own examples.
            if !(c.is_ascii_alphanumeric() || ":_#=@/;,- ^$?[]{}|\\*+.".contains(c)) {
                return self.wrong(format!("a regular expression cannot have {c:?} here"));
            }
            self.at += 1;
        }
        let source: String = self.text[start..self.at].iter().collect();
        if source.is_empty() || !self.take("%") {
            return self.wrong("the regular expression does not end: expected %");
        }
        // {,n} is AWS's own way to leave the minimum out.
        match Regex::new(&source.replace("{,", "{0,")) {
            Ok(regex) => Ok(Form::Regex { source, regex }),
            Err(_) => Err(PatternError { at: start + 1, message: "this is no regular expression".into() }),
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

/// A sign, digits with or without a period, an exponent.
fn number(word: &str) -> Option<f64> {
    let plain = word.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c));
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let unsigned = word.strip_prefix(['+', '-']).unwrap_or(word);
    (plain && digit(unsigned.chars().next()) && digit(word.chars().last())).then(|| word.parse().ok()).flatten()
}

/// A star in the middle is a star.
fn text(word: &str) -> Form {
    let (open_start, rest) = word.strip_prefix('*').map_or((false, word), |rest| (true, rest));
    let (open_end, rest) = rest.strip_suffix('*').map_or((false, rest), |rest| (true, rest));
    Form::Text { text: rest.to_owned(), open_start, open_end }
}
