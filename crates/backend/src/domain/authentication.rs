//! How surely, and since when, a person is known to be the one.

use std::str::FromStr;

use time::Duration;

use super::Timestamp;

/// An authentication assurance level (NIST SP 800-63B). The order is that of assurance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuthLevel {
    /// One factor was proved, such as the password.
    One,
    /// Two factors were proved, such as the password and a code of an authenticator app, or a passkey, which is two in one.
    Two,
}

/// A level that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown authentication level {0:?}")]
pub struct UnknownLevel(pub String);

impl AuthLevel {
    /// The name in the database, in tokens (`acr`) and in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::One => "aal1",
            Self::Two => "aal2",
        }
    }
}

impl FromStr for AuthLevel {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        match text {
            "aal1" => Ok(Self::One),
            "aal2" => Ok(Self::Two),
            other => Err(UnknownLevel(other.to_owned())),
        }
    }
}

/// The last time that the person of a session has proved to be the one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authentication {
    /// How surely.
    pub level: AuthLevel,
    /// When: at log-in, or at a step-up after it.
    pub at: Timestamp,
}

impl Authentication {
    /// Whether it is at least of `level` and at most `max_age` old. Another instance's clock may have been ahead when it
    /// was stamped, so that a time in the future is as good as now.
    pub fn is_good_for(self, level: AuthLevel, max_age: Duration, now: Timestamp) -> bool {
        self.level >= level && now - self.at <= max_age
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn an_authentication_is_good_for_its_level_while_it_is_young() {
        const NOW: Timestamp = datetime!(2026-03-01 12:00 UTC);
        let max_age = Duration::minutes(15);
        let since = |level, seconds| Authentication { level, at: NOW - Duration::seconds(seconds) };
        for (level, age, needed, good) in [
            (AuthLevel::One, 0, AuthLevel::One, true),
            (AuthLevel::One, 900, AuthLevel::One, true),
            (AuthLevel::One, 901, AuthLevel::One, false),
            (AuthLevel::One, 0, AuthLevel::Two, false),
            (AuthLevel::Two, 900, AuthLevel::One, true),
            (AuthLevel::Two, 900, AuthLevel::Two, true),
            (AuthLevel::Two, 901, AuthLevel::Two, false),
            // Stamped by a clock that is ahead.
            (AuthLevel::Two, -30, AuthLevel::Two, true),
        ] {
            assert_eq!(
                since(level, age).is_good_for(needed, max_age, NOW),
                good,
                "{level:?} {age} {needed:?}"
            );
        }
        for level in [AuthLevel::One, AuthLevel::Two] {
            assert_eq!(level.as_str().parse(), Ok(level));
        }
        assert!("aal3".parse::<AuthLevel>().is_err());
    }
}
