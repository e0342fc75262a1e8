//! The I/O type of both sides: a TCP connection that owns its unsent bytes.

use super::shared_socket::SharedSocket;
use super::{SendQueue, To};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The TCP connection of a client, or to a server. Short messages may be left to the send queue. Nobody else can write
/// to the connection, so a queued message is sent, as a whole, before anything that is written later.
#[derive(Debug)]
pub(crate) struct Socket {
    shared: SharedSocket,
    send_queue: Rc<SendQueue>,
    to: To,
    /// The bytes that the send queue has given back; none while the socket is queued.
    rest: Vec<u8>,
}

impl Socket {
    pub(crate) fn new(stream: TcpStream, to: To, send_queue: &Rc<SendQueue>) -> Self {
        Self { shared: SharedSocket::new(stream), send_queue: Rc::clone(send_queue), to, rest: Vec::new() }
    }

    /// The socket.
    pub(crate) fn tcp(&self) -> &TcpStream {
        self.shared.tcp()
    }

    /// Whether the send queue has something to send here.
    pub(crate) fn is_queued(&self) -> bool {
        self.shared.is_queued()
    }

    /// Whether neither an unread byte nor an end has come, as far as the runtime has been told. Costs no system call as
    /// long as that is so.
    pub(crate) fn seems_quiet(&self) -> bool {
        self.shared.seems_quiet()
    }

    /// Whether neither an unread byte nor an end has come. Asks the operating system.
    pub(crate) fn is_quiet(&self) -> bool {
        self.shared.is_quiet()
    }

    /// Writes past the send queue: the kernel has the written bytes when this returns.
    pub(crate) fn poll_write_now(
        &mut self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_settle(cx))?;
        match bufs {
            [buf] => Pin::new(&mut self.shared).poll_write(cx, buf),
            bufs => Pin::new(&mut self.shared).poll_write_vectored(cx, bufs),
        }
    }

    /// Whether this process has handed all written bytes to the kernel.
    pub(crate) fn owes_nothing(&self) -> bool {
        if self.shared.is_queued() {
            // Not recalled: nobody may come to write what is left.
            self.send_queue.flush();
        }
        self.rest.is_empty() && !self.shared.is_queued()
    }

    /// The TCP stream of a socket that [owes nothing](Self::owes_nothing).
    pub(crate) fn into_socket(self) -> Option<TcpStream> {
        self.shared.into_socket()
    }

    fn recall(&mut self) {
        if self.shared.is_queued() {
            self.rest = self.send_queue.recall(&self.shared);
        }
    }

    /// Ready once all earlier bytes are written.
    fn poll_settle(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.recall();
        while !self.rest.is_empty() {
            match ready!(Pin::new(&mut self.shared).poll_write(cx, &self.rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => drop(self.rest.drain(..sent)),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.shared).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.rest.is_empty() && self.send_queue.push(&self.shared, self.to, buf) {
            return Poll::Ready(Ok(buf.len()));
        }
        self.poll_write_now(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [buf] = bufs {
            return self.poll_write(cx, buf);
        }
        self.poll_write_now(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// The send queue's bytes are on their way.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.rest.is_empty() { Poll::Ready(Ok(())) } else { self.poll_settle(cx) }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_settle(cx))?;
        Pin::new(&mut self.shared).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// A socket that has not taken all, what was written to it, and the client.
    async fn clogged(send_queue: &Rc<SendQueue>) -> (Socket, Vec<u8>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut socket = Socket::new(listener.accept().await.unwrap().0, To::Client, send_queue);
        let mut written = Vec::new();
        while !socket.shared.is_queued() {
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
