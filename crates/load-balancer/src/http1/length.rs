//! The length of a message's body: RFC 9112 section 6, with no leniency.
//!
//! A head that two parsers could read in two ways is refused, because requests are smuggled by that difference:
//! repeated or listed lengths (even equal ones), a length beside a transfer coding, any coding that is not exactly
//! `chunked`, and a coding in HTTP/1.0.

use super::fields::list;
use thiserror::Error;

/// The longest declared length: many servers count in signed numbers of 64 bits.
pub const LONGEST: u64 = i64::MAX as u64;

/// The body of a message as its head declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// No body at all.
    Empty,
    /// Exactly so many bytes, from `Content-Length`.
    Exact(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
    /// Until the connection closes (responses only).
    UntilClose,
}

/// Why the length of a body cannot be told.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum LengthError {
    /// More than one `Content-Length`, in one field or several.
    #[error("Content-Length is given more than once")]
    RepeatedLength,
    /// `Content-Length` is not a decimal number up to [`LONGEST`].
    #[error("Content-Length is not a number")]
    InvalidLength,
    /// Both `Content-Length` and `Transfer-Encoding`.
    #[error("Content-Length and Transfer-Encoding are given together")]
    LengthAndCoding,
    /// `chunked` is repeated, or not the only coding.
    #[error("Transfer-Encoding is not exactly chunked")]
    AmbiguousCoding,
    /// A transfer coding other than `chunked`.
    #[error("the transfer coding is not implemented")]
    UnknownCoding,
    /// A transfer coding in an HTTP/1.0 message (RFC 9112 section 6.1).
    #[error("Transfer-Encoding in an HTTP/1.0 message")]
    CodingInHttp10,
}

/// Gathers the framing fields of one head, in whatever order they come.
#[derive(Debug, Default, Clone, Copy)]
pub struct Framing {
    length: Option<u64>,
    chunked: bool,
}

impl Framing {
    /// Takes in a `Content-Length` field.
    pub fn content_length(&mut self, value: &[u8]) -> Result<(), LengthError> {
        if self.length.is_some() || value.contains(&b',') {
            return Err(LengthError::RepeatedLength);
        }
        self.length = Some(decimal(value).ok_or(LengthError::InvalidLength)?);
        Ok(())
    }

    /// Takes in a `Transfer-Encoding` field.
    pub fn transfer_encoding(&mut self, value: &[u8]) -> Result<(), LengthError> {
        if self.chunked {
            return Err(LengthError::AmbiguousCoding);
        }
        if value.eq_ignore_ascii_case(b"chunked") {
            self.chunked = true;
            return Ok(());
        }
        let names_chunked = list(value).any(|coding| coding.to_ascii_lowercase().starts_with(b"chunked"));
        Err(if names_chunked || value.is_empty() {
            LengthError::AmbiguousCoding
        } else {
            LengthError::UnknownCoding
        })
    }

    /// The declared length, or `None` where the head declares nothing.
    pub fn finish(self, http10: bool) -> Result<Option<Length>, LengthError> {
        match (self.length, self.chunked) {
            (Some(_), true) => Err(LengthError::LengthAndCoding),
            (None, true) if http10 => Err(LengthError::CodingInHttp10),
            (None, true) => Ok(Some(Length::Chunked)),
            (Some(length), false) => Ok(Some(Length::Exact(length))),
            (None, false) => Ok(None),
        }
    }
}

/// `1*DIGIT` as a number; nothing else, no sign, no space, no overflow.
fn decimal(value: &[u8]) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let add = |sum: u64, digit: &u8| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0'));
    value.iter().try_fold(0, add).filter(|length| *length <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(fields: &[(&str, &str)], http10: bool) -> Result<Option<Length>, LengthError> {
        let mut framing = Framing::default();
        for (name, value) in fields {
            match *name {
                "cl" => framing.content_length(value.as_bytes())?,
                _ => framing.transfer_encoding(value.as_bytes())?,
            }
        }
        framing.finish(http10)
    }

    #[test]
    fn what_is_clear_is_read() {
        assert_eq!(length(&[], false), Ok(None));
        assert_eq!(length(&[("cl", "0")], false), Ok(Some(Length::Exact(0))));
        assert_eq!(length(&[("cl", "0010")], true), Ok(Some(Length::Exact(10))));
        assert_eq!(length(&[("cl", "18446744073709551615")], false), Err(LengthError::InvalidLength));
        assert_eq!(length(&[("cl", "9223372036854775807")], false), Ok(Some(Length::Exact(LONGEST))));
        assert_eq!(length(&[("cl", "9223372036854775808")], false), Err(LengthError::InvalidLength));
        assert_eq!(length(&[("te", "chunked")], false), Ok(Some(Length::Chunked)));
        assert_eq!(length(&[("te", "Chunked")], false), Ok(Some(Length::Chunked)));
    }

    #[test]
    fn what_is_ambiguous_is_refused() {
        use LengthError::*;
        for (fields, error) in [
            (&[("cl", "5"), ("cl", "5")][..], RepeatedLength),
            (&[("cl", "5"), ("cl", "6")], RepeatedLength),
            (&[("cl", "5, 5")], RepeatedLength),
            (&[("cl", "")], InvalidLength),
            (&[("cl", "+5")], InvalidLength),
            (&[("cl", "-0")], InvalidLength),
            (&[("cl", "5 ")], InvalidLength),
            (&[("cl", "0x5")], InvalidLength),
            (&[("cl", "18446744073709551616")], InvalidLength),
            (&[("cl", "5"), ("te", "chunked")], LengthAndCoding),
            (&[("te", "chunked"), ("cl", "5")], LengthAndCoding),
            (&[("te", "chunked"), ("te", "chunked")], AmbiguousCoding),
            (&[("te", "chunked, chunked")], AmbiguousCoding),
            (&[("te", "gzip, chunked")], AmbiguousCoding),
            (&[("te", "chunked;q=1")], AmbiguousCoding),
            (&[("te", "")], AmbiguousCoding),
            (&[("te", "\x0bchunked")], UnknownCoding),
            (&[("te", "xchunked")], UnknownCoding),
            (&[("te", "identity")], UnknownCoding),
        ] {
            assert_eq!(length(fields, false), Err(error), "{fields:?}");
        }
        assert_eq!(length(&[("te", "chunked")], true), Err(CodingInHttp10));
    }
}
