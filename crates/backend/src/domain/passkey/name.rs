//! The name that a person gives a passkey.

use std::fmt;
use std::str::FromStr;

use crate::domain::text::{changes_direction, is_control, is_noncharacter, is_visible, nfc};

const MAX_CHARS: usize = 60;

/// A passkey's name, by the rules of people's names: 1 to 60 characters in NFC, at least one of them visible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyName(String);

/// The reason why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyNameError {
    /// The text has more than 60 characters.
    #[error("must be at most {MAX_CHARS} characters long")]
    TooLong,
    /// The text has no visible character.
    #[error("must contain a visible character")]
    Invisible,
    /// The text has a control character, a non-character, or a character that changes the direction of text.
    #[error("must not contain control characters, nor such as change the direction of text")]
    Forbidden,
}

impl PasskeyName {
    /// The name as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name `text` of the database, without a check. The rules for names may have been others when the name was
    /// stored.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The name of a passkey whose owner gives none: the name of the client, `device`.
    pub fn of_device(device: &str) -> Self {
        device.parse().unwrap_or_else(|_| Self("Passkey".to_owned()))
    }
}

impl FromStr for PasskeyName {
    type Err = PasskeyNameError;

    fn from_str(text: &str) -> Result<Self, PasskeyNameError> {
        let name = nfc(text.trim());
        if name.chars().any(|c| is_control(c) || is_noncharacter(c) || changes_direction(c)) {
            Err(PasskeyNameError::Forbidden)
        } else if !is_visible(&name) {
            Err(PasskeyNameError::Invisible)
        } else if name.chars().count() > MAX_CHARS {
            Err(PasskeyNameError::TooLong)
        } else {
            Ok(Self(name))
        }
    }
}

impl fmt::Display for PasskeyName {
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
        let too_long = format!("{longest}b");
        for (text, expected) in [
            (" My laptop ", Ok("My laptop")),
            ("李的手机", Ok("李的手机")),
            (longest.as_str(), Ok(longest.as_str())),
            (too_long.as_str(), Err(PasskeyNameError::TooLong)),
            (" ", Err(PasskeyNameError::Invisible)),
            ("\u{200B}", Err(PasskeyNameError::Invisible)),
            ("a\nb", Err(PasskeyNameError::Forbidden)),
            ("\u{202E}a", Err(PasskeyNameError::Forbidden)),
        ] {
            let parsed = text.parse::<PasskeyName>();
            assert_eq!(parsed.as_ref().map(PasskeyName::as_str).map_err(|e| *e), expected, "{text:?}");
        }
        assert_eq!(PasskeyName::of_device("Firefox on Windows").as_str(), "Firefox on Windows");
        assert_eq!(PasskeyName::of_device("").as_str(), "Passkey");
    }
}
