//! Conditions of a request: what the client has already, and whether that is the kept answer (RFC 9110 section 13, RFC
//! 9111 section 4.3.2). Pure.

use std::time::SystemTime;

use super::{Fields, dates::http_date};

/// The validators of a kept answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Validators<'a> {
    pub(super) etag: Option<&'a [u8]>,
    pub(super) last_modified: Option<&'a [u8]>,
    pub(super) date: Option<&'a [u8]>,
}

/// Whether the client has this very answer. `If-None-Match` is compared weakly and silences `If-Modified-Since`.
pub(super) fn is_known(request: Fields<'_>, kept: Validators<'_>, now: SystemTime) -> bool {
    let mut tags = request.all("If-None-Match").peekable();
    if tags.peek().is_some() {
        return tags.any(|value| {
            value == b"*" || etags(value).any(|tag| kept.etag.is_some_and(|own| same(tag, own)))
        });
    }
    let since = request.first("If-Modified-Since").and_then(|value| http_date(value, now));
    // What was never said to have changed is as old as its date.
    let modified = kept.last_modified.or(kept.date).and_then(|value| http_date(value, now));
    since.zip(modified).is_some_and(|(since, modified)| modified <= since)
}

/// The weak comparison (RFC 9110 section 8.8.3.2).
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    opaque(one) == opaque(other)
}

fn opaque(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

/// The entity tags of a list, which may have commas in them.
fn etags(mut list: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let start = list.iter().position(|byte| !matches!(byte, b',' | b' ' | b'\t'))?;
        let rest = &list[start..];
        let weak = if rest.starts_with(b"W/") { 2 } else { 0 };
        let end = match rest.get(weak) {
            Some(b'"') => find(&rest[weak + 1..], b'"').map_or(rest.len(), |end| weak + end + 2),
            _ => find(rest, b',').unwrap_or(rest.len()),
        };
        let (tag, behind) = rest.split_at(end);
        list = behind;
        Some(tag.trim_ascii_end())
    })
}

fn find(bytes: &[u8], byte: u8) -> Option<usize> {
    bytes.iter().position(|other| *other == byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(fields: &str, kept: Validators<'_>) -> bool {
        is_known(Fields(fields.as_bytes()), kept, SystemTime::now())
    }

    #[test]
    fn who_has_it_already() {
        let date = "Tue, 24 Nov 2026 04:00:00 GMT";
        let kept = Validators {
            etag: Some(b"\"v,1\""),
            last_modified: Some(date.as_bytes()),
            date: Some(b"Tue, 24 Nov 2026 05:00:00 GMT"),
        };
        let weak = Validators { etag: Some(b"W/\"v,1\""), ..kept };
        let bare = Validators { etag: None, last_modified: None, date: None };
        let undated = Validators { last_modified: None, ..kept };
        let rows = [
            ("", kept, false),
            ("If-None-Match: \"v,1\"\r\n", kept, true),
            ("If-None-Match: W/\"v,1\"\r\n", kept, true),
            ("If-None-Match: \"v,1\"\r\n", weak, true),
            ("If-None-Match: \"v0\", ,W/\"v,1\"\r\n", kept, true),
            ("If-None-Match: \"v0\"\r\nIf-None-Match: \"v,1\",\"x\"\r\n", kept, true),
            ("If-None-Match: \"v\"\r\n", kept, false),
            ("If-None-Match: 1\"\r\n", kept, false),
            ("If-None-Match: \"v,1\r\n", kept, false),
            ("If-None-Match: *\r\n", kept, true),
            ("If-None-Match: *\r\n", bare, true),
            ("If-None-Match: \"*\"\r\n", kept, false),
            ("If-None-Match: \"v,1\"\r\n", bare, false),
            ("If-None-Match: \"v0\"\r\nIf-Modified-Since: Tue, 24 Nov 2026 04:00:00 GMT\r\n", kept, false),
            ("If-Modified-Since: Tue, 24 Nov 2026 04:00:00 GMT\r\n", kept, true),
            ("If-Modified-Since: Tuesday, 24-Nov-26 04:00:00 GMT\r\n", kept, true),
            ("If-Modified-Since: Tue Nov 24 04:00:01 2026\r\n", kept, true),
            ("If-Modified-Since: Tue, 24 Nov 2026 03:59:59 GMT\r\n", kept, false),
            ("If-Modified-Since: Tue, 24 Nov 2026 04:59:59 GMT\r\n", undated, false),
            ("If-Modified-Since: Tue, 24 Nov 2026 05:00:00 GMT\r\n", undated, true),
            ("If-Modified-Since: Tue, 24 Nov 2026 05:00:00 GMT\r\n", bare, false),
            ("If-Modified-Since: yesterday\r\n", kept, false),
        ];
        for (fields, kept, expected) in rows {
            assert_eq!(known(fields, kept), expected, "{fields} {kept:?}");
        }
    }
}
