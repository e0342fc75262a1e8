//! Reading HTTP/1.1 messages, for the upstream and the raw client alike.
//!
//! Written apart from the balancer's own parser on purpose, so that one can show the faults of the other.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// The longest head, in bytes.
const MAX_HEAD: usize = 1024 * 1024;

/// Header fields in the order and spelling in which they came.
pub(crate) type Headers = Vec<(String, String)>;

/// The first header of that name, which is compared without regard to case.
pub(crate) fn header<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// A start line and headers, as they came.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) raw: Vec<u8>,
    pub(crate) line: String,
    pub(crate) headers: Headers,
}

/// The framing of a body (RFC 9112 section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    None,
    Length(usize),
    Chunked,
    UntilClose,
}

/// A body and what came behind it.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    pub(crate) trailers: Headers,
}

/// The bytes that were read and belong to no message yet.
#[derive(Debug, Default)]
pub(crate) struct Incoming {
    bytes: Vec<u8>,
}

impl Incoming {
    /// The next head; `None` where the peer closed between two messages.
    pub(crate) async fn head(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Head>> {
        loop {
            if let Some(end) = find(&self.bytes, b"\r\n\r\n") {
                let raw: Vec<u8> = self.bytes.drain(..end + 4).collect();
                return parse_head(raw).map(Some);
            }
            if self.bytes.len() > MAX_HEAD {
                return Err(invalid("the head does not end"));
            }
            if !self.fill(stream).await? {
                return if self.bytes.is_empty() {
                    Ok(None)
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                };
            }
        }
    }

    /// The body that follows a head.
    pub(crate) async fn body(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        framing: Framing,
    ) -> io::Result<Body> {
        match framing {
            Framing::None => Ok(Body::default()),
            Framing::Length(length) => {
                Ok(Body { bytes: self.exactly(stream, length).await?, ..Body::default() })
            }
            Framing::Chunked => self.chunked(stream).await,
            Framing::UntilClose => {
                while self.fill(stream).await? {}
                Ok(Body { bytes: self.take(), ..Body::default() })
            }
        }
    }

    /// Takes the rest of the buffer.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    async fn chunked(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Body> {
        let mut body = Body::default();
        loop {
            let line = self.line(stream).await?;
            let digits = line.split(';').next().unwrap_or_default().trim_end();
            let size = usize::from_str_radix(digits, 16).map_err(|_| invalid("a chunk size is wrong"))?;
            if size == 0 {
                break;
            }
            body.bytes.extend(self.exactly(stream, size).await?);
            if !self.line(stream).await?.is_empty() {
                return Err(invalid("a chunk does not end with CRLF"));
            }
        }
        loop {
            let line = self.line(stream).await?;
            if line.is_empty() {
                return Ok(body);
            }
            body.trailers.push(field(&line)?);
        }
    }

    async fn line(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
        loop {
            if let Some(end) = find(&self.bytes, b"\r\n") {
                let line: Vec<u8> = self.bytes.drain(..end + 2).collect();
                return Ok(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            self.more(stream).await?;
        }
    }

    async fn exactly(&mut self, stream: &mut (impl AsyncRead + Unpin), length: usize) -> io::Result<Vec<u8>> {
        while self.bytes.len() < length {
            self.more(stream).await?;
        }
        Ok(self.bytes.drain(..length).collect())
    }

    async fn more(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
        if self.fill(stream).await? { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }

    async fn fill(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<bool> {
        self.bytes.reserve(16 * 1024);
        Ok(stream.read_buf(&mut self.bytes).await? > 0)
    }
}

fn parse_head(raw: Vec<u8>) -> io::Result<Head> {
    let text = String::from_utf8_lossy(&raw).into_owned();
    let mut lines = text.trim_end_matches("\r\n").split("\r\n");
    let line = lines.next().unwrap_or_default().to_owned();
    let headers = lines.map(field).collect::<io::Result<_>>()?;
    Ok(Head { raw, line, headers })
}

fn field(line: &str) -> io::Result<(String, String)> {
    let (name, value) = line.split_once(':').ok_or_else(|| invalid("a header has no colon"))?;
    Ok((name.to_owned(), value.trim().to_owned()))
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

pub(crate) fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl Head {
    /// The framing of a request's body, or `None` where a header says it.
    pub(crate) fn framing(&self) -> io::Result<Option<Framing>> {
        let coding = header(&self.headers, "transfer-encoding");
        if coding.is_some_and(|coding| coding.to_ascii_lowercase().ends_with("chunked")) {
            return Ok(Some(Framing::Chunked));
        }
        let Some(length) = header(&self.headers, "content-length") else { return Ok(None) };
        length.parse().map(|length| Some(Framing::Length(length))).map_err(|_| invalid("Content-Length"))
    }
}
