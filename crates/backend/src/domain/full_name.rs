//! Names of people.

use std::fmt;
use std::str::FromStr;

const MAX_CHARS: usize = 200;

/// A person's name: 1 to 200 characters, no control characters, no blanks around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullName(String);

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FullNameError {
    /// Nothing but blanks.
    #[error("must not be empty")]
    Empty,
    /// More than 200 characters.
    #[error("must be at most {MAX_CHARS} characters long")]
    TooLong,
    /// A line break, a NUL or another control character.
    #[error("must not contain control characters")]
    ControlCharacter,
}

impl FullName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in lower case: what a search by prefix compares.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl FromStr for FullName {
    type Err = FullNameError;

    fn from_str(text: &str) -> Result<Self, FullNameError> {
        let name = text.trim();
        if name.is_empty() {
            Err(FullNameError::Empty)
        } else if name.chars().count() > MAX_CHARS {
            Err(FullNameError::TooLong)
        } else if name.chars().any(char::is_control) {
            Err(FullNameError::ControlCharacter)
        } else {
            Ok(Self(name.to_owned()))
        }
    }
}

impl fmt::Display for FullName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_bounded() {
        let longest = "ä".repeat(MAX_CHARS);
        let too_long = "ä".repeat(MAX_CHARS + 1);
        let table: &[(&str, Result<&str, FullNameError>)] = &[
            (" Ada Lovelace ", Ok("Ada Lovelace")),
            ("李", Ok("李")),
            (&longest, Ok(&longest)),
            (&too_long, Err(FullNameError::TooLong)),
            (" \t ", Err(FullNameError::Empty)),
            ("Ada\u{0}", Err(FullNameError::ControlCharacter)),
            ("Ada\nLovelace", Err(FullNameError::ControlCharacter)),
        ];
        for (text, expected) in table {
            let parsed = text.parse::<FullName>();
            assert_eq!(parsed.as_ref().map(FullName::as_str).map_err(|e| *e), *expected, "{text:?}");
        }
    }
}
