//! Errors by field: a readable number of them, and the number of the others.

use std::collections::{BTreeMap, btree_map};
use std::fmt;

/// The largest number of errors in an answer. A client with a thousand bad fields learns nothing from the rest, but
/// the answer, which repeats the names of fields, could be stored a thousand times.
const MAX_TOLD: usize = 20;

/// The longest name of a field, in characters. Longer names are cut.
const MAX_NAME_CHARS: usize = 64;

/// Errors by field. A field within another field is named by its path, such as `data.country`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct FieldErrors {
    told: BTreeMap<String, Vec<String>>,
    more: usize,
}

impl FieldErrors {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Notes an error of a field. Only the first twenty errors are told.
    pub(super) fn note(&mut self, field: &str, reason: impl Into<String>) {
        if self.told.values().map(Vec::len).sum::<usize>() < MAX_TOLD {
            self.told.entry(shortened(field)).or_default().push(reason.into());
        } else {
            self.more += 1;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// The errors that are told.
    pub(super) fn told(&self) -> &BTreeMap<String, Vec<String>> {
        &self.told
    }

    /// The number of errors that are not told.
    pub(super) fn more(&self) -> usize {
        self.more
    }
}

fn shortened(name: &str) -> String {
    match name.char_indices().nth(MAX_NAME_CHARS) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

impl fmt::Display for FieldErrors {
    /// Writes the end of a sentence about the errors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.more == 0 { Ok(()) } else { write!(f, ", and {} more", self.more) }
    }
}

impl<const N: usize> From<[(String, Vec<String>); N]> for FieldErrors {
    fn from(errors: [(String, Vec<String>); N]) -> Self {
        errors.into_iter().collect()
    }
}

impl FromIterator<(String, Vec<String>)> for FieldErrors {
    fn from_iter<I: IntoIterator<Item = (String, Vec<String>)>>(errors: I) -> Self {
        let mut all = Self::new();
        for (field, reasons) in errors {
            for reason in reasons {
                all.note(&field, reason);
            }
        }
        all
    }
}

impl IntoIterator for FieldErrors {
    type Item = (String, Vec<String>);
    type IntoIter = btree_map::IntoIter<String, Vec<String>>;

    fn into_iter(self) -> Self::IntoIter {
        self.told.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_are_told_and_the_rest_is_counted() {
        let mut errors = FieldErrors::new();
        errors.note("email", "is required");
        errors.note("email", "must be a string");
        for number in 0..1000 {
            errors.note(&format!("field {number}"), "is not a known field");
        }
        assert_eq!(errors.told()["email"], ["is required", "must be a string"]);
        assert_eq!(errors.told().values().map(Vec::len).sum::<usize>(), MAX_TOLD);
        assert_eq!((errors.more(), errors.to_string().as_str()), (982, ", and 982 more"));
        assert_eq!(FieldErrors::from([("a".to_owned(), vec!["b".to_owned()])]).to_string(), "");
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        let mut errors = FieldErrors::new();
        errors.note(&"é".repeat(60_000), "is not a known field");
        let name = errors.told().keys().next().unwrap();
        assert_eq!((name.chars().count(), name.chars().last()), (MAX_NAME_CHARS + 1, Some('…')));
        errors.note(&"x".repeat(MAX_NAME_CHARS), "is not a known field");
        assert!(errors.told().contains_key(&"x".repeat(MAX_NAME_CHARS)));
    }
}
