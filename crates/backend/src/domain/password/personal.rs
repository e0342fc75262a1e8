//! Refuses passwords that somebody who knows the person or the product would try first.

use super::PasswordError;
use crate::domain::text::folded;
use crate::domain::{Email, FullName};

/// The shortest word that is looked for, in characters. Shorter words occur in other words by chance.
const MIN_WORD_CHARS: usize = 4;

/// The names of the product.
const PRODUCT: [&str; 2] = ["waymark", "useronboarding"];

/// Refuses `password` where it contains the address, the local part of the address, the name or a word of the name,
/// or the product's name. Case, blanks and punctuation do not count.
pub(super) fn check(password: &str, email: &Email, name: &FullName) -> Result<(), PasswordError> {
    let password = letters(password);
    let contains = |text: &str| {
        let word = letters(text);
        word.chars().count() >= MIN_WORD_CHARS && password.contains(&word)
    };
    let local = email.as_str().rsplit_once('@').map_or(email.as_str(), |(local, _)| local);
    if [email.as_str(), email.canonical(), local].into_iter().any(contains) {
        return Err(PasswordError::ContainsEmail);
    }
    if contains(name.as_str()) || name.as_str().split_whitespace().any(contains) {
        return Err(PasswordError::ContainsName);
    }
    if PRODUCT.into_iter().any(contains) {
        return Err(PasswordError::ContainsProduct);
    }
    Ok(())
}

/// The letters and digits of `text`, in lower case.
fn letters(text: &str) -> String {
    folded(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_must_not_contain_what_is_known_of_the_person() {
        let (email, name) = ("Ada.L@Bücher.example".parse().unwrap(), "Ada King Lovelace".parse().unwrap());
        let table: &[(&str, Result<(), PasswordError>)] = &[
            ("ADA.L@bücher.example", Err(PasswordError::ContainsEmail)),
            ("ada.l@xn--bcher-kva.example!", Err(PasswordError::ContainsEmail)),
            ("my ada-l password", Err(PasswordError::ContainsEmail)),
            ("1815Lovelace", Err(PasswordError::ContainsName)),
            ("viking boats", Err(PasswordError::ContainsName)),
            ("ad a kinglove lace", Err(PasswordError::ContainsName)),
            ("Waymark!2026", Err(PasswordError::ContainsProduct)),
            ("user-onboarding", Err(PasswordError::ContainsProduct)),
            // "Ada" alone is too short to say anything.
            ("adagio for strings", Ok(())),
            ("correct horse battery", Ok(())),
        ];
        for (password, expected) in table {
            assert_eq!(check(password, &email, &name), *expected, "{password}");
        }
    }

    #[test]
    fn short_names_and_addresses_forbid_nothing() {
        let (email, name) = ("a@x.example".parse().unwrap(), "李".parse().unwrap());
        assert_eq!(check("a banana and a 李", &email, &name), Ok(()));
    }
}
