//! Names of people.

use std::fmt;
use std::str::FromStr;

use super::text::{changes_direction, is_control, is_noncharacter, is_visible, nfc};

const MAX_CHARS: usize = 200;

/// A person's name in NFC: 1 to 200 characters, at least one of them visible, without blanks at its ends. Controls,
/// non-characters and characters that change the direction of text are refused. Joiners are allowed, because words
/// and emoji need joiners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullName(String);

/// The reason why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FullNameError {
    /// The text has nothing but blanks.
    #[error("must not be empty")]
    Empty,
    /// The text has more than 200 characters.
    #[error("must be at most {MAX_CHARS} characters long")]
    TooLong,
    /// The text has a line break, a NUL or another control character.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// The text has no visible character.
    #[error("must contain a visible character")]
    Invisible,
    /// The text has an embedding, override or isolate of direction (UAX #9).
    #[error("must not contain characters that change the direction of text")]
    Direction,
    /// The text has a code point that is never a character.
    #[error("must not contain non-characters")]
    Noncharacter,
}

impl FullName {
    /// The name as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in NFC and lower case, which a search by prefix compares.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }

    /// The name `text` of the database, without a check. The rules for names may have been others when the name was
    /// stored.
    pub fn stored(text: String) -> Self {
        Self(text)
    }
}

impl FromStr for FullName {
    type Err = FullNameError;

    fn from_str(text: &str) -> Result<Self, FullNameError> {
        let name = nfc(text.trim());
        let has = |kind: fn(char) -> bool| name.chars().any(kind);
        if name.is_empty() {
            Err(FullNameError::Empty)
        } else if name.chars().count() > MAX_CHARS {
            Err(FullNameError::TooLong)
        } else if has(is_control) {
            Err(FullNameError::ControlCharacter)
        } else if has(changes_direction) {
            Err(FullNameError::Direction)
        } else if has(is_noncharacter) {
            Err(FullNameError::Noncharacter)
        } else if !is_visible(&name) {
            Err(FullNameError::Invisible)
        } else {
            Ok(Self(name))
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
    fn names_are_accepted_or_refused_for_a_reason() {
        let longest = "ä".repeat(MAX_CHARS);
        let decomposed = "a\u{308}".repeat(MAX_CHARS);
        let too_long = "ä".repeat(MAX_CHARS + 1);
        let table: &[(&str, Result<&str, FullNameError>)] = &[
            (" Ada Lovelace ", Ok("Ada Lovelace")),
            ("李", Ok("李")),
            (&longest, Ok(&longest)),
            (&decomposed, Ok(&longest)),
            (&too_long, Err(FullNameError::TooLong)),
            (" \t ", Err(FullNameError::Empty)),
            ("Ada\u{0}", Err(FullNameError::ControlCharacter)),
            ("Ada\nLovelace", Err(FullNameError::ControlCharacter)),
            ("Ada\u{2028}Lovelace", Err(FullNameError::ControlCharacter)),
            ("Ada\u{202E}ecalevoL", Err(FullNameError::Direction)),
            ("\u{2066}Ada\u{2069}", Err(FullNameError::Direction)),
            ("Ada\u{FFFF}", Err(FullNameError::Noncharacter)),
            ("Ada\u{FDD0}", Err(FullNameError::Noncharacter)),
            ("Ada\u{1FFFE}", Err(FullNameError::Noncharacter)),
            ("\u{200B}\u{3164}\u{200D}", Err(FullNameError::Invisible)),
            ("\u{2800}", Err(FullNameError::Invisible)),
            // Persian and Malayalam words, and an astronaut.
            ("نیلو\u{200C}فر", Ok("نیلو\u{200C}فر")),
            ("ക്\u{200D}", Ok("ക്\u{200D}")),
            ("👩\u{200D}🚀", Ok("👩\u{200D}🚀")),
            ("שרה\u{200F} Levi", Ok("שרה\u{200F} Levi")),
        ];
        for (text, expected) in table {
            let parsed = text.parse::<FullName>();
            assert_eq!(parsed.as_ref().map(FullName::as_str).map_err(|e| *e), *expected, "{text:?}");
        }
    }
}
