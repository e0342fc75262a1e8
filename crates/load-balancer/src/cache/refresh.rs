//! Updates a kept answer by a 304 about it (RFC 9111 sections 4.3.3, 4.3.4 and 3.2). Pure.

use std::time::{Duration, Instant, SystemTime};

use super::{
    Fields,
    conditions::same,
    head::{Head, lines, vary},
    rules,
    stored::Stored,
};

/// Fields that describe the content as it was sent, which a 304 does not send again.
const OF_THE_CONTENT: [&str; 3] = ["content-encoding", "content-length", "content-range"];

/// Whether a 304 speaks of the answer that was asked about.
///
/// A 304 without a validator does, because only one answer was asked about.
pub(super) fn is_about(fields: &[(String, String)], stored: &Stored) -> bool {
    let said = |name: &str| {
        fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    };
    match (said("ETag"), stored.field("ETag")) {
        (Some(said), Some(kept)) => same(said.as_bytes(), kept.as_bytes()),
        _ => match (said("Last-Modified"), stored.field("Last-Modified")) {
            (Some(said), Some(kept)) => said == kept,
            _ => true,
        },
    }
}

/// The answer with the fields of a 304 in the place of its own, and whether it may be kept on.
pub(super) fn refreshed(stored: &Stored, head: Head, request: Fields<'_>, ttl: Duration) -> (Stored, bool) {
    let Head { fields: new, age } = head;
    let replaced = |name: &str| new.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    let of_content = |name: &str| OF_THE_CONTENT.iter().any(|own| name.eq_ignore_ascii_case(own));
    let old = stored.fields.iter().filter(|(name, _)| of_content(name) || !replaced(name)).cloned();
    let fields: Vec<_> = old.chain(new.iter().filter(|(name, _)| !of_content(name)).cloned()).collect();
    let mut text = lines(&fields);
    text.extend_from_slice(&age);
    let freshness = rules::keep(stored.status, Fields(&text), ttl, SystemTime::now());
    let vary = vary(Fields(&text), request);
    let stored = Stored {
        status: stored.status,
        fields,
        body: stored.body.clone(),
        vary,
        freshness: freshness.unwrap_or_default(),
        since: Instant::now(),
    };
    (stored, freshness.is_some())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn fields(text: &str) -> Vec<(String, String)> {
        let pair =
            |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
        text.lines().filter_map(pair).collect()
    }

    fn stored(text: &str) -> Stored {
        Stored {
            status: 200,
            fields: fields(text),
            body: Bytes::from_static(b"hello"),
            vary: Vec::new(),
            freshness: rules::Freshness::default(),
            since: Instant::now(),
        }
    }

    #[test]
    fn a_304_is_about_what_has_its_validator() {
        let both = "ETag: \"1\"\nLast-Modified: Tue, 24 Nov 2026 04:00:00 GMT";
        let rows = [
            (both, "", true),
            (both, "ETag: \"1\"", true),
            (both, "etag: W/\"1\"", true),
            (both, "ETag: \"2\"", false),
            (both, "ETag: \"2\"\nLast-Modified: Tue, 24 Nov 2026 04:00:00 GMT", false),
            (both, "Last-Modified: Tue, 24 Nov 2026 04:00:00 GMT", true),
            (both, "Last-Modified: Tue, 24 Nov 2026 05:00:00 GMT", false),
            ("Last-Modified: Tue, 24 Nov 2026 04:00:00 GMT", "ETag: \"1\"", true),
        ];
        for (kept, said, expected) in rows {
            assert_eq!(is_about(&fields(said), &stored(kept)), expected, "{kept} {said}");
        }
    }

    #[test]
    fn its_fields_replace_those_that_are_kept() {
        let kept =
            stored("ETag: \"1\"\nCache-Control: max-age=5\nX-A: 1\nX-A: 2\nX-B: 3\nContent-Encoding: gzip");
        let new = "Cache-Control: max-age=60\nX-A: 9\nContent-Encoding: br\nContent-Length: 0\nVary: Accept";
        let head = Head { fields: fields(new), age: b"Age: 10\r\n".to_vec() };
        let request = Fields(b"GET / HTTP/1.1\r\nAccept: x\r\n\r\n");
        let (new, keeps) = refreshed(&kept, head, request, Duration::from_secs(1));
        let expected =
            "ETag: \"1\"\nX-B: 3\nContent-Encoding: gzip\nCache-Control: max-age=60\nX-A: 9\nVary: Accept";
        assert_eq!((new.fields, keeps), (fields(expected), true));
        assert_eq!((new.freshness.age.as_secs(), new.freshness.lifetime.as_secs()), (10, 60));
        assert_eq!(new.vary, [("accept".to_owned(), b"x".to_vec())]);
        assert_eq!(new.body, kept.body);
    }

    #[test]
    fn what_may_not_be_kept_any_more_is_given_once() {
        let head = Head { fields: fields("Cache-Control: no-store"), age: Vec::new() };
        let (_, keeps) = refreshed(&stored("ETag: \"1\""), head, Fields(b""), Duration::from_mins(1));
        assert!(!keeps);
    }
}
