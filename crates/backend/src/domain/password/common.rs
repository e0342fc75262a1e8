//! Common passwords, which guessers try first.

use aws_lc_rs::digest::{SHA256, digest};

use crate::domain::text::folded;

/// The first bytes of the SHA-256 of each password, sorted; `data/common_passwords.py` makes the file and says where
/// the passwords come from.
static FINGERPRINTS: &[u8] = include_bytes!("../../../data/common_passwords.bin");

/// The length of a fingerprint: 40 bits. One in eleven million passwords that are not in the list is taken for a
/// listed one.
const BYTES: usize = 5;

/// Whether `password` is one of the 100,000 most common passwords of at least 8 characters. Case does not count.
pub(super) fn is_common(password: &str) -> bool {
    let hash = digest(&SHA256, folded(password).as_bytes());
    let (fingerprints, _) = FINGERPRINTS.as_chunks::<BYTES>();
    hash.as_ref().first_chunk().is_some_and(|wanted| fingerprints.binary_search(wanted).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole_and_sorted() {
        let (fingerprints, rest) = FINGERPRINTS.as_chunks::<BYTES>();
        assert_eq!((fingerprints.len(), rest.len()), (100_000, 0));
        assert!(fingerprints.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn common_passwords_are_known_in_any_case() {
        for password in ["password", "PassWord1", "12345678", "iloveyou", "qwertyuiop", "trustno1"] {
            assert!(is_common(password), "{password}");
        }
        for password in ["correct horse battery", "analytical engine 1843", "a long passphrase of 17"] {
            assert!(!is_common(password), "{password}");
        }
    }

    #[test]
    fn hardly_any_other_password_is_taken_for_a_common_one() {
        assert_eq!((0..200_000).filter(|number| is_common(&format!("none of them {number}"))).count(), 0);
    }
}
