//! The rules of RFC 9111 that a simple shared cache needs: which requests it may answer, which answers it may keep, and
//! for how long. Pure.

use std::time::{Duration, SystemTime};

use super::{Fields, dates::http_date};
use crate::http1::fields::list;

/// The conditions that the cache judges itself.
pub(crate) const CONDITIONS: [&str; 2] = ["If-None-Match", "If-Modified-Since"];

/// The terms of a request for cached answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    /// The greatest age of an acceptable answer; zero asks for a fresh one.
    max_age: Option<Duration>,
    /// Only a cached answer is acceptable (`only-if-cached`).
    pub(crate) only_if_cached: bool,
    /// The client has an answer and asks whether it still holds. The answer to such a request is not kept, because it
    /// may be a 304, unless the cache asks the question itself.
    pub(crate) conditional: bool,
}

impl Terms {
    /// Whether an answer of this age is acceptable.
    pub(crate) fn accept(&self, age: Duration) -> bool {
        self.max_age.is_none_or(|most| !most.is_zero() && age <= most)
    }
}

/// The terms on which a cache may answer a request; `None` where it may not.
///
/// A cache never answers requests with `Authorization` here, though RFC 9111 section 3.5 would allow some. Nor does it
/// answer ranges, or requests whose condition only the origin can judge (RFC 9110 section 13.2.1).
pub(crate) fn terms(method: &[u8], has_body: bool, fields: Fields<'_>) -> Option<Terms> {
    let for_the_origin = ["Authorization", "Range", "Upgrade", "If-Match", "If-Unmodified-Since"];
    let has = |name: &&str| fields.first(name).is_some();
    if !matches!(method, b"GET" | b"HEAD") || has_body || for_the_origin.iter().any(has) {
        return None;
    }
    let directives = Directives::read(fields.all("Cache-Control"));
    if directives.no_store {
        return None;
    }
    let old_no_cache = fields.first("Cache-Control").is_none()
        && fields.all("Pragma").any(|value| value.eq_ignore_ascii_case(b"no-cache"));
    Some(Terms {
        max_age: if directives.no_cache || old_no_cache { Some(Duration::ZERO) } else { directives.max_age },
        only_if_cached: directives.only_if_cached,
        conditional: CONDITIONS.iter().any(has),
    })
}

/// The age of an answer when it came, and the age at which it is no longer fresh.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Freshness {
    pub(super) age: Duration,
    pub(super) lifetime: Duration,
}

/// Whether a shared cache may keep an answer to a GET, and for how long; `ttl` is for answers that don't say.
pub(super) fn keep(status: u16, fields: Fields<'_>, ttl: Duration, now: SystemTime) -> Option<Freshness> {
    let directives = Directives::read(fields.all("Cache-Control"));
    if directives.no_store || directives.private || directives.no_cache {
        return None;
    }
    if fields.first("Set-Cookie").is_some() || varies_by_all(fields) {
        return None;
    }
    let explicit = directives.shared_max_age.or(directives.max_age).or_else(|| expires(fields, now));
    let lifetime = match status {
        200 | 203 | 301 | 308 => explicit.unwrap_or(ttl),
        404 | 410 => explicit?,
        _ => return None,
    };
    let age = age(fields).unwrap_or_default();
    (age < lifetime).then_some(Freshness { age, lifetime })
}

fn varies_by_all(fields: Fields<'_>) -> bool {
    fields.all("Vary").any(|value| value.split(|byte| *byte == b',').any(|name| name.trim_ascii() == b"*"))
}

/// The lifetime that `Expires` gives; an unreadable date has passed (RFC 9111 section 5.3).
fn expires(fields: Fields<'_>, now: SystemTime) -> Option<Duration> {
    let expires = fields.first("Expires")?;
    let date = fields.first("Date").and_then(|value| http_date(value, now)).unwrap_or(now);
    Some(http_date(expires, now).and_then(|expires| expires.duration_since(date).ok()).unwrap_or_default())
}

/// The first `Age` field; a value that is no number of seconds counts for nothing (RFC 9111 section 5.1).
fn age(fields: Fields<'_>) -> Option<Duration> {
    fields.all("Age").flat_map(list).next().and_then(digits)
}

/// A number of seconds, perhaps in quotes, as senders write it outside of `Age`.
fn seconds(value: &[u8]) -> Option<Duration> {
    digits(value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value))
}

/// A number of seconds (RFC 9111 section 1.2.2).
fn digits(value: &[u8]) -> Option<Duration> {
    let text = std::str::from_utf8(value).ok()?;
    // More than fits is as good as for ever.
    let all_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| Duration::from_secs(text.parse().unwrap_or(u32::MAX).into()))
}

/// `Cache-Control` (RFC 9111 section 5.2).
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "directives that are there or not")]
struct Directives {
    no_store: bool,
    no_cache: bool,
    private: bool,
    only_if_cached: bool,
    max_age: Option<Duration>,
    shared_max_age: Option<Duration>,
}

impl Directives {
    fn read<'a>(values: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut directives = Self::default();
        for directive in values.flat_map(|value| value.split(|byte| *byte == b',')) {
            let equals = directive.iter().position(|byte| *byte == b'=').unwrap_or(directive.len());
            let (name, value) = directive.split_at(equals);
            directives.take(
                &name.trim_ascii().to_ascii_lowercase(),
                value.get(1..).unwrap_or_default().trim_ascii(),
            );
        }
        directives
    }

    fn take(&mut self, name: &[u8], value: &[u8]) {
        match name {
            b"no-store" => self.no_store = true,
            b"no-cache" => self.no_cache = true,
            b"private" => self.private = true,
            b"only-if-cached" => self.only_if_cached = true,
            // What cannot be read is stale, and of several the first counts (RFC 9111 section 4.2.1).
            b"max-age" => _ = self.max_age.get_or_insert(seconds(value).unwrap_or_default()),
            b"s-maxage" => _ = self.shared_max_age.get_or_insert(seconds(value).unwrap_or_default()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &str, fields: &str) -> Option<Terms> {
        terms(method.as_bytes(), false, Fields(fields.as_bytes()))
    }

    #[test]
    fn which_requests_may_be_answered() {
        let rows = [
            ("GET", "", true),
            ("HEAD", "", true),
            ("POST", "", false),
            ("GET", "Authorization: Bearer x\r\n", false),
            ("GET", "Range: bytes=0-1\r\n", false),
            ("GET", "Cache-Control: max-age=5, No-Store\r\n", false),
            ("GET", "Cookie: a=b\r\n", true),
            ("GET", "If-None-Match: *\r\n", true),
            ("GET", "If-Match: *\r\n", false),
            ("GET", "If-Unmodified-Since: Tue, 24 Nov 2026 04:00:00 GMT\r\n", false),
        ];
        for (method, fields, expected) in rows {
            assert_eq!(of(method, fields).is_some(), expected, "{method} {fields}");
        }
        assert!(terms(b"GET", true, Fields(b"")).is_none());
    }

    #[test]
    fn how_old_an_answer_may_be() {
        let rows = [
            ("", 1000, true),
            ("Cache-Control: max-age=10\r\n", 10, true),
            ("Cache-Control: max-age=10\r\n", 11, false),
            ("Cache-Control: max-age=0\r\n", 0, false),
            ("Cache-Control: no-cache\r\n", 0, false),
            ("Pragma: no-cache\r\n", 0, false),
            ("Pragma: no-cache\r\nCache-Control: max-age=10\r\n", 5, true),
        ];
        for (fields, age, expected) in rows {
            assert_eq!(
                of("GET", fields).unwrap().accept(Duration::from_secs(age)),
                expected,
                "{fields} {age}"
            );
        }
        assert!(of("GET", "If-None-Match: \"a\"\r\n").unwrap().conditional);
        assert!(of("GET", "Cache-Control: only-if-cached\r\n").unwrap().only_if_cached);
    }

    #[test]
    fn which_answers_are_kept_and_for_how_long() {
        let now = http_date(b"Tue, 24 Nov 2026 04:00:00 GMT", SystemTime::now()).unwrap();
        let rows = [
            (200, "", Some(60)),
            (200, "Cache-Control: public, max-age=300\r\n", Some(300)),
            (200, "Cache-Control: max-age=300\r\nCache-Control: s-maxage=\"10\"\r\n", Some(10)),
            (200, "Cache-Control: max-age=300\r\nAge: 100\r\n", Some(200)),
            (200, "Cache-Control: max-age=300\r\nAge: 300\r\n", None),
            (200, "Cache-Control: max-age=300\r\nAge: 100, 299\r\nAge: 300\r\n", Some(200)),
            (200, "Cache-Control: max-age=300\r\nAge: , 100\r\n", Some(200)),
            (200, "Cache-Control: max-age=300\r\nAge: 299999999999999999999\r\n", None),
            (200, "Cache-Control: max-age=300\r\nAge: -100\r\n", Some(300)),
            (200, "Cache-Control: max-age=300\r\nAge: 1.5, 100\r\n", Some(300)),
            (200, "Cache-Control: max-age=300\r\nAge: \"100\"\r\n", Some(300)),
            (200, "Cache-Control: max-age=300\r\nAge:\r\n", Some(300)),
            (200, "Cache-Control: max-age=10, max-age=300\r\n", Some(10)),
            (200, "Cache-Control: max-age=oops\r\n", None),
            (200, "Expires: Tue, 24 Nov 2026 04:00:30 GMT\r\n", Some(30)),
            (
                200,
                "Expires: Tue, 24 Nov 2026 04:00:30 GMT\r\nDate: Tue, 24 Nov 2026 04:00:10 GMT\r\n",
                Some(20),
            ),
            (200, "Expires: Tuesday, 24-Nov-26 04:00:30 GMT\r\n", Some(30)),
            (200, "Expires: Tue Nov 24 04:00:30 2026\r\n", Some(30)),
            (200, "Expires: Tue Nov 24 04:00:30 2026\r\nDate: Tuesday, 24-Nov-26 04:00:20 GMT\r\n", Some(10)),
            (200, "Expires: 0\r\n", None),
            (200, "Cache-Control: private, max-age=300\r\n", None),
            (200, "Cache-Control: no-store\r\n", None),
            (200, "Cache-Control: no-cache\r\n", None),
            (200, "Set-Cookie: a=b\r\n", None),
            (200, "Vary: Accept, *\r\n", None),
            (200, "Vary: Accept\r\n", Some(60)),
            (206, "Cache-Control: max-age=300\r\n", None),
            (404, "", None),
            (404, "Cache-Control: max-age=5\r\n", Some(5)),
            (500, "Cache-Control: max-age=5\r\n", None),
        ];
        for (status, fields, expected) in rows {
            let kept = keep(status, Fields(fields.as_bytes()), Duration::from_mins(1), now);
            let left =
                kept.and_then(|fresh| fresh.lifetime.checked_sub(fresh.age)).map(|left| left.as_secs());
            assert_eq!(left, expected, "{status} {fields}");
        }
    }
}
