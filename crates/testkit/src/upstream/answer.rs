//! A well-formed answer, in any framing.

use std::fmt::Write;

use crate::message::Headers;

/// The framing of a body (RFC 9112 section 6).
#[derive(Debug, Clone, PartialEq, Eq)]
enum Framing {
    Length,
    /// Chunks of this size, with trailers behind them.
    Chunked(usize, Headers),
    UntilClose,
}

/// An answer to write.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    headers: Headers,
    body: Vec<u8>,
    framing: Framing,
}

impl Answer {
    /// An answer with a `Content-Length`.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), framing: Framing::Length }
    }

    /// 200 with this body.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, body)
    }

    /// 200 with JSON.
    pub fn json(value: &serde_json::Value) -> Self {
        Self::ok(value.to_string()).header("Content-Type", "application/json")
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The answer in chunks of `size` bytes, instead of with a length.
    #[must_use]
    pub fn chunked(mut self, size: usize) -> Self {
        self.framing = Framing::Chunked(size.max(1), Vec::new());
        self
    }

    /// Adds a trailer, and chunks where there were none.
    #[must_use]
    pub fn trailer(mut self, name: &str, value: &str) -> Self {
        if !matches!(self.framing, Framing::Chunked(..)) {
            self = self.chunked(1024);
        }
        if let Framing::Chunked(_, trailers) = &mut self.framing {
            trailers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// The answer with a body that ends where the connection does.
    #[must_use]
    pub fn until_close(mut self) -> Self {
        self.framing = Framing::UntilClose;
        self
    }

    /// Whether the connection has to be closed behind it.
    pub(super) fn closes(&self) -> bool {
        let says_so = |(name, value): &(String, String)| {
            name.eq_ignore_ascii_case("connection") && value.eq_ignore_ascii_case("close")
        };
        self.framing == Framing::UntilClose || self.headers.iter().any(says_so)
    }

    /// The bytes of it; an answer to HEAD, and 204 and 304, have no body.
    pub fn to_bytes(&self, method: &str) -> Vec<u8> {
        let bare = matches!(self.status, 100..200 | 204 | 304);
        let mut bytes = self.head(bare).into_bytes();
        if bare || method == "HEAD" {
            return bytes;
        }
        match &self.framing {
            Framing::Length | Framing::UntilClose => bytes.extend_from_slice(&self.body),
            Framing::Chunked(size, trailers) => {
                for chunk in self.body.chunks(*size) {
                    bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                    bytes.extend_from_slice(chunk);
                    bytes.extend_from_slice(b"\r\n");
                }
                bytes.extend_from_slice(format!("0\r\n{}\r\n", fields(trailers)).as_bytes());
            }
        }
        bytes
    }

    fn head(&self, bare: bool) -> String {
        let framing = match &self.framing {
            _ if bare => String::new(),
            Framing::Length => format!("Content-Length: {}\r\n", self.body.len()),
            Framing::Chunked(..) => "Transfer-Encoding: chunked\r\n".to_owned(),
            Framing::UntilClose => "Connection: close\r\n".to_owned(),
        };
        format!("HTTP/1.1 {} {}\r\n{framing}{}\r\n", self.status, reason(self.status), fields(&self.headers))
    }
}

fn fields(headers: &Headers) -> String {
    headers.iter().fold(String::new(), |mut text, (name, value)| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{name}: {value}\r\n");
        text
    })
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        304 => "Not Modified",
        404 => "Not Found",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Scripted",
    }
}
