//! An answer that is kept.

use std::{
    borrow::Cow,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use smallvec::SmallVec;

use super::{
    Fields,
    conditions::{self, Validators},
    rules::{Freshness, Terms},
};
use crate::answer::{Answer, Field};

/// The fields of a 304 (RFC 9110 section 15.4.5).
const WITH_NOT_MODIFIED: [&str; 6] = ["cache-control", "content-location", "date", "etag", "expires", "vary"];
/// The least memory that an answer takes beside its bytes.
const OVERHEAD: usize = 256;

/// An answer, and the requests that it answers.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(super) status: u16,
    pub(super) fields: Vec<(String, String)>,
    pub(super) body: Bytes,
    /// The request's fields that the answer varies by, with their values.
    pub(super) vary: Vec<(String, Vec<u8>)>,
    pub(super) freshness: Freshness,
    pub(super) since: Instant,
}

impl Stored {
    /// The age of the answer (RFC 9111 section 4.2.3, without the time on the way, which is small).
    pub(crate) fn age(&self, now: Instant) -> Duration {
        self.freshness.age + now.saturating_duration_since(self.since)
    }

    /// Whether the answer may still be given without asking a server.
    pub(super) fn is_fresh(&self, now: Instant) -> bool {
        self.age(now) < self.freshness.lifetime
    }

    /// Whether the answer may be given on these terms without asking a server.
    pub(super) fn will_do(&self, terms: &Terms, now: Instant) -> bool {
        self.is_fresh(now) && terms.accept(self.age(now))
    }

    /// Whether a server can be asked if the answer still holds.
    pub(super) fn has_validator(&self) -> bool {
        self.validators().next().is_some()
    }

    /// The conditions of a request that asks whether the answer still holds (RFC 9111 section 4.3.1).
    pub(crate) fn validators(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let names = [("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")];
        names.into_iter().filter_map(|(condition, name)| Some((condition, self.field(name)?)))
    }

    /// Whether the answer fits a request with these fields (RFC 9111 section 4.1).
    pub(super) fn suits(&self, fields: Fields<'_>) -> bool {
        self.vary.iter().all(|(name, value)| *value == varying(name, fields))
    }

    /// The memory that the answer takes, in bytes.
    pub(super) fn size(&self) -> usize {
        let fields: usize = self.fields.iter().map(|(name, value)| name.len() + value.len()).sum();
        OVERHEAD + self.body.len() + fields
    }

    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The answer to a request with these fields: whole, or 304 where the client has it already. `result` goes into
    /// `X-Cache`.
    pub(crate) fn answer(&self, request: Fields<'_>, result: &'static str, now: Instant) -> Answer {
        let not_modified = self.is_known_to(request);
        let passes = |name: &str| {
            !not_modified || WITH_NOT_MODIFIED.iter().any(|known| name.eq_ignore_ascii_case(known))
        };
        let mut fields: SmallVec<[Field; 4]> = self
            .fields
            .iter()
            .filter(|(name, _)| passes(name))
            .map(|(name, value)| (Cow::Owned(name.clone()), Cow::Owned(value.clone())))
            .collect();
        fields.push(("age".into(), self.age(now).as_secs().to_string().into()));
        fields.push(("x-cache".into(), result.into()));
        fields.push(("cache-status".into(), self.cache_status(result, now).into()));
        let (status, body) =
            if not_modified { (304, Bytes::new()) } else { (self.status, self.body.clone()) };
        Answer { status, fields, body }
    }

    /// `Cache-Status` (RFC 9211). Entries of caches nearer to the origin are kept with the answer and come first.
    fn cache_status(&self, result: &str, now: Instant) -> String {
        if result == "HIT" {
            let left = self.freshness.lifetime.saturating_sub(self.age(now)).as_secs();
            format!("load-balancer; hit; ttl={left}")
        } else {
            "load-balancer; fwd=stale; fwd-status=304".to_owned()
        }
    }

    /// Whether the client has this very answer. Conditions do not apply to an answer that is no success (RFC 9110
    /// section 13.2.1).
    fn is_known_to(&self, request: Fields<'_>) -> bool {
        let bytes = |name| self.field(name).map(str::as_bytes);
        let kept =
            Validators { etag: bytes("ETag"), last_modified: bytes("Last-Modified"), date: bytes("Date") };
        (200..300).contains(&self.status) && conditions::is_known(request, kept, SystemTime::now())
    }
}

/// The value of a field that answers vary by in the request; several values are joined.
pub(super) fn varying(name: &str, fields: Fields<'_>) -> Vec<u8> {
    fields.all(name).collect::<Vec<_>>().join(&b", "[..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored() -> Stored {
        let fields = [
            ("Content-Type", "text/plain"),
            ("ETag", "\"v1\""),
            ("Last-Modified", "Tue, 24 Nov 2026 04:00:00 GMT"),
            ("Cache-Control", "max-age=60"),
            ("Date", "Tue, 24 Nov 2026 05:00:00 GMT"),
        ];
        Stored {
            status: 200,
            fields: fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            body: Bytes::from_static(b"hello"),
            vary: vec![("accept-language".to_owned(), b"de".to_vec())],
            freshness: Freshness { age: Duration::from_secs(5), lifetime: Duration::from_mins(1) },
            since: Instant::now(),
        }
    }

    #[test]
    fn who_has_it_already_is_told_so() {
        let rows = [
            ("", 200),
            ("If-None-Match: \"v1\"\r\n", 304),
            ("If-None-Match: \"v0\"\r\n", 200),
            ("If-Modified-Since: Tue, 24 Nov 2026 04:00:00 GMT\r\n", 304),
        ];
        let stored = stored();
        for (fields, status) in rows {
            let answer = stored.answer(Fields(fields.as_bytes()), "HIT", stored.since);
            assert_eq!((answer.status, answer.body.is_empty()), (status, status == 304), "{fields}");
            for (name, value) in [("ETag", "\"v1\""), ("Date", "Tue, 24 Nov 2026 05:00:00 GMT")] {
                assert!(answer.fields.contains(&(name.into(), value.into())), "{fields}");
            }
            let typed = answer.fields.iter().any(|(name, _)| name == "Content-Type");
            assert_eq!(typed, status == 200, "{fields}");
        }
    }

    #[test]
    fn it_ages_and_goes_stale() {
        let stored = stored();
        let later = stored.since + Duration::from_secs(54);
        assert!(stored.is_fresh(later));
        assert!(stored.answer(Fields(b""), "HIT", later).fields.contains(&("age".into(), "59".into())));
        let status = ("cache-status".into(), "load-balancer; hit; ttl=1".into());
        assert!(stored.answer(Fields(b""), "HIT", later).fields.contains(&status));
        assert!(!stored.is_fresh(stored.since + Duration::from_secs(55)));
    }

    #[test]
    fn it_is_for_requests_that_are_alike_in_what_it_varies_by() {
        let stored = stored();
        assert!(stored.suits(Fields(b"Accept-Language: de\r\n")));
        assert!(!stored.suits(Fields(b"Accept-Language: en\r\n")) && !stored.suits(Fields(b"")));
    }
}
