//! The `Idempotency-Key` that a client chooses.

use http::HeaderMap;

/// The header's name.
const HEADER: &str = "idempotency-key";
const MAX_CHARS: usize = 255;
/// The first characters of keys that a proxy gives to requests without one.
const BY_PROXY: &str = "proxy-";

/// A key: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// The header's value cannot be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Idempotency-Key must be given once, with 1 to {MAX_CHARS} visible ASCII characters")]
pub struct InvalidKey;

impl IdempotencyKey {
    /// Reads the header; none where it is missing.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] for a value that cannot be a key, or several values.
    pub fn read(headers: &HeaderMap) -> Result<Option<Self>, InvalidKey> {
        let mut values = headers.get_all(HEADER).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let visible = value.as_bytes().iter().all(u8::is_ascii_graphic);
        let fits = (1..=MAX_CHARS).contains(&value.len());
        match value.to_str() {
            Ok(text) if visible && fits && values.next().is_none() => Ok(Some(Self(text.to_owned()))),
            _ => Err(InvalidKey),
        }
    }

    /// Whether a proxy made the key, to send the request again itself. A client that uses such a key only gives up
    /// that its refusals are stored.
    pub fn made_by_proxy(&self) -> bool {
        self.0.starts_with(BY_PROXY)
    }

    /// The key as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn keys_are_visible_and_bounded() {
        let (longest, too_long) = ("k".repeat(255), "k".repeat(256));
        let table = [
            ("3f2c-\"quoted\"", true),
            (longest.as_str(), true),
            (too_long.as_str(), false),
            ("", false),
            ("a b", false),
            ("é", false),
        ];
        for (value, good) in table {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_bytes(value.as_bytes()).unwrap());
            assert_eq!(IdempotencyKey::read(&headers).is_ok(), good, "{value:?}");
            headers.append(HEADER, HeaderValue::from_static("second"));
            assert_eq!(IdempotencyKey::read(&headers), Err(InvalidKey));
        }
        assert_eq!(IdempotencyKey::read(&HeaderMap::new()), Ok(None));
    }

    #[test]
    fn keys_of_proxies_are_told_apart() {
        for (value, by_proxy) in [("proxy-0b9f6c2e", true), ("Proxy-1", false), ("my-proxy-1", false)] {
            let key = IdempotencyKey(value.to_owned());
            assert_eq!(key.made_by_proxy(), by_proxy, "{value}");
        }
    }
}
