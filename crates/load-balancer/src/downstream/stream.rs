//! A client connection, in clear or over TLS, whose short messages go by the worker's send queue.

use crate::runtime::SharedSocket;
use crate::runtime::{SendQueue, To};
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
    Plain(ClientSocket),
    Tls(Box<TlsStream<ClientSocket>>),
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
    pub(crate) fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket.tcp(),
            Self::Tls(stream) => stream.get_ref().0.tcp(),
        }
    }

    /// Whether nothing more can be sent to the peer: its connection is reset. Asks the operating system.
    pub(crate) fn is_broken(&self) -> bool {
        let mut asked = [PollFd::new(self.tcp(), PollFlags::empty())];
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
            Self::Plain(socket) => Pin::new(socket).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_flush_records(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// The TCP connection of a client. What is short is left to the send queue; that it is sent before anything else that is
/// written here, and all of it, is seen to.
#[derive(Debug)]
pub(crate) struct ClientSocket {
    socket: SharedSocket,
    send_queue: Rc<SendQueue>,
    /// What the send queue has given back; none while the socket is queued.
    rest: Vec<u8>,
}

impl ClientSocket {
    pub(crate) fn new(stream: TcpStream, send_queue: &Rc<SendQueue>) -> Self {
        Self { socket: SharedSocket::new(stream), send_queue: Rc::clone(send_queue), rest: Vec::new() }
    }

    /// The socket.
    pub(crate) fn tcp(&self) -> &TcpStream {
        self.socket.tcp()
    }

    /// Whether the client has all that was written, as far as that is up to this process.
    pub(crate) fn owes_nothing(&self) -> bool {
        if self.socket.is_queued() {
            // Not recalled: nobody may come to write what is left.
            self.send_queue.flush();
        }
        self.rest.is_empty() && !self.socket.is_queued()
    }

    /// The TCP stream of a socket that [owes nothing](Self::owes_nothing).
    pub(crate) fn into_socket(self) -> Option<TcpStream> {
        self.socket.into_socket()
    }

    fn recall(&mut self) {
        if self.socket.is_queued() {
            self.rest = self.send_queue.recall(&self.socket);
        }
    }

    /// Ready once nothing of what was written before is left.
    fn poll_settle(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.recall();
        while !self.rest.is_empty() {
            match ready!(Pin::new(&mut self.socket).poll_write(cx, &self.rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => drop(self.rest.drain(..sent)),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for ClientSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl AsyncWrite for ClientSocket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.rest.is_empty() && self.send_queue.push(&self.socket, To::Client, buf) {
            return Poll::Ready(Ok(buf.len()));
        }
        ready!(self.poll_settle(cx))?;
        Pin::new(&mut self.socket).poll_write(cx, buf)
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
        Pin::new(&mut self.socket).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// What the send queue has is on its way.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.rest.is_empty() { Poll::Ready(Ok(())) } else { self.poll_settle(cx) }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_settle(cx))?;
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// A socket that has not taken all, what was written to it, and the client.
    async fn clogged(send_queue: &Rc<SendQueue>) -> (ClientSocket, Vec<u8>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut socket = ClientSocket::new(listener.accept().await.unwrap().0, send_queue);
        let mut written = Vec::new();
        while !socket.socket.is_queued() {
            let message: Vec<u8> = written.len().to_string().bytes().cycle().take(4000).collect();
            socket.write_all(&message).await.unwrap();
            written.extend_from_slice(&message);
            send_queue.flush();
        }
        (socket, written, client)
    }

    #[tokio::test]
    async fn what_is_owed_is_given_though_nothing_more_is_written() {
        let send_queue = Rc::new(SendQueue::default());
        send_queue
            .while_delivering(async {
                let (socket, written, mut client) = clogged(&send_queue).await;
                assert!(!socket.owes_nothing());
                let mut came = vec![0; written.len()];
                client.read_exact(&mut came).await.unwrap();
                assert!(came == written);
                tokio::task::yield_now().await;
                assert!(socket.owes_nothing());
            })
            .await;
    }

    #[tokio::test]
    async fn what_is_written_later_comes_later() {
        let send_queue = Rc::new(SendQueue::default());
        let (mut socket, written, mut client) = clogged(&send_queue).await;
        let rest = vec![b'r'; 100_000];
        let expected = [&written[..], &rest, b"end"].concat();
        let writing = async {
            socket.write_all(&rest).await.unwrap();
            socket.write_all(b"end").await.unwrap();
            socket.shutdown().await.unwrap();
        };
        let mut came = Vec::new();
        let (read, ()) = tokio::join!(client.read_to_end(&mut came), writing);
        read.unwrap();
        assert!(came == expected);
    }
}
