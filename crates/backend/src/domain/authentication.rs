//! The authentication of a person: how strong the proof was, and when the proof was given.

use std::str::FromStr;

use time::Duration;

use super::Timestamp;

/// An authentication assurance level (NIST SP 800-63B). A higher level compares as greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuthLevel {
    /// One factor was proved, such as the password.
    One,
    /// Two factors were proved: the password and a code of an authenticator app, or a passkey, which is two factors
    /// in one.
    Two,
}

/// The text names no level that this version knows.
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

/// The last step of a log-in. The steps before the last one, such as the password before a code, are not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogInMethod {
    /// The password, or a registration that chose one.
    Password,
    /// A code of an authenticator app, after the password or a provider.
    Totp,
    /// A recovery code, after the password or a provider.
    RecoveryCode,
    /// A provider of OpenID Connect.
    Oidc,
    /// A passkey, which is two factors in one.
    Passkey,
}

/// The text names no method that this version knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown log-in method {0:?}")]
pub struct UnknownMethod(pub String);

impl LogInMethod {
    const ALL: [Self; 5] = [Self::Password, Self::Totp, Self::RecoveryCode, Self::Oidc, Self::Passkey];

    /// The name in the database, in answers and in the audit log (at most 20 characters).
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery_code",
            Self::Oidc => "oidc",
            Self::Passkey => "passkey",
        }
    }

    /// The assurance level of a log-in by this method. A provider's log-in counts as one factor, whatever the
    /// provider has asked for.
    pub fn level(self) -> AuthLevel {
        match self {
            Self::Password | Self::Oidc => AuthLevel::One,
            Self::Totp | Self::RecoveryCode | Self::Passkey => AuthLevel::Two,
        }
    }
}

impl FromStr for LogInMethod {
    type Err = UnknownMethod;

    fn from_str(text: &str) -> Result<Self, UnknownMethod> {
        let known = Self::ALL.into_iter().find(|method| method.as_str() == text);
        known.ok_or_else(|| UnknownMethod(text.to_owned()))
    }
}

/// The last authentication of a session: when the person last proved who they are, and how strongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Authentication {
    /// The assurance level of the proof.
    pub level: AuthLevel,
    /// The time of the proof: the log-in, or a step-up after the log-in.
    pub at: Timestamp,
}

impl Authentication {
    /// Whether the authentication has at least the level `level` and is at most `max_age` old at `now`. An `at` in
    /// the future counts as `now`, because the clock of the instance that wrote `at` may have been ahead.
    pub fn is_good_for(self, level: AuthLevel, max_age: Duration, now: Timestamp) -> bool {
        self.level >= level && now - self.at <= max_age
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn methods_come_back_as_they_went() {
        for method in LogInMethod::ALL {
            assert_eq!(method.as_str().parse(), Ok(method));
        }
        assert!("magic".parse::<LogInMethod>().is_err());
    }

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
