//! The details of an organization: name, size, website.

use std::str::FromStr;

use url::Url;

use crate::domain::text::{changes_direction, is_control, is_noncharacter, is_visible, nfc};

const MAX_NAME_CHARS: usize = 200;
const MAX_SIZE_CHARS: usize = 100;
const MAX_WEBSITE_BYTES: usize = 2048;

/// The name of an organization in NFC: one line of 1 to 200 characters, at least one of them visible, without blanks
/// at its ends. Non-characters and characters that change the direction of text are refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationName(String);

/// The text is no name of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be one line of 1 to {MAX_NAME_CHARS} characters, at least one of them visible, none a control, a \
     non-character or one that changes the direction of text"
)]
pub struct NameError;

impl OrganizationName {
    /// The name as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name `text` of the database, without a check. The rules for names may have been others when the name was
    /// stored.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The name that a person has typed into a field of several lines. Characters that no name can have are left out.
    /// None where nothing is left.
    pub(super) fn lenient(text: &str) -> Option<Self> {
        let good = |c: &char| !changes_direction(*c) && !is_noncharacter(*c);
        let line: String = text.chars().map(|c| if is_control(c) { ' ' } else { c }).filter(good).collect();
        let cut: String = nfc(line.trim()).chars().take(MAX_NAME_CHARS).collect();
        cut.parse().ok()
    }
}

impl FromStr for OrganizationName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let name = nfc(text.trim());
        let has = |kind: fn(char) -> bool| name.chars().any(kind);
        let odd = has(is_control) || has(changes_direction) || has(is_noncharacter);
        let fits = name.chars().count() <= MAX_NAME_CHARS && is_visible(&name);
        if fits && !odd { Ok(Self(name)) } else { Err(NameError) }
    }
}

/// The number of people in an organization: a text of 1 to 100 characters without controls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationSize(String);

/// The text is no size of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {MAX_SIZE_CHARS} characters without control characters")]
pub struct SizeError;

impl OrganizationSize {
    /// The size as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The size `text` of the database, without a check.
    pub fn stored(text: String) -> Self {
        Self(text)
    }
}

impl FromStr for OrganizationSize {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        let text = text.trim();
        let fits = (1..=MAX_SIZE_CHARS).contains(&text.chars().count());
        if fits && !text.chars().any(is_control) { Ok(Self(text.to_owned())) } else { Err(SizeError) }
    }
}

/// The http or https URL of an organization's page, at most 2048 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Website(String);

/// The text is no URL of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an address like https://example.com of at most {MAX_WEBSITE_BYTES} bytes")]
pub struct WebsiteError;

impl Website {
    /// The URL as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The URL `text` of the database, without a check.
    pub fn stored(text: String) -> Self {
        Self(text)
    }
}

impl FromStr for Website {
    type Err = WebsiteError;

    fn from_str(text: &str) -> Result<Self, WebsiteError> {
        let is_web =
            Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let good = is_web && text.len() <= MAX_WEBSITE_BYTES;
        if good { Ok(Self(text.to_owned())) } else { Err(WebsiteError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_visible_line() {
        for (text, name) in [(" Acme ", "Acme"), ("e\u{301}", "é"), ("O'Neill & Söhne", "O'Neill & Söhne")]
        {
            assert_eq!(text.parse::<OrganizationName>().unwrap().as_str(), name);
        }
        let long = "x".repeat(MAX_NAME_CHARS + 1);
        for bad in ["", "  ", "a\nb", "a\u{202E}b", "a\u{FFFF}", "\u{200B}", &long] {
            assert_eq!(bad.parse::<OrganizationName>(), Err(NameError), "{bad:?}");
        }
        assert_eq!(OrganizationName::lenient(&long).unwrap().as_str().len(), MAX_NAME_CHARS);
    }

    #[test]
    fn websites_are_of_the_web() {
        assert!("https://acme.example/a?b".parse::<Website>().is_ok());
        for bad in ["", "acme.example", "javascript:alert(1)", "ftp://x", "https://"] {
            assert_eq!(bad.parse::<Website>(), Err(WebsiteError), "{bad:?}");
        }
    }
}
