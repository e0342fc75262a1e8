//! The head of an answer as the cache keeps it.

use super::{Fields, stored::varying};
use crate::http1::{fields::list, response::ResponseHead, write};

/// Fields that are written anew with each answer.
const OUR_OWN: [&str; 4] = ["age", "x-cache", "x-request-id", "x-served-by"];

/// The fields of an answer that are worth keeping.
#[derive(Debug)]
pub(super) struct Head {
    /// With the answer's own `Date`, or the time when the answer came.
    pub(super) fields: Vec<(String, String)>,
    /// The lines of `Age`.
    pub(super) age: Vec<u8>,
}

impl Head {
    /// `None` when a value is not text.
    pub(super) fn read(head: &ResponseHead<'_, '_>, date: &[u8]) -> Option<Self> {
        let mut read = Self { fields: Vec::with_capacity(head.fields.len() + 1), age: Vec::new() };
        for field in head.passing() {
            if field.name.eq_ignore_ascii_case("age") {
                write::field(&mut read.age, b"Age", field.value);
            }
            if !OUR_OWN.iter().any(|own| field.name.eq_ignore_ascii_case(own)) {
                read.push(field.name, field.value)?;
            }
        }
        if !head.has_date {
            read.push("Date", date)?;
        }
        Some(read)
    }

    fn push(&mut self, name: &str, value: &[u8]) -> Option<()> {
        self.fields.push((name.to_owned(), String::from_utf8(value.to_vec()).ok()?));
        Some(())
    }
}

/// Fields as the lines that [`Fields`] reads.
pub(super) fn lines(fields: &[(String, String)]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(256);
    for (name, value) in fields {
        write::field(&mut lines, name.as_bytes(), value.as_bytes());
    }
    lines
}

/// The fields that an answer varies by, with their values in the request.
pub(super) fn vary(answer: Fields<'_>, request: Fields<'_>) -> Vec<(String, Vec<u8>)> {
    let names = answer.all("Vary").flat_map(list);
    let name = |name: &[u8]| String::from_utf8_lossy(name).to_ascii_lowercase();
    names.map(name).map(|name| (varying(&name, request), name)).map(|(value, name)| (name, value)).collect()
}
