//! A client that sends exactly the given bytes, and reads the answers.

use std::{future::Future, io, net::SocketAddr, time::Duration};

use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::message::{Body, Framing, Head, Headers, Incoming, header, invalid};

/// The longest wait for a byte, after which a test has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// One connection, by default over TCP.
#[derive(Debug)]
pub struct RawClient<S = TcpStream> {
    stream: S,
    incoming: Incoming,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct RawResponse {
    /// The status line.
    pub line: String,
    /// The status code.
    pub status: u16,
    /// The headers, in their order and spelling.
    pub headers: Headers,
    /// The body without its chunk framing.
    pub body: Vec<u8>,
    /// The trailers of a chunked body.
    pub trailers: Headers,
    /// The status codes of the interim (1xx) answers before the answer.
    pub interim: Vec<u16>,
}

impl RawClient {
    /// Connects over TCP.
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = within(TcpStream::connect(address)).await?;
        stream.set_nodelay(true)?;
        Ok(Self::over(stream))
    }

    /// Ends the connection with a reset: bytes on their way are lost, and the peer's next read fails.
    pub fn reset(self) -> io::Result<()> {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO))
    }

    /// The address of this end.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.stream.local_addr()
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> RawClient<S> {
    /// A client over an existing connection, such as one with TLS.
    pub fn over(stream: S) -> Self {
        Self { stream, incoming: Incoming::default() }
    }

    /// Sends the bytes and nothing else.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        within(async {
            self.stream.write_all(bytes.as_ref()).await?;
            self.stream.flush().await
        })
        .await
    }

    /// Reads one answer to any request but HEAD, with the interim ones before it.
    pub async fn read_response(&mut self) -> io::Result<RawResponse> {
        self.read_response_to("GET").await
    }

    /// Reads one answer to a request of this method; answers to HEAD have no body.
    pub async fn read_response_to(&mut self, method: &str) -> io::Result<RawResponse> {
        let mut interim = Vec::new();
        loop {
            let head = self.read_head().await?;
            let status = status(&head)?;
            if (100..200).contains(&status) && status != 101 {
                interim.push(status);
                continue;
            }
            let framing = framing(&head, status, method)?;
            let Body { bytes: body, trailers } =
                within(self.incoming.body(&mut self.stream, framing)).await?;
            let Head { line, headers, .. } = head;
            return Ok(RawResponse { line, status, headers, body, trailers, interim });
        }
    }

    /// Reads one head, which may be an interim one. Gives its status and headers.
    pub async fn read_interim(&mut self) -> io::Result<(u16, Headers)> {
        let head = self.read_head().await?;
        Ok((status(&head)?, head.headers))
    }

    /// Reads all bytes until the peer closes.
    pub async fn read_to_end(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = self.incoming.take();
        within(self.stream.read_to_end(&mut bytes)).await?;
        Ok(bytes)
    }

    /// Reads `length` bytes, such as after an upgrade.
    pub async fn read_exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let framing = Framing::Length(length);
        within(self.incoming.body(&mut self.stream, framing)).await.map(|body| body.bytes)
    }

    /// Ends the sending side, and goes on reading.
    pub async fn half_close(&mut self) -> io::Result<()> {
        within(self.stream.shutdown()).await
    }

    async fn read_head(&mut self) -> io::Result<Head> {
        within(self.incoming.head(&mut self.stream)).await?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

impl RawResponse {
    /// The first header of that name, which is compared without regard to case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The number of headers with the name.
    pub fn count(&self, name: &str) -> usize {
        self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).count()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }
}

async fn within<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout(PATIENCE, work).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
}

fn status(head: &Head) -> io::Result<u16> {
    let code = head.line.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)).map(str::parse);
    code.and_then(Result::ok).ok_or_else(|| invalid(&format!("no status line: {:?}", head.line)))
}

/// RFC 9112 section 6.3.
fn framing(head: &Head, status: u16, method: &str) -> io::Result<Framing> {
    if method == "HEAD" || matches!(status, 101 | 204 | 304) {
        return Ok(Framing::None);
    }
    Ok(head.framing()?.unwrap_or(Framing::UntilClose))
}
