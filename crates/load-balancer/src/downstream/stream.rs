//! A client connection, in clear or over TLS, whose short messages go by the worker's outbox.

use crate::runtime::Line;
use crate::runtime::{Outbox, To};
use rustix::event::{PollFd, PollFlags, Timespec};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// A client connection, in clear or over TLS.
#[derive(Debug)]
pub(crate) enum Stream {
    Plain(ClientLine),
    Tls(Box<TlsStream<ClientLine>>),
}

impl Stream {
    /// Sends records that TLS still holds back; a plain socket holds nothing back.
    pub(crate) fn poll_flush_records(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(_) => Poll::Ready(Ok(())),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    /// The socket below.
    pub(crate) fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(line) => line.socket(),
            Self::Tls(stream) => stream.get_ref().0.socket(),
        }
    }

    /// Whether nothing more can be sent to the peer: its connection is reset. Asks the operating system.
    pub(crate) fn is_broken(&self) -> bool {
        let mut asked = [PollFd::new(self.socket(), PollFlags::empty())];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        rustix::event::poll(&mut asked, Some(&now)).is_ok_and(|told| told > 0)
    }

    /// Whether the peer is told of the end by more than the end of the TCP stream.
    pub(crate) fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(line) => Pin::new(line).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(line) => Pin::new(line).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_flush_records(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(line) => Pin::new(line).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// The TCP connection of a client. What is short is left to the outbox; that it is sent before anything else that is
/// written here, and all of it, is seen to.
#[derive(Debug)]
pub(crate) struct ClientLine {
    line: Line,
    outbox: Rc<Outbox>,
    /// What the outbox has given back; none while the line is posted.
    rest: Vec<u8>,
}

impl ClientLine {
    pub(crate) fn new(stream: TcpStream, outbox: &Rc<Outbox>) -> Self {
        Self { line: Line::new(stream), outbox: Rc::clone(outbox), rest: Vec::new() }
    }

    /// The socket.
    pub(crate) fn socket(&self) -> &TcpStream {
        self.line.socket()
    }

    /// Whether the client has all that was written, as far as that is up to this process.
    pub(crate) fn owes_nothing(&self) -> bool {
        if self.line.is_posted() {
            // Not recalled: nobody may come to write what is left.
            self.outbox.flush();
        }
        self.rest.is_empty() && !self.line.is_posted()
    }

    /// The socket of a line that [owes nothing](Self::owes_nothing).
    pub(crate) fn into_socket(self) -> Option<TcpStream> {
        self.line.into_socket()
    }

    fn recall(&mut self) {
        if self.line.is_posted() {
            self.rest = self.outbox.recall(&self.line);
        }
    }

    /// Ready once nothing of what was written before is left.
    fn poll_settle(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.recall();
        while !self.rest.is_empty() {
            match ready!(Pin::new(&mut self.line).poll_write(cx, &self.rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => drop(self.rest.drain(..sent)),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for ClientLine {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.line).poll_read(cx, buf)
    }
}

impl AsyncWrite for ClientLine {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.rest.is_empty() && self.outbox.post(&self.line, To::Client, buf) {
            return Poll::Ready(Ok(buf.len()));
        }
        ready!(self.poll_settle(cx))?;
        Pin::new(&mut self.line).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [buf] = bufs {
            return self.poll_write(cx, buf);
        }
        ready!(self.poll_settle(cx))?;
        Pin::new(&mut self.line).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// What the outbox has is on its way.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.rest.is_empty() { Poll::Ready(Ok(())) } else { self.poll_settle(cx) }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_settle(cx))?;
        Pin::new(&mut self.line).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// A line whose socket has not taken all, what was written to it, and the client.
    async fn clogged(outbox: &Rc<Outbox>) -> (ClientLine, Vec<u8>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut line = ClientLine::new(listener.accept().await.unwrap().0, outbox);
        let mut written = Vec::new();
        while !line.line.is_posted() {
            let message: Vec<u8> = written.len().to_string().bytes().cycle().take(4000).collect();
            line.write_all(&message).await.unwrap();
            written.extend_from_slice(&message);
            outbox.flush();
        }
        (line, written, client)
    }

    #[tokio::test]
    async fn what_is_owed_is_given_though_nothing_more_is_written() {
        let outbox = Rc::new(Outbox::default());
        outbox
            .while_delivering(async {
                let (line, written, mut client) = clogged(&outbox).await;
                assert!(!line.owes_nothing());
                let mut came = vec![0; written.len()];
                client.read_exact(&mut came).await.unwrap();
                assert!(came == written);
                tokio::task::yield_now().await;
                assert!(line.owes_nothing());
            })
            .await;
    }

    #[tokio::test]
    async fn what_is_written_later_comes_later() {
        let outbox = Rc::new(Outbox::default());
        let (mut line, written, mut client) = clogged(&outbox).await;
        let rest = vec![b'r'; 100_000];
        let expected = [&written[..], &rest, b"end"].concat();
        let writing = async {
            line.write_all(&rest).await.unwrap();
            line.write_all(b"end").await.unwrap();
            line.shutdown().await.unwrap();
        };
        let mut came = Vec::new();
        let (read, ()) = tokio::join!(client.read_to_end(&mut came), writing);
        read.unwrap();
        assert!(came == expected);
    }
}
