//! Short messages that are sent together once every task that can run has run.
//!
//! To send is the longest way through the kernel that there is: down to the network, up to the receiver, and perhaps
//! a wake-up. Done between any two requests, it leaves nothing of this program in the processor's caches. Many sends
//! in a row find each other's code and data there, and so do the requests that are read in a row; a peer that is
//! woken finds several messages at once.

use super::shared_socket::SharedSocket;
use std::cell::RefCell;
use std::fmt;
use std::io::ErrorKind;
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

/// The longest message, in bytes: to copy a longer one would cost more than sending it with others saves.
const LONGEST: usize = 4096;
/// So many messages go out without waiting for the rest: none waits for hundreds of requests to be read.
const MOST: usize = 32;
/// So long a client whose connection has ended otherwise may take to read what is left for it.
const PATIENCE: Duration = Duration::from_mins(1);

/// Whom a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum To {
    /// What it does not take at once it shall still get when its connection has ended otherwise.
    Client,
    /// When its connection has ended, nobody waits for its answer any more.
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
    /// What sockets did not take; almost always none.
    unsent: Vec<Unsent>,
    /// Of [`SendQueue::deliver`].
    waker: Option<Waker>,
}

struct Message {
    socket: SharedSocket,
    to: To,
    length: usize,
}

/// What is left of a message.
struct Unsent {
    socket: SharedSocket,
    to: To,
    bytes: Vec<u8>,
    since: Instant,
}

impl SendQueue {
    /// Takes in a message, to be sent before the worker sleeps; false where it is too long, or where the socket has a
    /// message here already. Nothing may be written to the socket before [`SendQueue::recall`] as long as it
    /// [is queued](SharedSocket::is_queued).
    ///
    /// That it cannot be sent is not told: who reads from the socket will see why.
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

    /// Sends what is here, and gives back what is left for this socket.
    pub(crate) fn recall(&self, socket: &SharedSocket) -> Vec<u8> {
        let queue = &mut *self.0.borrow_mut();
        queue.send_all();
        let unsent = queue.unsent.iter().position(|unsent| unsent.socket.is(socket));
        unsent.map(|at| queue.unsent.swap_remove(at).bytes).unwrap_or_default()
    }

    /// Sends what is here; what a socket does not take stays, and is sent once it does.
    pub(crate) fn flush(&self) {
        self.0.borrow_mut().send_all();
    }

    /// Whether all is sent.
    pub(crate) fn is_empty(&self) -> bool {
        let queue = self.0.borrow();
        queue.messages.is_empty() && queue.unsent.is_empty()
    }

    /// Forgets what nobody waits for.
    pub(crate) fn tick(&self, now: Instant) {
        self.0.borrow_mut().unsent.retain(|unsent| unsent.is_awaited(now));
    }

    /// Sends for as long as it runs. As a task of the worker it is called by the first message, and so comes after all
    /// that could run by then.
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

    /// Ready once all is sent or nothing more can be.
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
