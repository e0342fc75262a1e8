//! Passwords and their hashes.

mod common;
mod personal;

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::text::{is_visible, nfc};
use super::{Email, FullName};

const MIN_CHARS: usize = 8;
const MAX_CHARS: usize = 128;
/// The longest password that is checked at log-in, in characters. No rule ever accepted a longer one.
const MAX_PRESENTED_CHARS: usize = 4 * MAX_CHARS;

/// A password that may be chosen, in NFC: 8 to 128 characters of any kind, at least one of them visible. The 100,000
/// most common passwords are refused. Length and lists count, and rules of composition do not help (NIST SP 800-63B
/// section 3.1.1.2). A password is never printed, and wiped on drop.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

/// A password given to log in. The rules may have been others when the password was chosen, so only its size is
/// bounded. The password is never printed, and wiped on drop.
#[derive(Clone)]
pub struct PresentedPassword(Zeroizing<String>);

/// A password's hash in PHC string format, with its algorithm, parameters and salt.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

/// The reason why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// The password is empty.
    #[error("must not be empty")]
    Empty,
    /// The password has fewer than 8 characters.
    #[error("must be at least {MIN_CHARS} characters long")]
    TooShort,
    /// The password has more than 128 characters.
    #[error("must be at most {MAX_CHARS} characters long")]
    TooLong,
    /// The password has no visible character.
    #[error("must contain a visible character")]
    Invisible,
    /// The password is one of the 100,000 most common ones.
    #[error("must not be one of the most common passwords")]
    Common,
    /// The password contains the person's e-mail address or the local part of the address.
    #[error("must not contain the e-mail address or the part before its @")]
    ContainsEmail,
    /// The password contains the person's name.
    #[error("must not contain the name")]
    ContainsName,
    /// The password contains the product's name.
    #[error("must not contain the name of this service")]
    ContainsProduct,
}

impl Password {
    /// The password in clear text.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The form for hashing of a password that an earlier rule accepted.
    pub fn accepted_before(password: &PresentedPassword) -> Self {
        Self(password.normalized().0)
    }

    /// Refuses a password that somebody who knows the person or the product would guess first.
    ///
    /// # Errors
    ///
    /// The [`PasswordError`] that names what the password contains.
    pub fn check_personal(&self, email: &Email, name: &FullName) -> Result<(), PasswordError> {
        personal::check(&self.0, email, name)
    }
}

impl FromStr for Password {
    type Err = PasswordError;

    fn from_str(text: &str) -> Result<Self, PasswordError> {
        let password = Zeroizing::new(nfc(text));
        match password.chars().count() {
            0 => Err(PasswordError::Empty),
            count if count < MIN_CHARS => Err(PasswordError::TooShort),
            count if count > MAX_CHARS => Err(PasswordError::TooLong),
            _ if !is_visible(&password) => Err(PasswordError::Invisible),
            _ if common::is_common(&password) => Err(PasswordError::Common),
            _ => Ok(Self(password)),
        }
    }
}

impl PresentedPassword {
    /// The password in clear text, as it was given.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The password in NFC, which is the form for hashing.
    #[must_use]
    pub fn normalized(&self) -> Self {
        Self(Zeroizing::new(nfc(&self.0)))
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
    /// The hash of a PHC string that the hasher or the database gave.
    pub fn from_phc(phc: String) -> Self {
        Self(phc)
    }

    /// The hash as a PHC string.
    pub fn as_phc(&self) -> &str {
        &self.0
    }

    /// The hash of an account without a password. No password is known for the hash, because the hash was not made
    /// from one. Checking a password against it takes as long as against any other, also in instances of earlier
    /// versions.
    pub fn of_nobody() -> Self {
        let hash = STANDARD_NO_PAD.encode(rand::random::<[u8; 32]>());
        Self(format!("$argon2id$v=19$m=19456,t=2,p=1{}{hash}", Self::NOBODYS_SALT))
    }

    /// Whether the hash is that of an account without a password.
    pub fn is_of_nobody(&self) -> bool {
        self.0.contains(Self::NOBODYS_SALT)
    }

    /// The salt of accounts without a password. Real salts are random, so none equals this one.
    pub const NOBODYS_SALT: &str = "$bm8tcGFzc3dvcmQtc2V0IQ$";
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
    fn passwords_are_accepted_or_refused_for_a_reason() {
        // 129 characters as they are typed, 128 in NFC.
        let (longest, too_long) = (format!("e\u{301}{}", "é".repeat(127)), "é".repeat(MAX_CHARS + 1));
        let table: &[(&str, Result<(), PasswordError>)] = &[
            ("", Err(PasswordError::Empty)),
            ("1234567", Err(PasswordError::TooShort)),
            ("1234e\u{301}67", Err(PasswordError::TooShort)),
            ("        ", Err(PasswordError::Invisible)),
            ("\u{0}\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}", Err(PasswordError::Invisible)),
            ("\u{200B}\u{200B}\u{200B}\u{200B} \u{3000}\u{3000}\u{3164}", Err(PasswordError::Invisible)),
            ("12345678", Err(PasswordError::Common)),
            ("Password1", Err(PasswordError::Common)),
            ("qlwpeoruty", Ok(())),
            ("       x", Ok(())),
            (&longest, Ok(())),
            (&too_long, Err(PasswordError::TooLong)),
        ];
        for (text, expected) in table {
            assert_eq!(text.parse::<Password>().map(|_| ()), *expected, "{text:?}");
        }
    }

    #[test]
    fn what_looks_the_same_is_the_same_password() {
        let typed: PresentedPassword = "cafe\u{301} au lait".parse().unwrap();
        let chosen: Password = "café au lait".parse().unwrap();
        assert_eq!(typed.normalized().expose(), chosen.expose());
        assert_ne!(typed.expose(), chosen.expose());
    }

    #[test]
    fn passwords_are_never_printed() {
        let password: Password = "correct horse".parse().unwrap();
        assert_eq!(format!("{password:?}"), "Password(…)");
    }
}
