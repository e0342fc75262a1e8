//! The little of HTTP/1.1 (RFC 9112) that the benchmark's two ends need: heads, and bodies framed by Content-Length.

use thiserror::Error;

const MAX_HEADERS: usize = 32;

/// The reason why bytes cannot be read as a message of the benchmark.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum FramingError {
    /// The head breaks the grammar.
    #[error("malformed head: {0}")]
    Head(#[from] httparse::Error),
    /// The `Content-Length` is no number.
    #[error("bad Content-Length")]
    Length,
    /// The body is chunked, which no message of the benchmark is.
    #[error("Transfer-Encoding instead of Content-Length")]
    Chunked,
}

/// The forwarding headers that a proxy of this benchmark owes the upstream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "four independent facts about one head")]
pub struct Forwarded {
    /// `X-Forwarded-For`
    pub client: bool,
    /// `X-Forwarded-Proto`
    pub proto: bool,
    /// `X-Forwarded-Host`
    pub host: bool,
    /// `X-Request-Id`
    pub request_id: bool,
}

/// The head of a request.
#[derive(Debug, PartialEq, Eq)]
pub struct RequestHead<'a> {
    /// The length of the head with its empty line, in bytes.
    pub head_len: usize,
    /// The target as sent.
    pub path: &'a str,
    /// The length of the body, in bytes.
    pub body_len: usize,
    /// Whether the sender ends the connection after this exchange.
    pub close: bool,
    /// The forwarding headers that are there and not empty.
    pub forwarded: Forwarded,
}

/// The head of a response.
#[derive(Debug, PartialEq, Eq)]
pub struct ResponseHead {
    /// The length of the head with its empty line, in bytes.
    pub head_len: usize,
    /// Status code.
    pub status: u16,
    /// The length of the body, in bytes.
    pub body_len: usize,
}

#[derive(Default)]
struct Fields {
    body_len: usize,
    close: bool,
    forwarded: Forwarded,
}

impl Fields {
    fn read(headers: &[httparse::Header<'_>]) -> Result<Self, FramingError> {
        let mut fields = Self::default();
        for header in headers {
            fields.see(header)?;
        }
        Ok(fields)
    }

    fn see(&mut self, header: &httparse::Header<'_>) -> Result<(), FramingError> {
        let named = |name: &str| header.name.eq_ignore_ascii_case(name);
        let filled = !header.value.is_empty();
        match header.name.len() {
            10 if named("connection") => self.close = header.value.eq_ignore_ascii_case(b"close"),
            12 if named("x-request-id") => self.forwarded.request_id = filled,
            14 if named("content-length") => self.body_len = length(header.value)?,
            15 if named("x-forwarded-for") => self.forwarded.client = filled,
            16 if named("x-forwarded-host") => self.forwarded.host = filled,
            17 if named("x-forwarded-proto") => self.forwarded.proto = filled,
            17 if named("transfer-encoding") => return Err(FramingError::Chunked),
            _ => {}
        }
        Ok(())
    }
}

fn length(value: &[u8]) -> Result<usize, FramingError> {
    std::str::from_utf8(value).ok().and_then(|it| it.parse().ok()).ok_or(FramingError::Length)
}

/// Reads the head of a request; `None` while it is not complete.
pub fn request_head(bytes: &[u8]) -> Result<Option<RequestHead<'_>>, FramingError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(head_len) = request.parse(bytes)? else { return Ok(None) };
    let Fields { body_len, close, forwarded } = Fields::read(request.headers)?;
    let path = request.path.unwrap_or_default();
    Ok(Some(RequestHead { head_len, path, body_len, close, forwarded }))
}

/// Reads the head of a response; `None` while it is not complete.
pub fn response_head(bytes: &[u8]) -> Result<Option<ResponseHead>, FramingError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head_len) = response.parse(bytes)? else { return Ok(None) };
    let body_len = Fields::read(response.headers)?.body_len;
    Ok(Some(ResponseHead { head_len, status: response.code.unwrap_or_default(), body_len }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_tells_its_frame_and_its_forwarding_headers() {
        let bytes = b"POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\nX-Forwarded-For: 127.0.0.1\r\n\
            x-forwarded-proto: http\r\nX-FORWARDED-HOST: a\r\nX-Request-Id:\r\n\r\n0123456";
        let head = request_head(bytes).unwrap().unwrap();
        assert_eq!((head.path, head.body_len, head.close), ("/post", 7, false));
        assert_eq!(head.head_len, bytes.len() - 7);
        let expected = Forwarded { client: true, proto: true, host: true, request_id: false };
        assert_eq!(head.forwarded, expected, "an empty request id does not count");
    }

    #[test]
    fn heads_that_are_cut_wait_and_wrong_ones_fail() {
        assert_eq!(request_head(b"GET / HTTP/1.1\r\nHost: a\r\n").unwrap(), None);
        assert_eq!(response_head(b"HTTP/1.1 200 OK\r\n").unwrap(), None);
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(response_head(chunked), Err(FramingError::Chunked));
        let length = b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n";
        assert_eq!(response_head(length), Err(FramingError::Length));
        assert!(matches!(response_head(b"SMTP 220\r\n\r\n"), Err(FramingError::Head(_))));
    }

    #[test]
    fn a_response_tells_its_frame() {
        let head = response_head(b"HTTP/1.1 503 No\r\nContent-Length: 12\r\n\r\n").unwrap().unwrap();
        assert_eq!((head.status, head.body_len, head.head_len), (503, 12, 39));
    }
}
