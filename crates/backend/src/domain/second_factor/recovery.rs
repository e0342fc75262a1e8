//! Recovery codes, which a person keeps on paper for the case that the other factors are lost.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use zeroize::Zeroizing;

use super::RECOVERY_CODES;

/// The alphabet of Crockford's base32, in which no letter looks like a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The number of characters of a code: 120 random bits. A plain hash is as good as a slow one from 112 bits on (OWASP
/// ASVS 5.0, 6.5.2). A hash without a key survives every change of secrets.
const LENGTH: usize = 24;

const GROUP: usize = 4;

/// A recovery code, in capitals and without hyphens. A code is never printed, and wiped on drop.
#[derive(Clone)]
pub struct RecoveryCode(Zeroizing<String>);

/// SHA-256 of a recovery code, which is what the database keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RecoveryCodeHash(pub [u8; 32]);

/// The text is no recovery code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a recovery code of {LENGTH} letters and digits")]
pub struct NoRecoveryCode;

impl RecoveryCode {
    /// A new random code.
    pub fn generate() -> Self {
        let random: [u8; LENGTH] = rand::random();
        let letter = |byte: u8| char::from(ALPHABET[usize::from(byte % 32)]);
        Self(Zeroizing::new(random.into_iter().map(letter).collect()))
    }

    /// All new codes of one person.
    pub fn generate_all() -> Vec<Self> {
        (0..RECOVERY_CODES).map(|_| Self::generate()).collect()
    }

    /// The code as people see it: six groups of four, with hyphens.
    pub fn expose(&self) -> String {
        let mut shown = String::with_capacity(LENGTH + LENGTH / GROUP);
        for (index, letter) in self.0.chars().enumerate() {
            if index > 0 && index % GROUP == 0 {
                shown.push('-');
            }
            shown.push(letter);
        }
        shown
    }

    /// The hash of the code.
    pub fn hash(&self) -> RecoveryCodeHash {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, self.0.as_bytes()).as_ref());
        RecoveryCodeHash(bytes)
    }
}

impl FromStr for RecoveryCode {
    type Err = NoRecoveryCode;

    /// Parses a typed code. Case, blanks and hyphens do not count. Letters that Crockford's base32 lacks are read as
    /// the digits that they resemble.
    fn from_str(text: &str) -> Result<Self, NoRecoveryCode> {
        let mut code = Zeroizing::new(String::with_capacity(LENGTH + 1));
        for letter in text.chars().filter(|c| !c.is_whitespace() && *c != '-').take(LENGTH + 1) {
            let letter = match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            if !letter.is_ascii() || !ALPHABET.contains(&(letter as u8)) {
                return Err(NoRecoveryCode);
            }
            code.push(letter);
        }
        if code.len() == LENGTH { Ok(Self(code)) } else { Err(NoRecoveryCode) }
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_however_it_is_typed() {
        let code: RecoveryCode = "0123-4567-89AB-CDEF-GH1K-MNP0".parse().unwrap();
        assert_eq!(code.expose(), "0123-4567-89AB-CDEF-GH1K-MNP0");
        for typed in
            ["0123456789abcdefgh1kmnp0", " o123 4567 89ab cdef ghik mnpO ", "0123-4567-89AB-CDEF-GHlK-MNP0"]
        {
            assert_eq!(typed.parse::<RecoveryCode>().unwrap().hash(), code.hash(), "{typed}");
        }
        for bad in [
            "",
            "0123",
            "0123-4567-89AB-CDEF-GH1K-MNP",
            "0123-4567-89AB-CDEF-GH1K-MNP00",
            "U123-4567-89AB-CDEF-GH1K-MNP0",
            "é123-4567-89AB-CDEF-GH1K-MNP0",
        ] {
            assert_eq!(bad.parse::<RecoveryCode>().err(), Some(NoRecoveryCode), "{bad}");
        }
    }

    #[test]
    fn codes_are_random_and_many() {
        let codes = RecoveryCode::generate_all();
        let hashes: std::collections::HashSet<_> = codes.iter().map(RecoveryCode::hash).collect();
        assert_eq!(hashes.len(), RECOVERY_CODES);
        for code in &codes {
            assert_eq!(code.expose().parse::<RecoveryCode>().unwrap().hash(), code.hash());
            assert!(!format!("{code:?}").contains(&code.expose()));
        }
    }
}
