//! Short messages that are sent together once every task that can run has run.
//!
//! To send is the longest way through the kernel that there is: down to the network, up to the receiver, and perhaps
//! a wake-up. Done between any two requests, it leaves nothing of this program in the processor's caches. Many sends
//! in a row find each other's code and data there, and so do the requests that are read in a row; a peer that is
//! woken finds several messages at once.

use crate::runtime::Line;
use std::cell::RefCell;
use std::fmt;
use std::io::ErrorKind;
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

/// The longest message, in bytes: a copy of more would cost what the company saves.
const LONGEST: usize = 4096;
/// So many letters go out without waiting for the rest: none waits for hundreds of requests to be read.
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
pub(crate) struct Outbox(RefCell<Post>);

#[derive(Default)]
struct Post {
    /// The messages of all letters, one after the other.
    bytes: Vec<u8>,
    letters: Vec<Letter>,
    /// What sockets did not take; almost always none.
    late: Vec<Late>,
    /// Of [`Outbox::deliver`].
    carrier: Option<Waker>,
}

struct Letter {
    line: Line,
    to: To,
    length: usize,
}

/// What is left of a letter.
struct Late {
    line: Line,
    to: To,
    bytes: Vec<u8>,
    since: Instant,
}

impl Outbox {
    /// Takes in a message, to be sent before the worker sleeps; false where it is too long, or where the line has a
    /// letter here already. Nothing may be written to the line before [`Outbox::recall`] as long as it
    /// [is posted](Line::is_posted).
    ///
    /// That it cannot be sent is not told: who reads from the line will see why.
    pub(crate) fn post(&self, line: &Line, to: To, message: &[u8]) -> bool {
        if message.len() > LONGEST || line.is_posted() {
            return false;
        }
        let post = &mut *self.0.borrow_mut();
        if post.letters.is_empty() {
            post.call();
        }
        post.bytes.extend_from_slice(message);
        post.letters.push(Letter { line: line.clone(), to, length: message.len() });
        if post.letters.len() >= MOST {
            post.send_all();
        }
        true
    }

    /// Sends what is here, and gives back what is left for this line.
    pub(crate) fn recall(&self, line: &Line) -> Vec<u8> {
        let post = &mut *self.0.borrow_mut();
        post.send_all();
        let late = post.late.iter().position(|late| late.line.is(line));
        late.map(|at| post.late.swap_remove(at).bytes).unwrap_or_default()
    }

    /// Sends what is here; what a socket does not take stays, and is sent once it does.
    pub(crate) fn flush(&self) {
        self.0.borrow_mut().send_all();
    }

    /// Whether all is sent.
    pub(crate) fn is_empty(&self) -> bool {
        let post = self.0.borrow();
        post.letters.is_empty() && post.late.is_empty()
    }

    /// Forgets what nobody waits for.
    pub(crate) fn tick(&self, now: Instant) {
        self.0.borrow_mut().late.retain(|late| late.is_awaited(now));
    }

    /// Sends for as long as it runs. As a task of the worker it is called by the first letter, and so comes after all
    /// that could run by then.
    pub(crate) async fn deliver(&self) {
        std::future::poll_fn::<(), _>(|cx| {
            let post = &mut *self.0.borrow_mut();
            if !post.carrier.as_ref().is_some_and(|carrier| carrier.will_wake(cx.waker())) {
                post.carrier = Some(cx.waker().clone());
            }
            post.send_all();
            post.late.retain_mut(|late| late.poll_send(cx).is_pending());
            Poll::Pending
        })
        .await;
    }
}

impl Post {
    fn send_all(&mut self) {
        let mut rest = &self.bytes[..];
        let held = self.late.len();
        for Letter { line, to, length } in self.letters.drain(..) {
            let (message, others) = rest.split_at(length);
            let mut sent = 0;
            while sent < length {
                match line.send_now(&message[sent..]) {
                    Ok(more) if more > 0 => sent += more,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Ok(_) | Err(_) => sent = length,
                }
            }
            if sent < length {
                let bytes = message[sent..].to_vec();
                self.late.push(Late { line, to, bytes, since: Instant::now() });
            }
            rest = others;
        }
        self.bytes.clear();
        if self.late.len() > held {
            self.call();
        }
    }

    fn call(&self) {
        if let Some(carrier) = &self.carrier {
            carrier.wake_by_ref();
        }
    }
}

impl Late {
    fn is_awaited(&self, now: Instant) -> bool {
        let lives = self.line.is_posted();
        lives || (self.to == To::Client && now.saturating_duration_since(self.since) < PATIENCE)
    }

    /// Ready once all is sent or nothing more can be.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.bytes.is_empty() {
            if ready!(self.line.socket().poll_write_ready(cx)).is_err() {
                break;
            }
            match self.line.socket().try_write(&self.bytes) {
                Ok(sent) if sent > 0 => drop(self.bytes.drain(..sent)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Ok(_) | Err(_) => break,
            }
        }
        Poll::Ready(())
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let post = self.0.borrow();
        let (letters, late) = (post.letters.len(), post.late.len());
        f.debug_struct("Outbox").field("letters", &letters).field("late", &late).finish()
    }
}

#[cfg(test)]
mod tests;
