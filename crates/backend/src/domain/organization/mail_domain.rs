//! Mail domains that belong to one organization.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use crate::domain::Email;

/// Domains where anybody can get an address. The data file says where the list is from.
static PUBLIC: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let file = include_str!("../../../data/public_mail_domains.txt");
    file.lines().filter(|line| !line.starts_with('#')).collect()
});

/// A mail domain as A-labels in lower case, as in [`Email::canonical`] behind the `@`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailDomain(String);

/// The reason why a domain cannot belong to one organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MailDomainError {
    /// The text is no domain.
    #[error("must be a domain like example.com")]
    Malformed,
    /// Anybody can get an address at the domain.
    #[error("is a domain where anybody gets an address, so that it is no organization's own")]
    Public,
}

impl MailDomain {
    /// The domain as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The domain of `email`.
    pub fn of(email: &Email) -> Self {
        Self(domain_of(email).to_owned())
    }

    /// The domain `text` of the database, without a check.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// Whether anybody can get an address at the domain, or at a domain above it.
    fn is_public(&self) -> bool {
        let labels = self.0.match_indices('.').map(|(dot, _)| &self.0[dot + 1..]);
        std::iter::once(self.0.as_str()).chain(labels).any(|domain| PUBLIC.binary_search(&domain).is_ok())
    }
}

fn domain_of(email: &Email) -> &str {
    email.canonical().rsplit_once('@').map_or("", |(_, domain)| domain)
}

impl FromStr for MailDomain {
    type Err = MailDomainError;

    /// Parses a domain by the rules for the domain of an address.
    fn from_str(text: &str) -> Result<Self, MailDomainError> {
        let text = text.trim();
        let email: Email = format!("a@{text}").parse().map_err(|_| MailDomainError::Malformed)?;
        let domain = Self::of(&email);
        if text.contains('@') || !domain.0.contains('.') {
            return Err(MailDomainError::Malformed);
        }
        if domain.is_public() { Err(MailDomainError::Public) } else { Ok(domain) }
    }
}

impl fmt::Display for MailDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_knows_the_large_providers() {
        assert!(PUBLIC.is_sorted() && PUBLIC.len() > 10_000);
        for domain in
            ["gmail.com", "GMX.de", "web.de", "outlook.com", "qq.com", "mail.gmail.com", "yopmail.com"]
        {
            assert_eq!(domain.parse::<MailDomain>(), Err(MailDomainError::Public), "{domain}");
        }
    }

    #[test]
    fn a_domain_is_compared_as_a_labels() {
        for (text, domain) in [
            ("Example.com", "example.com"),
            (" bücher.example ", "xn--bcher-kva.example"),
            ("notgmail.com", "notgmail.com"),
        ] {
            assert_eq!(text.parse::<MailDomain>().unwrap().as_str(), domain);
        }
        let email = "Ada@BÜCHER.example".parse().unwrap();
        assert_eq!(MailDomain::of(&email), "bücher.example".parse().unwrap());
        for bad in ["", "com", "a@b.example", "exa mple.com", "x..example", "https://example.com"] {
            assert_eq!(bad.parse::<MailDomain>(), Err(MailDomainError::Malformed), "{bad:?}");
        }
    }
}
