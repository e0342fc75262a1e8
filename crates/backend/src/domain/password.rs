//! Passwords and what is kept of them.

use std::fmt;
use std::str::FromStr;

use zeroize::Zeroizing;

use super::Email;

const MIN_CHARS: usize = 8;
const MAX_CHARS: usize = 128;
/// Longer than any password that was ever accepted.
const MAX_PRESENTED_CHARS: usize = 4 * MAX_CHARS;

/// A password that may be chosen: 8 to 128 characters of any kind (NIST SP 800-63B section
/// 3.1.1.2: length counts, rules of composition do not help). Never printed, wiped on drop.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// A password given to log in with. It was chosen by whatever rule was valid then, so only its
/// size is bounded. Never printed, wiped on drop.
#[derive(Clone)]
pub struct PresentedPassword(Zeroizing<String>);

/// A password's hash in PHC string format, with its algorithm, parameters and salt.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

/// Why a password cannot be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Nothing was given.
    #[error("must not be empty")]
    Empty,
    /// Fewer than 8 characters.
    #[error("must be at least {MIN_CHARS} characters long")]
    TooShort,
    /// More than 128 characters.
    #[error("must be at most {MAX_CHARS} characters long")]
    TooLong,
    /// The person's own e-mail address.
    #[error("must not be the e-mail address")]
    IsEmail,
}

impl Password {
    /// The password in clear text.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Refuses the first password anybody would guess for this person.
    pub fn differs_from(&self, email: &Email) -> Result<(), PasswordError> {
        if self.0.to_lowercase() == email.key() { Err(PasswordError::IsEmail) } else { Ok(()) }
    }
}

impl FromStr for Password {
    type Err = PasswordError;

    fn from_str(text: &str) -> Result<Self, PasswordError> {
        match text.chars().count() {
            0 => Err(PasswordError::Empty),
            count if count < MIN_CHARS => Err(PasswordError::TooShort),
            count if count > MAX_CHARS => Err(PasswordError::TooLong),
            _ => Ok(Self(Zeroizing::new(text.to_owned()))),
        }
    }
}

impl PresentedPassword {
    /// The password in clear text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for PresentedPassword {
    type Err = PasswordError;

    fn from_str(text: &str) -> Result<Self, PasswordError> {
        match text.chars().count() {
            0 => Err(PasswordError::Empty),
            count if count > MAX_PRESENTED_CHARS => Err(PasswordError::TooLong),
            _ => Ok(Self(Zeroizing::new(text.to_owned()))),
        }
    }
}

impl PasswordHash {
    /// Takes a PHC string that the hasher or the database gave.
    pub fn from_phc(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string.
    pub fn as_phc(&self) -> &str {
        &self.0
    }
}

macro_rules! hide_from_debug {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}
hide_from_debug!(Password, PresentedPassword, PasswordHash);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_characters() {
        let (longest, too_long) = ("é".repeat(MAX_CHARS), "é".repeat(MAX_CHARS + 1));
        let table: &[(&str, Result<(), PasswordError>)] = &[
            ("", Err(PasswordError::Empty)),
            ("1234567", Err(PasswordError::TooShort)),
            ("12345678", Ok(())),
            ("        ", Ok(())),
            (&longest, Ok(())),
            (&too_long, Err(PasswordError::TooLong)),
        ];
        for (text, expected) in table {
            assert_eq!(text.parse::<Password>().map(|_| ()), *expected, "{text:?}");
        }
    }

    #[test]
    fn the_own_address_is_no_password() {
        let email: Email = "ada@example.com".parse().unwrap();
        let password: Password = "ADA@example.com".parse().unwrap();
        assert_eq!(password.differs_from(&email), Err(PasswordError::IsEmail));
    }

    #[test]
    fn passwords_are_never_printed() {
        let password: Password = "correct horse".parse().unwrap();
        assert_eq!(format!("{password:?}"), "Password(…)");
    }
}
