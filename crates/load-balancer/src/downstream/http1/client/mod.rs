//! A client that speaks HTTP/1: its stream, bytes that came ahead of time, and bytes that the client has yet to take.
//! [`side`] implements [`crate::client::Client`].

mod side;

use crate::client::ClientError;
use crate::downstream::stream::Stream;
use crate::http1::body::Body;
use crate::http1::length::Length;
use crate::http1::write::Coding;
use crate::runtime::Scratch;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;

/// How much of the answer the client has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Writing {
    /// No head.
    Nothing,
    /// The head, and perhaps part of the body, which is sent in this coding.
    Body(Coding),
    /// The client was offered the whole answer.
    Ended,
    /// The answer broke off.
    Broken,
}

/// What becomes of the connection after the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeepAlive {
    /// The connection takes another request.
    Reused,
    /// The balancer ends the connection.
    Ends,
    /// The client itself will send nothing after this request.
    ClientEnds,
}

/// One client connection. Between requests a connection owns no buffer.
#[derive(Debug)]
pub(crate) struct Http1Client {
    pub(super) stream: Stream,
    /// Bytes that have come and are not used yet: part of a head, or later requests.
    pub(super) ahead: Vec<u8>,
    /// Bytes of answers that the client has not taken yet.
    unsent: Vec<u8>,
    sent: usize,
    /// The body of the request being read.
    pub(super) body: Body,
    to_http10: bool,
    writing: Writing,
    keep_alive: KeepAlive,
    /// The client's side of the connection has ended, so no further request comes.
    ended: bool,
    /// Bytes of content of the current answer.
    content_out: u64,
}

impl Http1Client {
    pub(crate) fn new(stream: Stream) -> Self {
        Self {
            stream,
            ahead: Vec::new(),
            unsent: Vec::new(),
            sent: 0,
            body: Body::new(Length::Empty),
            to_http10: false,
            writing: Writing::Nothing,
            keep_alive: KeepAlive::Reused,
            ended: false,
            content_out: 0,
        }
    }

    /// Begins a request.
    pub(super) fn begin_request(&mut self, length: Length, http10: bool, keep_alive: bool) {
        self.body = Body::new(length);
        self.keep_alive = if keep_alive { KeepAlive::Reused } else { KeepAlive::ClientEnds };
        (self.to_http10, self.writing, self.content_out) = (http10, Writing::Nothing, 0);
    }

    /// The connection ends with this answer.
    pub(super) fn close(&mut self) {
        if self.keep_alive == KeepAlive::Reused {
            self.keep_alive = KeepAlive::Ends;
        }
    }

    /// Whether the answer has been offered to its end.
    pub(super) fn is_answered(&self) -> bool {
        self.writing == Writing::Ended
    }

    /// Whether the client may already be sending its next request.
    pub(super) fn may_send_more(&self) -> bool {
        self.keep_alive != KeepAlive::ClientEnds || !self.body.is_done()
    }

    /// Whether the connection can take another request.
    pub(super) fn is_reusable(&self) -> bool {
        self.is_answered() && self.keep_alive == KeepAlive::Reused && self.body.is_done()
    }

    /// Keeps bytes that came ahead of time; keeps no buffer when there are none.
    pub(super) fn keep_ahead(&mut self, bytes: Vec<u8>) {
        self.ahead = if bytes.is_empty() { Vec::new() } else { bytes };
    }

    /// Takes content out of the bytes in the scratch. Bytes behind the body are kept for the next request.
    pub(super) fn decode(
        &mut self,
        scratch: &mut Scratch,
        range: Range<usize>,
    ) -> Result<Range<usize>, ClientError> {
        let decoded = self.body.decode(scratch.bytes_mut(&range))?;
        let rest = range.start + decoded.used..range.end;
        if !rest.is_empty() {
            self.ahead.splice(0..0, scratch.bytes(&rest).iter().copied());
        }
        Ok(range.start..range.start + decoded.data)
    }

    /// Whether this process has handed all bytes for the client to the kernel.
    pub(super) fn owes_nothing(&self) -> bool {
        match &self.stream {
            Stream::Plain(socket) => self.unsent.is_empty() && socket.owes_nothing(),
            Stream::Tls(_) => self.unsent.is_empty(),
        }
    }

    /// Whether the connection can go on elsewhere as it is: in clear, with nothing read ahead or still to be sent.
    pub(super) fn can_move(&self) -> bool {
        !self.stream.is_tls() && self.ahead.is_empty() && self.owes_nothing()
    }

    /// The socket of a connection in clear that [owes nothing](Self::owes_nothing).
    pub(super) fn into_socket(self) -> Option<TcpStream> {
        match self.stream {
            Stream::Plain(socket) => socket.into_socket(),
            Stream::Tls(_) => None,
        }
    }

    /// Writes as much as the socket takes at once and keeps the rest.
    fn send(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Result<(), ClientError> {
        let mut sent = 0;
        while self.unsent.is_empty() && sent < bytes.len() {
            match Pin::new(&mut self.stream).poll_write(cx, &bytes[sent..]) {
                Poll::Ready(Ok(0)) => return Err(ClientError::Left(None)),
                Poll::Ready(Ok(len)) => sent += len,
                Poll::Ready(Err(error)) => return Err(error.into()),
                Poll::Pending => break,
            }
        }
        self.unsent.extend_from_slice(&bytes[sent..]);
        Ok(())
    }

    /// Whether no further request can come.
    fn is_last(&self) -> bool {
        self.ended && self.ahead.is_empty()
    }

    /// Sends `close_notify` in TLS, if the socket takes it at once.
    pub(super) async fn say_goodbye(&mut self) {
        std::future::poll_fn(|cx| {
            if self.stream.is_tls() {
                let _ = Pin::new(&mut self.stream).poll_shutdown(cx);
            }
            Poll::Ready(())
        })
        .await;
    }

    /// The value of `Connection` for an answer, where one is needed.
    fn connection(&self) -> Option<&'static [u8]> {
        match self.keep_alive {
            KeepAlive::Ends | KeepAlive::ClientEnds => Some(b"close"),
            KeepAlive::Reused if self.to_http10 => Some(b"keep-alive"),
            KeepAlive::Reused => None,
        }
    }
}
