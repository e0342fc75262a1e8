//! One request over HTTP/1.1 and its answer, for probes and orders.
//!
//! The answer's framing tells where the answer ends (RFC 9112 section 6). A server that keeps the connection open
//! behind its answer keeps nobody waiting. An answer that the connection's end cuts short is an error.

use std::{error::Error as _, io, net::SocketAddr, time::Duration};

use http_body_util::{BodyExt as _, Empty};
use hyper::http::request::Builder;
use hyper::{
    Method, Request, Response,
    body::{Body as _, Bytes, Incoming},
    client::conn::http1::{SendRequest, handshake},
    header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING, USER_AGENT},
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};

use crate::config::Secret;
use crate::duration::HumanDuration;

/// The largest content of an answer that is read, in bytes. The answer to a probe is short.
const MOST_CONTENT: usize = 64 * 1024;
/// The wait for more of an answer that does not say where it ends.
const UNFRAMED_SILENCE: Duration = Duration::from_millis(100);

/// The target of a request.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The `Host` field.
    pub host: &'a str,
    /// Path and query.
    pub path: &'a str,
    /// The `User-Agent` field.
    pub agent: &'a str,
}

/// A final answer, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code, from 101.
    pub status: u16,
    /// The content without its framing, at most 64 KiB of it; empty where a question was answered with an error's status.
    pub content: Vec<u8>,
}

/// The reason why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The connection failed: no process listens, or the network does not let it through.
    #[error("cannot connect: {0}")]
    Connect(#[source] io::Error),
    /// The path or the host cannot be written into a request.
    #[error("cannot be asked for: {0}")]
    Question(#[source] hyper::http::Error),
    /// The connection failed.
    #[error("the connection broke: {0}")]
    Broken(#[source] hyper::Error),
    /// The connection ended before the answer did.
    #[error("the connection ended before the answer did")]
    CutShort,
    /// No answer came to its end in time.
    #[error("no answer within {}", HumanDuration(*.0))]
    Silent(Duration),
    /// The answer is not HTTP/1.
    #[error("the answer is not HTTP")]
    NotHttp,
}

/// Asks a server on a new connection; the whole exchange takes at most `limit`.
pub async fn ask(address: SocketAddr, question: Question<'_>, limit: Duration) -> Result<Answer, AskError> {
    let asking = async {
        let stream = TcpStream::connect(address).await.map_err(AskError::Connect)?;
        ask_over(stream, question).await
    };
    timeout(limit, asking).await.unwrap_or(Err(AskError::Silent(limit)))
}

/// Sends a POST without content to a server on a new connection, with a bearer token where there is one; the whole
/// exchange takes at most `limit`. The answer has its content whatever its status is.
pub async fn order(
    address: SocketAddr,
    question: Question<'_>,
    token: Option<&Secret>,
    limit: Duration,
) -> Result<Answer, AskError> {
    let ordering = async {
        let mut request = request(Method::POST, question);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {}", token.expose()));
        }
        let stream = TcpStream::connect(address).await.map_err(AskError::Connect)?;
        send_over(stream, request, u16::MAX).await
    };
    timeout(limit, ordering).await.unwrap_or(Err(AskError::Silent(limit)))
}

/// Asks over an existing connection, which ends with the answer.
async fn ask_over<S>(stream: S, question: Question<'_>) -> Result<Answer, AskError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    send_over(stream, request(Method::GET, question), 400).await
}

/// Sends a request; an answer from the status `mute` on is given without its content.
async fn send_over<S>(stream: S, request: Builder, mute: u16) -> Result<Answer, AskError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let request = request.body(Empty::new()).map_err(AskError::Question)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(cause)?;
    let answer = exchange(sender, request, mute);
    tokio::pin!(connection, answer);
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        ended = &mut connection => match (answer.await, ended) {
            // What came before anything was asked is no answer.
            (Err(_), Err(error)) => Err(cause(error)),
            (answer, _) => answer,
        },
    }
}

fn request(method: Method, question: Question<'_>) -> Builder {
    Request::builder()
        .method(method)
        .uri(question.path)
        .header(HOST, question.host)
        .header(USER_AGENT, question.agent)
        .header(CONNECTION, "close")
}

/// Interim answers are passed over by hyper.
async fn exchange(
    mut sender: SendRequest<Empty<Bytes>>,
    request: Request<Empty<Bytes>>,
    mute: u16,
) -> Result<Answer, AskError> {
    let response = sender.send_request(request).await.map_err(cause)?;
    let status = response.status().as_u16();
    let content = if status < mute { content(response).await? } else { Vec::new() };
    Ok(Answer { status, content })
}

async fn content(response: Response<Incoming>) -> Result<Vec<u8>, AskError> {
    let framed = has_end(&response);
    let (mut body, mut content) = (response.into_body(), Vec::new());
    while content.len() < MOST_CONTENT {
        let next = if framed {
            body.frame().await
        } else {
            timeout(UNFRAMED_SILENCE, body.frame()).await.unwrap_or_default()
        };
        let Some(frame) = next else { break };
        let data = frame.map_err(cause)?.into_data().unwrap_or_default();
        content.extend_from_slice(&data);
    }
    content.truncate(MOST_CONTENT);
    Ok(content)
}

/// Whether the head tells where the content ends (RFC 9112 section 6.3).
fn has_end(response: &Response<Incoming>) -> bool {
    let fields = response.headers();
    response.body().is_end_stream()
        || fields.contains_key(CONTENT_LENGTH)
        || fields.contains_key(TRANSFER_ENCODING)
}

fn cause(error: hyper::Error) -> AskError {
    if is_unasked(&error) || error.is_parse() {
        return AskError::NotHttp;
    }
    if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        return AskError::CutShort;
    }
    let kind = error.source().and_then(|source| source.downcast_ref()).map(io::Error::kind);
    match kind {
        Some(io::ErrorKind::UnexpectedEof) => AskError::CutShort,
        // Chunks that are none.
        Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData) => AskError::NotHttp,
        _ => AskError::Broken(error),
    }
}

/// Whether bytes came before anything was asked, as from servers that speak first.
fn is_unasked(error: &hyper::Error) -> bool {
    let inner = error.source().and_then(|source| source.downcast_ref::<hyper::Error>()).unwrap_or(error);
    // hyper has no name for it: of those that it has no name for, it is the one without a cause.
    let named = inner.is_parse()
        || inner.is_incomplete_message()
        || inner.is_canceled()
        || inner.is_closed()
        || inner.is_user()
        || inner.is_timeout();
    !named && inner.source().is_none()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    const QUESTION: Question<'_> = Question { host: "a:80", path: "/health?x=1", agent: "test" };

    /// Asks a server that answers so, one byte at a time, and then stays or goes.
    async fn answered(bytes: &str, stays: bool) -> Result<Answer, AskError> {
        // As narrow as that, each read gets one byte.
        let (ours, mut theirs) = duplex(1);
        let server = async move {
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                asked.push(theirs.read_u8().await?);
            }
            theirs.write_all(bytes.as_bytes()).await?;
            if stays {
                theirs.read_u8().await?;
            }
            io::Result::Ok(asked)
        };
        let (answer, asked) = tokio::join!(ask_over(ours, QUESTION), server);
        if let Ok(asked) = asked {
            assert!(asked.starts_with(b"GET /health?x=1 HTTP/1.1\r\nhost: a:80\r\n"), "{asked:?}");
        }
        answer
    }

    #[tokio::test]
    async fn an_answer_ends_where_its_framing_says() {
        let rows = [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok"),
            ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "ok"),
            ("HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
            ("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, ""),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nX: y\r\n\r\n",
                200,
                "ok",
            ),
            ("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, ""),
            ("HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\n", 503, ""),
            ("HTTP/1.1 200 OK\r\n\r\nno end is told", 200, "no end is told"),
        ];
        for (bytes, status, content) in rows {
            let answer = answered(bytes, true).await.unwrap();
            assert_eq!(answer, Answer { status, content: content.into() }, "{bytes}");
        }
    }

    #[tokio::test]
    async fn what_is_cut_short_is_no_answer() {
        let rows = [
            "",
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n",
        ];
        for bytes in rows {
            let answer = answered(bytes, false).await;
            assert!(matches!(answer, Err(AskError::CutShort)), "{bytes}: {answer:?}");
        }
    }

    #[tokio::test]
    async fn what_is_not_http_is_named() {
        let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n";
        for bytes in ["SSH-2.0-OpenSSH_9.2\r\n", "HTTP/2 200\r\n\r\n", chunks] {
            let answer = answered(bytes, true).await;
            assert!(matches!(answer, Err(AskError::NotHttp)), "{bytes}: {answer:?}");
        }
        let (ours, mut theirs) = duplex(64);
        theirs.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await.unwrap();
        let answer = ask_over(ours, QUESTION).await;
        assert!(matches!(answer, Err(AskError::NotHttp)), "{answer:?}");
    }
}
