//! Reads tables key by key and notes what is wrong, with its place, instead of stopping at the first error.

use std::{cell::RefCell, ops::Range, ops::RangeInclusive, path::Path};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::Problem;
use super::values::{Value, type_of};

/// A file that is being read, and its problems so far.
pub(super) struct Reader<'a> {
    file: &'a Path,
    text: &'a str,
    problems: RefCell<Vec<(usize, Problem)>>,
    notes: RefCell<Vec<(usize, Problem)>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file: &'a Path, text: &'a str) -> Self {
        Self { file, text, problems: RefCell::default(), notes: RefCell::default() }
    }

    /// Notes a problem at a byte of the file.
    pub(super) fn reject(&self, at: usize, key: &str, reason: impl Into<String>) {
        self.problems.borrow_mut().push((at, self.problem(at, key, reason.into())));
    }

    /// Notes something at a byte of the file that is understood but should be written otherwise.
    fn note(&self, at: usize, key: &str, reason: impl Into<String>) {
        self.notes.borrow_mut().push((at, self.problem(at, key, reason.into())));
    }

    fn problem(&self, at: usize, key: &str, reason: String) -> Problem {
        let line = self.text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
        Problem { file: self.file.to_owned(), line, key: key.to_owned(), reason }
    }

    /// All problems in the order of the file, and all notes.
    pub(super) fn finish(self) -> (Vec<Problem>, Vec<Problem>) {
        (ordered(self.problems.into_inner()), ordered(self.notes.into_inner()))
    }
}

fn ordered(mut found: Vec<(usize, Problem)>) -> Vec<Problem> {
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, problem)| problem).collect()
}

/// A table of the file, with the path that leads to it.
pub struct Section<'a> {
    reader: &'a Reader<'a>,
    path: String,
    at: usize,
    table: &'a DeTable<'a>,
    /// The keys that were asked for, which are all known keys.
    known: RefCell<Vec<&'static str>>,
}

impl<'a> Section<'a> {
    pub(super) fn root(reader: &'a Reader<'a>, table: &'a DeTable<'a>) -> Self {
        Self { reader, path: String::new(), at: 0, table, known: RefCell::default() }
    }

    fn child(&self, path: String, value: &'a Spanned<DeValue<'a>>) -> Option<Self> {
        let at = value.span().start;
        match value.get_ref() {
            DeValue::Table(table) => {
                Some(Self { reader: self.reader, path, at, table, known: RefCell::default() })
            }
            other => {
                self.reader.reject(at, &path, format!("must be a table, not {}", type_of(other)));
                None
            }
        }
    }

    /// The file.
    pub fn file(&self) -> &'a Path {
        self.reader.file
    }

    /// The path of this table, such as `steps[0].fields[2]`; empty for the whole file.
    pub fn path(&self) -> &str {
        &self.path
    }

    fn get(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.known.borrow_mut().push(key);
        self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
    }

    fn key_path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// A value that may be left out.
    pub fn optional<T: Value>(&self, key: &'static str) -> Option<T> {
        let value = self.get(key)?;
        T::read(value.get_ref())
            .map_err(|reason| self.reader.reject(value.span().start, &self.key_path(key), reason))
            .ok()
    }

    /// A value that must be there.
    pub fn required<T: Value>(&self, key: &'static str) -> Option<T> {
        if !self.has(key) {
            self.known.borrow_mut().push(key);
            self.reader.reject(self.at, &self.key_path(key), format!("is missing; {}", T::EXPECTED));
            return None;
        }
        self.optional(key)
    }

    /// A value, or `default` where it is left out.
    pub fn or<T: Value>(&self, key: &'static str, default: T) -> T {
        self.optional(key).unwrap_or(default)
    }

    /// A value within limits, or `default` where it is left out.
    pub fn within<T: Value + PartialOrd + std::fmt::Display>(
        &self,
        key: &'static str,
        limits: RangeInclusive<T>,
        default: T,
    ) -> T {
        let Some(value) = self.optional::<T>(key) else { return default };
        if limits.contains(&value) {
            return value;
        }
        self.reject(key, format!("is {value}, must be from {} to {}", limits.start(), limits.end()));
        default
    }

    /// Every value of a table with free keys, such as names, with its key and path. Values that are no `T` are noted.
    pub fn entries<T: Value>(&self) -> Vec<(String, T)> {
        let read = |(name, value): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)| {
            let key = name.get_ref().as_ref();
            T::read(value.get_ref())
                .map_err(|reason| self.reader.reject(value.span().start, &self.key_path(key), reason))
                .ok()
                .map(|value| (key.to_owned(), value))
        };
        self.table.iter().filter_map(read).collect()
    }

    /// A table within this one.
    pub fn section(&self, key: &'static str) -> Option<Section<'a>> {
        self.child(self.key_path(key), self.get(key)?)
    }

    /// The elements of an array, each with its path.
    fn elements(&self, key: &'static str) -> Vec<(String, &'a Spanned<DeValue<'a>>)> {
        let Some(value) = self.get(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::Array(array) => {
                let path = self.key_path(key);
                array.iter().enumerate().map(|(index, value)| (format!("{path}[{index}]"), value)).collect()
            }
            other => {
                self.reject(key, format!("must be an array, not {}", type_of(other)));
                Vec::new()
            }
        }
    }

    /// An array of tables.
    pub fn sections(&self, key: &'static str) -> Vec<Section<'a>> {
        self.elements(key).into_iter().filter_map(|(path, value)| self.child(path, value)).collect()
    }

    /// An array of values.
    pub fn list<T: Value>(&self, key: &'static str) -> Vec<T> {
        let read = |(path, value): (String, &Spanned<DeValue<'_>>)| {
            T::read(value.get_ref())
                .map_err(|reason| self.reader.reject(value.span().start, &path, reason))
                .ok()
        };
        self.elements(key).into_iter().filter_map(read).collect()
    }

    /// Whether the key is there.
    pub fn has(&self, key: &str) -> bool {
        self.table.iter().any(|(name, _)| name.get_ref() == key)
    }

    /// Notes that a key of this table is wrong.
    pub fn reject(&self, key: &str, reason: impl Into<String>) {
        self.reader.reject(self.place(key), &self.key_path(key), reason);
    }

    /// Notes that a key of this table is understood but should be written otherwise.
    pub fn note(&self, key: &str, reason: impl Into<String>) {
        self.reader.note(self.place(key), &self.key_path(key), reason);
    }

    fn place(&self, key: &str) -> usize {
        let place: Option<Range<usize>> =
            self.table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value.span());
        place.map_or(self.at, |span| span.start)
    }

    /// Notes that this table is wrong as a whole.
    pub fn reject_whole(&self, reason: impl Into<String>) {
        self.reader.reject(self.at, &self.path, reason);
    }

    /// Notes that an element of an array is wrong.
    pub fn reject_element(&self, key: &'static str, index: usize, reason: impl Into<String>) {
        let place = self.elements(key).into_iter().nth(index);
        match place {
            Some((path, value)) => self.reader.reject(value.span().start, &path, reason),
            None => self.reject(key, reason),
        }
    }

    /// Notes every key that was not asked for as unknown. The caller has asked for all known keys before.
    pub fn unknown(&self) {
        let known = self.known.borrow();
        for (name, _) in self.table {
            let key = name.get_ref().as_ref();
            if known.contains(&key) {
                continue;
            }
            let hint = match closest(key, &known) {
                Some(similar) => format!("did you mean \"{similar}\"?"),
                None => format!("known here: {}", known.join(", ")),
            };
            self.reader.reject(name.span().start, &self.key_path(key), format!("unknown key; {hint}"));
        }
    }
}

/// The known key that was probably meant.
fn closest(key: &str, known: &[&'static str]) -> Option<&'static str> {
    let tolerance = 1 + key.len() / 4;
    known
        .iter()
        .map(|name| (distance(key, name), *name))
        .filter(|(distance, _)| *distance <= tolerance)
        .min()
        .map(|(_, name)| name)
}

/// The edit distance of two texts (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, expected) in
            [("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("max_retires", "max_retries", 2)]
        {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn what_was_probably_meant() {
        let known = ["interval", "timeout", "retries"];
        assert_eq!(closest("intervall", &known), Some("interval"));
        assert_eq!(closest("time_out", &known), Some("timeout"));
        assert_eq!(closest("colour", &known), None);
    }
}
