//! The reason of an admin's action.

use std::str::FromStr;

const MAX_CHARS: usize = 500;

/// A reason for the audit log: one line of 1 to 500 characters, without blanks at its ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(String);

/// The reason why a text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReasonError {
    /// The text has nothing but blanks.
    #[error("must not be empty")]
    Empty,
    /// The text has more than 500 characters.
    #[error("must be at most {MAX_CHARS} characters long")]
    TooLong,
    /// The text has a line break, a NUL or another control character.
    #[error("must not contain control characters")]
    ControlCharacter,
}

impl Reason {
    /// The reason as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reason {
    type Err = ReasonError;

    fn from_str(text: &str) -> Result<Self, ReasonError> {
        let reason = text.trim();
        // SQL Server counts UTF-16 units.
        if reason.is_empty() {
            Err(ReasonError::Empty)
        } else if reason.encode_utf16().count() > MAX_CHARS {
            Err(ReasonError::TooLong)
        } else if reason.chars().any(char::is_control) {
            Err(ReasonError::ControlCharacter)
        } else {
            Ok(Self(reason.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_of_bounded_length() {
        let parse = |text: &str| text.parse::<Reason>().map(|reason| reason.0);
        assert_eq!(parse("  asked for it by phone ").as_deref(), Ok("asked for it by phone"));
        assert_eq!(parse(&"ä".repeat(500)).map(|text| text.chars().count()), Ok(500));
        assert_eq!(parse(&"ä".repeat(501)), Err(ReasonError::TooLong));
        assert_eq!(parse(&"\u{1F980}".repeat(251)), Err(ReasonError::TooLong));
        assert_eq!(parse(" \t"), Err(ReasonError::Empty));
        assert_eq!(parse("two\nlines"), Err(ReasonError::ControlCharacter));
    }
}
