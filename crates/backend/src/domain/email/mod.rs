//! E-mail addresses.

mod canonical;

use std::fmt;
use std::str::FromStr;

use email_address::{EmailAddress, Options};

/// The longest address that mail can be delivered to, in bytes (RFC 5321 section 4.5.3.1.3, erratum 1690).
const MAX_BYTES: usize = 254;

/// An address as its owner wrote it. Two addresses are equal where their canonical forms ([`Email::canonical`]) are
/// equal.
#[derive(Debug, Clone)]
pub struct Email {
    written: String,
    key: String,
    canonical: String,
}

/// An address that somebody gives to find an account. The rules for addresses were others when old accounts were
/// made, so the domain may be one that [`Email`] refuses today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentedEmail(Email);

/// The reason why a text is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// The text is empty.
    #[error("must not be empty")]
    Empty,
    /// The text is longer than 254 bytes.
    #[error("must be at most {MAX_BYTES} bytes long")]
    TooLong,
    /// The text is not of the form `name@domain` (RFC 5321, RFC 6531).
    #[error("must be an e-mail address like name@example.com")]
    Malformed,
    /// The part behind the `@` cannot be a domain (UTS 46).
    #[error("must have a domain that can exist")]
    BadDomain,
}

impl Email {
    /// The address as it was written, without surrounding blanks.
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The address in lower case. Instances of versions before migration 0012 compare this form.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The canonical form: one for all spellings of one mailbox. The local part is in NFC and lower case. The domain
    /// is in A-labels (UTS 46, without transitional processing), or in NFC and lower case where UTS 46 refuses the
    /// domain.
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The address `written` of the database, without a check. The rules for addresses may have been others when the
    /// address was stored.
    pub fn stored(written: String) -> Self {
        let (key, canonical) = (written.to_lowercase(), canonical::any(&written));
        Self { written, key, canonical }
    }
}

impl PresentedEmail {
    /// The address, for a caller that takes an [`Email`].
    pub fn into_email(self) -> Email {
        self.0
    }
}

impl FromStr for Email {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        let email = text.parse::<PresentedEmail>()?.into_email();
        if !canonical::has_domain(&email.written) {
            return Err(EmailError::BadDomain);
        }
        Ok(email)
    }
}

impl FromStr for PresentedEmail {
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
        // As A-labels, since the form is that of RFC 5321: other scripts have full stops of their own.
        let email = Email::stored(written.to_owned());
        if email.canonical.len() > MAX_BYTES {
            return Err(EmailError::TooLong);
        }
        if !plain || EmailAddress::parse_with_options(&email.canonical, options).is_err() {
            return Err(EmailError::Malformed);
        }
        Ok(Self(email))
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl PartialEq for Email {
    fn eq(&self, other: &Self) -> bool {
        self.canonical == other.canonical
    }
}

impl Eq for Email {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_accepted_or_refused_for_a_reason() {
        let long = format!("{}@example.com", "a".repeat(250));
        // 94 characters as they are written, and over 254 as A-labels.
        let long_labels = format!("a@{}.de", vec!["ü"; 40].join("."));
        let table: &[(&str, Result<&str, EmailError>)] = &[
            ("ada@example.com", Ok("ada@example.com")),
            ("  Ada.L+test@Example.COM ", Ok("ada.l+test@example.com")),
            ("jörg@bücher.example", Ok("jörg@xn--bcher-kva.example")),
            ("ada@under_score.example", Ok("ada@under_score.example")),
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
            ("ada@xn--a.example", Err(EmailError::BadDomain)),
            ("ada@\u{AD}.example", Err(EmailError::Malformed)),
            ("ada@exa\u{FF20}mple.com", Err(EmailError::Malformed)),
            (long.as_str(), Err(EmailError::TooLong)),
            (long_labels.as_str(), Err(EmailError::TooLong)),
        ];
        for (text, expected) in table {
            let parsed = text.parse::<Email>();
            assert_eq!(parsed.as_ref().map(Email::canonical).map_err(|e| *e), *expected, "{text:?}");
        }
    }

    #[test]
    fn all_spellings_of_a_mailbox_are_equal() {
        let written = "Jörg@Bücher.example".parse::<Email>().unwrap();
        assert_eq!((written.as_str(), written.key()), ("Jörg@Bücher.example", "jörg@bücher.example"));
        for spelling in [
            "JÖRG@BÜCHER.EXAMPLE",
            "jo\u{308}rg@bu\u{308}cher.example",
            "jörg@xn--bcher-kva.example",
            "jörg@XN--BCHER-KVA.example",
            "jörg@bücher\u{3002}example",
            "jörg@ｂüｃｈｅｒ.example",
        ] {
            assert_eq!(written, spelling.parse().unwrap(), "{spelling:?}");
        }
        assert_ne!(written, "jorg@bücher.example".parse().unwrap());
        // Not the transitional mapping, by which these were one domain.
        assert_ne!("a@straße.example".parse::<Email>().unwrap(), "a@strasse.example".parse().unwrap());
    }

    #[test]
    fn an_address_of_before_is_still_found() {
        let old = Email::stored("Ada@XN--A.example".into());
        let presented: PresentedEmail = "ada@xn--a.EXAMPLE".parse().unwrap();
        assert_eq!(presented.into_email(), old);
        assert_eq!(old.canonical(), "ada@xn--a.example");
    }
}
