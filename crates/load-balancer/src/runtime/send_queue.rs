//! The send queue: short messages that are sent together once every task that can run has run.
//!
//! A send is the longest way through the kernel: down to the network, up to the receiver, and perhaps a wake-up.
//! Between any two requests, a send leaves nothing of this program in the processor's caches. Many sends in a row find
//! each other's code and data there, and so do many reads in a row. A peer that is woken finds several messages at
//! once.

use super::shared_socket::SharedSocket;
use std::cell::RefCell;
use std::fmt;
use std::io::ErrorKind;
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

/// The longest message, in bytes: to copy a longer one would cost more than sending it with others saves.
const LONGEST: usize = 4096;
/// The most messages that wait: none waits for hundreds of requests to be read.
const MOST: usize = 32;
/// How long a client whose connection has ended otherwise may take to read the rest of its bytes.
const PATIENCE: Duration = Duration::from_mins(1);

/// The receiver of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum To {
    /// A client. It still gets the rest of a message when its connection has ended otherwise.
    Client,
    /// A server. Nobody waits for its answer when its connection has ended.
    Upstream,
}

/// The messages of one worker that are about to be sent.
#[derive(Default)]
pub(crate) struct SendQueue(RefCell<Queued>);

#[derive(Default)]
struct Queued {
    /// The bytes of all messages, one after the other.
    bytes: Vec<u8>,
    messages: Vec<Message>,
    /// The rests of messages that sockets did not take; almost always none.
    unsent: Vec<Unsent>,
    /// The waker of [`SendQueue::deliver`].
    waker: Option<Waker>,
}

struct Message {
    socket: SharedSocket,
    to: To,
    length: usize,
}

/// The rest of a message.
struct Unsent {
    socket: SharedSocket,
    to: To,
    bytes: Vec<u8>,
    since: Instant,
}

impl SendQueue {
    /// Takes a message in, to be sent before the worker sleeps. Gives false where the message is too long, or where the
    /// socket has a message here already. As long as the socket [is queued](SharedSocket::is_queued), nothing may be
    /// written to it before [`SendQueue::recall`].
    ///
    /// A failed send is not reported: whoever reads from the socket sees why.
    pub(crate) fn push(&self, socket: &SharedSocket, to: To, message: &[u8]) -> bool {
        if message.len() > LONGEST || socket.is_queued() {
            return false;
        }
        let queue = &mut *self.0.borrow_mut();
        if queue.messages.is_empty() {
            queue.wake();
        }
        queue.bytes.extend_from_slice(message);
        queue.messages.push(Message { socket: socket.clone(), to, length: message.len() });
        if queue.messages.len() >= MOST {
            queue.send_all();
        }
        true
    }

    /// Sends all messages, and gives back the rest for this socket.
    pub(crate) fn recall(&self, socket: &SharedSocket) -> Vec<u8> {
        let queue = &mut *self.0.borrow_mut();
        queue.send_all();
        let unsent = queue.unsent.iter().position(|unsent| unsent.socket.is(socket));
        unsent.map(|at| queue.unsent.swap_remove(at).bytes).unwrap_or_default()
    }

    /// Sends all messages. A rest that a socket does not take stays, and is sent once the socket takes it.
    pub(crate) fn flush(&self) {
        self.0.borrow_mut().send_all();
    }

    /// Whether all messages are sent.
    pub(crate) fn is_empty(&self) -> bool {
        let queue = self.0.borrow();
        queue.messages.is_empty() && queue.unsent.is_empty()
    }

    /// Drops rests that nobody waits for.
    pub(crate) fn tick(&self, now: Instant) {
        self.0.borrow_mut().unsent.retain(|unsent| unsent.is_awaited(now));
    }

    /// Sends messages for as long as it runs. The first message wakes this task of the worker, so the task comes after
    /// all tasks that could run by then.
    pub(crate) async fn deliver(&self) {
        std::future::poll_fn::<(), _>(|cx| {
            let queue = &mut *self.0.borrow_mut();
            if !queue.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                queue.waker = Some(cx.waker().clone());
            }
            queue.send_all();
            queue.unsent.retain_mut(|unsent| unsent.poll_send(cx).is_pending());
            Poll::Pending
        })
        .await;
    }
}

impl Queued {
    fn send_all(&mut self) {
        let mut rest = &self.bytes[..];
        let held = self.unsent.len();
        for Message { socket, to, length } in self.messages.drain(..) {
            let (message, others) = rest.split_at(length);
            let mut sent = 0;
            while sent < length {
                match socket.send_now(&message[sent..]) {
                    Ok(more) if more > 0 => sent += more,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Ok(_) | Err(_) => sent = length,
                }
            }
            if sent < length {
                let bytes = message[sent..].to_vec();
                self.unsent.push(Unsent { socket, to, bytes, since: Instant::now() });
            }
            rest = others;
        }
        self.bytes.clear();
        if self.unsent.len() > held {
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(waker) = &self.waker {
            waker.wake_by_ref();
        }
    }
}

impl Unsent {
    fn is_awaited(&self, now: Instant) -> bool {
        let lives = self.socket.is_queued();
        lives || (self.to == To::Client && now.saturating_duration_since(self.since) < PATIENCE)
    }

    /// Ready once the rest is sent or cannot be.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.bytes.is_empty() {
            if ready!(self.socket.tcp().poll_write_ready(cx)).is_err() {
                break;
            }
            match self.socket.tcp().try_write(&self.bytes) {
                Ok(sent) if sent > 0 => drop(self.bytes.drain(..sent)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Ok(_) | Err(_) => break,
            }
        }
        Poll::Ready(())
    }
}

impl fmt::Debug for SendQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queue = self.0.borrow();
        let (messages, unsent) = (queue.messages.len(), queue.unsent.len());
        f.debug_struct("SendQueue").field("messages", &messages).field("unsent", &unsent).finish()
    }
}

#[cfg(test)]
mod tests;
