//! Preferences of a person: language and theme.

use std::fmt;
use std::str::FromStr;

/// The longest tag that has to be kept whole, in bytes (RFC 5646 section 4.4.1).
const MAX_BYTES: usize = 35;

/// A language as a BCP 47 tag such as `de` or `pt-BR`, spelled as it was given. The tag need not be a language that
/// the page or the mails have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language(String);

/// The text is no language tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a language tag like en or pt-BR, at most {MAX_BYTES} characters long")]
pub struct NoLanguage;

impl Language {
    /// The tag as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The primary subtag in lower case, such as `pt` of `pt-BR`.
    pub fn primary(&self) -> String {
        self.0.split('-').next().unwrap_or_default().to_ascii_lowercase()
    }
}

impl FromStr for Language {
    type Err = NoLanguage;

    fn from_str(text: &str) -> Result<Self, NoLanguage> {
        let mut parts = text.split('-');
        let primary = parts.next().unwrap_or_default();
        let good = text.len() <= MAX_BYTES
            && (2..=8).contains(&primary.len())
            && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
            && parts.all(|part| {
                (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
            });
        if good { Ok(Self(text.to_owned())) } else { Err(NoLanguage) }
    }
}

/// The theme of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// The theme that the person's device has.
    #[default]
    System,
    /// Dark text on a light ground.
    Light,
    /// Light text on a dark ground.
    Dark,
}

/// The text names no theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of dark, light, system")]
pub struct UnknownTheme;

impl Theme {
    /// The theme's name in the database and in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl FromStr for Theme {
    type Err = UnknownTheme;

    fn from_str(text: &str) -> Result<Self, UnknownTheme> {
        match text {
            "system" => Ok(Self::System),
            "light" => Ok(Self::Light),
            "dark" => Ok(Self::Dark),
            _ => Err(UnknownTheme),
        }
    }
}

impl fmt::Display for Theme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_tags_are_well_formed() {
        let long = format!("en{}", "-abcdefgh".repeat(4));
        for good in ["en", "de-AT", "zh-Hant-TW", "ast", "de-1996"] {
            assert_eq!(good.parse::<Language>().unwrap().as_str(), good);
        }
        for bad in ["", "e", "en_GB", "en-", "-en", "1n", "en GB", "englishes", "en-ä", long.as_str()] {
            assert_eq!(bad.parse::<Language>(), Err(NoLanguage), "{bad:?}");
        }
        assert_eq!("PT-br".parse::<Language>().unwrap().primary(), "pt");
    }

    #[test]
    fn themes_come_back_by_their_names() {
        for theme in [Theme::System, Theme::Light, Theme::Dark] {
            assert_eq!(theme.as_str().parse(), Ok(theme));
        }
        assert_eq!("sepia".parse::<Theme>(), Err(UnknownTheme));
    }
}
