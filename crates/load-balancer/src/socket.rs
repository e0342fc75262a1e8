//! A client's TCP socket that the runtime watches only once it has to be waited for.
//!
//! A connection that asks one thing and closes is often never waited for: its request has come before it is accepted,
//! and its answer fits the socket's buffer. To be entered into epoll and struck out again would be two of its nine
//! system calls.

use socket2::SockRef;
use std::io::{self, IoSlice, Read, Write};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A connected socket that never blocks.
#[derive(Debug)]
pub(crate) struct Socket {
    state: State,
    /// The last read did not fill its buffer, so that another would find nothing.
    drained: bool,
}

#[derive(Debug)]
enum State {
    Unwatched(std::net::TcpStream),
    Watched(TcpStream),
    /// It could not be watched.
    Lost,
}

impl Socket {
    /// `stream` must be in non-blocking mode.
    pub(crate) fn new(stream: std::net::TcpStream) -> Self {
        Self { state: State::Unwatched(stream), drained: false }
    }

    /// The socket alone, to be used by another thread.
    pub(crate) fn into_std(self) -> io::Result<std::net::TcpStream> {
        match self.state {
            State::Unwatched(stream) => Ok(stream),
            State::Watched(stream) => stream.into_std(),
            State::Lost => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// From now on the connection is reset when it is closed, so that its end is not taken for the end of an answer.
    pub(crate) fn reset_on_close(&self) {
        // That it fails means that there is no connection left.
        let _ = match &self.state {
            State::Unwatched(stream) => SockRef::from(stream).set_linger(Some(Duration::ZERO)),
            State::Watched(stream) => SockRef::from(stream).set_linger(Some(Duration::ZERO)),
            State::Lost => Ok(()),
        };
    }

    /// The socket as the runtime watches it, from now on if it did not before.
    fn watched(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        if let State::Unwatched(_) = self.state
            && let State::Unwatched(stream) = std::mem::replace(&mut self.state, State::Lost)
        {
            self.state = State::Watched(TcpStream::from_std(stream)?);
        }
        match &mut self.state {
            State::Watched(stream) => Ok(Pin::new(stream)),
            State::Unwatched(_) | State::Lost => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Does `operation` where nothing watches the socket and it need not wait.
    fn at_once<T>(
        &self,
        mut operation: impl FnMut(&std::net::TcpStream) -> io::Result<T>,
    ) -> Option<io::Result<T>> {
        let State::Unwatched(stream) = &self.state else { return None };
        loop {
            match operation(stream) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                done => return Some(done),
            }
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.drained
            && let Some(read) = self.at_once(|mut stream| stream.read(buf.initialize_unfilled()))
        {
            let len = read?;
            self.drained = len < buf.remaining();
            buf.advance(len);
            return Poll::Ready(Ok(()));
        }
        self.watched()?.poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.at_once(|mut stream| stream.write(buf)) {
            Some(written) => Poll::Ready(written),
            None => self.watched()?.poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.at_once(|mut stream| stream.write_vectored(bufs)) {
            Some(written) => Poll::Ready(written),
            None => self.watched()?.poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.at_once(|stream| stream.shutdown(Shutdown::Write)) {
            Some(shut) => Poll::Ready(shut),
            None => self.watched()?.poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    fn pair() -> (std::net::TcpStream, Socket) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().unwrap();
        stream.set_nonblocking(true).unwrap();
        (client, Socket::new(stream))
    }

    #[tokio::test]
    async fn a_socket_is_watched_once_it_has_to_be_waited_for() {
        let (mut client, mut socket) = pair();
        client.write_all(b"abc").unwrap();
        assert_eq!(socket.read_u8().await.unwrap(), b'a');
        let mut rest = [0; 8];
        assert_eq!(socket.read(&mut rest).await.unwrap(), 2);
        socket.write_all(b"answer").await.unwrap();
        assert!(matches!(socket.state, State::Unwatched(_)));

        let (read, ()) = tokio::join!(socket.read(&mut rest), async { client.write_all(b"d").unwrap() });
        assert_eq!((read.unwrap(), rest[0]), (1, b'd'));
        assert!(matches!(socket.state, State::Watched(_)));
        let mut answer = [0; 6];
        client.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"answer");
    }

    #[tokio::test]
    async fn what_does_not_fit_waits_for_the_peer() {
        let (mut client, mut socket) = pair();
        let sent = vec![b'x'; 16 << 20];
        let reader = std::thread::spawn(move || {
            let mut received = Vec::new();
            client.read_to_end(&mut received).map(|_| received.len())
        });
        socket.write_all(&sent).await.unwrap();
        assert!(matches!(socket.state, State::Watched(_)));
        socket.shutdown().await.unwrap();
        assert_eq!(reader.join().unwrap().unwrap(), sent.len());
    }

    #[tokio::test]
    async fn a_connection_can_be_ended_by_a_reset() {
        let (mut client, socket) = pair();
        socket.reset_on_close();
        drop(socket);
        let error = client.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    }
}
