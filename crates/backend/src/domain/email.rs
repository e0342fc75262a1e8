//! E-mail addresses.

use std::fmt;
use std::str::FromStr;

use email_address::{EmailAddress, Options};

/// The longest address that can be delivered to (RFC 5321 section 4.5.3.1.3, erratum 1690).
const MAX_BYTES: usize = 254;

/// An address as its owner wrote it. Two addresses that differ in case alone are equal, and
/// [`Email::key`] is what the database compares.
#[derive(Debug, Clone)]
pub struct Email {
    written: String,
    key: String,
}

/// Why a text is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Nothing was given.
    #[error("must not be empty")]
    Empty,
    /// Longer than mail can be sent to.
    #[error("must be at most {MAX_BYTES} bytes long")]
    TooLong,
    /// Not of the form `name@domain` (RFC 5321, RFC 6531).
    #[error("must be an e-mail address like name@example.com")]
    Malformed,
}

impl Email {
    /// The address as it was written, without surrounding blanks.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The address in lower case: equal for all spellings of one address.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl FromStr for Email {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        let written = text.trim();
        if written.is_empty() {
            return Err(EmailError::Empty);
        }
        if written.len() > MAX_BYTES {
            return Err(EmailError::TooLong);
        }
        // Quoted local parts are legal, used by nobody, and a way to smuggle blanks and
        // separators into mail headers.
        let plain =
            !written.chars().any(|c| c.is_whitespace() || c.is_control() || "\"<>(),;:\\".contains(c));
        let options = Options::default().without_display_text().without_domain_literal();
        if !plain || EmailAddress::parse_with_options(written, options).is_err() {
            return Err(EmailError::Malformed);
        }
        Ok(Self { written: written.to_owned(), key: written.to_lowercase() })
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Email {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_accepted_or_refused_for_a_reason() {
        let long = format!("{}@example.com", "a".repeat(250));
        let table: &[(&str, Result<&str, EmailError>)] = &[
            ("ada@example.com", Ok("ada@example.com")),
            ("  Ada.L+test@Example.COM ", Ok("ada.l+test@example.com")),
            ("jörg@bücher.example", Ok("jörg@bücher.example")),
            ("", Err(EmailError::Empty)),
            ("   ", Err(EmailError::Empty)),
            ("not-an-email", Err(EmailError::Malformed)),
            ("@example.com", Err(EmailError::Malformed)),
            ("ada@", Err(EmailError::Malformed)),
            ("ada@@example.com", Err(EmailError::Malformed)),
            ("ada@exa mple.com", Err(EmailError::Malformed)),
            ("Ada <ada@example.com>", Err(EmailError::Malformed)),
            ("\"a b\"@example.com", Err(EmailError::Malformed)),
            ("ada@[127.0.0.1]", Err(EmailError::Malformed)),
            ("ada\r\nbcc:x@example.com", Err(EmailError::Malformed)),
            (long.as_str(), Err(EmailError::TooLong)),
        ];
        for (text, expected) in table {
            let parsed = text.parse::<Email>();
            assert_eq!(parsed.as_ref().map(Email::key).map_err(|e| *e), *expected, "{text:?}");
        }
    }

    #[test]
    fn case_does_not_tell_addresses_apart() {
        let written = "Ada@Example.com".parse::<Email>().unwrap();
        assert_eq!(written, "ada@EXAMPLE.com".parse().unwrap());
        assert_eq!(written.as_str(), "Ada@Example.com");
    }
}
