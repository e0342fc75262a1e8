//! The name of a provider in paths and settings.

use std::fmt;
use std::str::FromStr;

const MAX_LENGTH: usize = 32;

/// Words that have another meaning in the place of a provider's name in paths.
const RESERVED: [&str; 2] = ["identities", "providers"];

/// A provider's name: 1 to 32 of `a-z`, `0-9` and `-`, with a letter first. The setting `OIDC_MY_COMPANY_ISSUER` is
/// the issuer of the provider `my-company`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderName(String);

/// The text is no name of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {MAX_LENGTH} of a-z, 0-9 and -, with a letter first, and not identities or providers")]
pub struct BadProviderName;

impl ProviderName {
    /// The name in paths.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProviderName {
    type Err = BadProviderName;

    fn from_str(text: &str) -> Result<Self, BadProviderName> {
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
        if begins && !RESERVED.contains(&text) && text.len() <= MAX_LENGTH && text.chars().all(good) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadProviderName)
        }
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_into_paths() {
        for good in ["google", "a", "my-company", "m365"] {
            assert_eq!(good.parse::<ProviderName>().unwrap().as_str(), good);
        }
        for bad in ["", "Google", "1a", "-a", "a/b", "a b", "ä", "identities", &"a".repeat(33)] {
            assert_eq!(bad.parse::<ProviderName>(), Err(BadProviderName), "{bad}");
        }
    }
}
