//! A TCP connection that its exchange and the send queue can both write to.

use socket2::SockRef;
use std::io::{self, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

/// One end of a TCP connection. Its exchange holds it, and so does the worker's [`crate::runtime::SendQueue`] while the
/// queue has a message for it. It is closed when the last holder drops it.
#[derive(Debug, Clone)]
pub(crate) struct SharedSocket(Rc<TcpStream>);

impl SharedSocket {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self(Rc::new(stream))
    }

    /// The socket.
    pub(crate) fn tcp(&self) -> &TcpStream {
        &self.0
    }

    /// Whether the send queue has something to send here.
    pub(crate) fn is_queued(&self) -> bool {
        Rc::strong_count(&self.0) > 1
    }

    /// Whether both are the same connection.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    /// The socket alone, unless the send queue has something to send.
    pub(crate) fn into_socket(self) -> Option<TcpStream> {
        Rc::into_inner(self.0)
    }

    /// Whether neither an unread byte nor an end has come, as far as the runtime has been told. Costs no system call as
    /// long as that is so.
    pub(crate) fn seems_quiet(&self) -> bool {
        would_block(&self.0.try_read(&mut [0]))
    }

    /// Whether neither an unread byte nor an end has come. Asks the operating system.
    pub(crate) fn is_quiet(&self) -> bool {
        would_block(&SockRef::from(&*self.0).peek(&mut [MaybeUninit::uninit()]))
    }

    /// Sends as much as the socket takes at once, whatever the runtime knows of the socket.
    pub(crate) fn send_now(&self, bytes: &[u8]) -> io::Result<usize> {
        SockRef::from(&*self.0).send(bytes)
    }

    /// Reads or writes up to `want` bytes by `transfer`. A transfer that moves fewer bytes has drained or filled the
    /// socket, so no further one is made only to find that out.
    fn poll_transfer(
        &self,
        cx: &mut Context<'_>,
        interest: Interest,
        want: usize,
        mut transfer: impl FnMut(&socket2::Socket) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(if interest.is_readable() {
                self.0.poll_read_ready(cx)
            } else {
                self.0.poll_write_ready(cx)
            })?;
            let mut short = None;
            let moved = self.0.try_io(interest, || {
                let moved = transfer(&SockRef::from(&*self.0))?;
                if moved == 0 || moved == want {
                    return Ok(moved);
                }
                short = Some(moved);
                Err(io::ErrorKind::WouldBlock.into())
            });
            match (short, moved) {
                (Some(moved), _) => return Poll::Ready(Ok(moved)),
                (None, moved) if would_block(&moved) => {}
                (None, moved) => return Poll::Ready(moved),
            }
        }
    }
}

fn would_block<T>(result: &io::Result<T>) -> bool {
    matches!(result, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}

impl AsyncRead for SharedSocket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let bytes = buf.initialize_unfilled();
        let read = self.poll_transfer(cx, Interest::READABLE, bytes.len(), |mut socket| socket.read(bytes));
        buf.advance(ready!(read)?);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for SharedSocket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_transfer(cx, Interest::WRITABLE, buf.len(), |mut socket| socket.write(buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let want = bufs.iter().map(|buf| buf.len()).sum();
        self.poll_transfer(cx, Interest::WRITABLE, want, |mut socket| socket.write_vectored(bufs))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(SockRef::from(&*self.0).shutdown(Shutdown::Write))
    }
}
