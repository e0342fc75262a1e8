//! The id of a request, the same in every log and in the answer.

use std::{fmt, sync::Arc};

use uuid::Uuid;

/// The longest id, in characters; longer ones are replaced.
const MAX_BYTES: usize = 128;

/// A request's id: the client's, where it is harmless, otherwise a UUID version 7. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// A new id, which sorts by time.
    pub fn fresh() -> Self {
        let mut buffer = Uuid::encode_buffer();
        Self(Arc::from(&*Uuid::now_v7().hyphenated().encode_lower(&mut buffer)))
    }

    /// The value of `X-Request-Id`, if it has 1 to 128 characters of `A-Z a-z 0-9 . _ -`.
    ///
    /// Other characters are refused, because the id goes into logs, headers and commands that people type.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let harmless = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let fits = (1..=MAX_BYTES).contains(&value.len()) && value.iter().all(harmless);
        let text = std::str::from_utf8(value).ok().filter(|_| fits)?;
        Some(Self(Arc::from(text)))
    }

    /// The id that came with the request, or a new one.
    pub fn accept(value: Option<&[u8]>) -> Self {
        value.and_then(Self::parse).unwrap_or_else(Self::fresh)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_names_are_kept_and_others_replaced() {
        let long = "x".repeat(128);
        for name in ["a", "01JD-req_7.2", &long] {
            assert_eq!(RequestId::accept(Some(name.as_bytes())).as_str(), name);
        }
        let too_long = "x".repeat(129);
        for name in ["", " ", "a b", "a\r\nX: y", "ü", "a/b", "a\0", &too_long] {
            let id = RequestId::accept(Some(name.as_bytes()));
            assert_ne!(id.as_str(), name);
            assert_eq!(Uuid::parse_str(id.as_str()).unwrap().get_version_num(), 7, "{name:?}");
        }
        assert_ne!(RequestId::accept(None), RequestId::accept(None));
    }
}
