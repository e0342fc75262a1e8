use std::{
    io::{self, Read, Write},
    mem,
    net::TcpStream,
};

use super::{Shared, answers::Chosen};
use crate::bench::{
    message::{Forwarded, FramingError, request_head},
    poller::{Interest, Poller},
};

/// A request whose body is still coming.
struct Pending {
    answer: Chosen,
    forwarded: Forwarded,
    close: bool,
    body_left: usize,
}

/// One connection from a proxy.
pub(super) struct Connection {
    stream: TcpStream,
    /// The beginning of a head that has not come whole.
    partial: Vec<u8>,
    pending: Option<Pending>,
    unsent: Vec<u8>,
    interest: Interest,
    last: bool,
}

impl Connection {
    pub(super) fn new(stream: TcpStream) -> Self {
        let (partial, unsent) = (Vec::new(), Vec::new());
        Self { stream, partial, pending: None, unsent, interest: Interest::Read, last: false }
    }

    /// Goes as far as the socket allows; `false` once the connection has ended.
    pub(super) fn progress(
        &mut self,
        shared: &mut Shared,
        poller: &Poller,
        token: usize,
    ) -> io::Result<bool> {
        let open = self.flush() && (!self.unsent.is_empty() || self.read(shared));
        if !open || (self.last && self.unsent.is_empty()) {
            return Ok(false);
        }
        // While an answer is stuck nothing more is read: the proxy has to take it first.
        let wanted = if self.unsent.is_empty() { Interest::Read } else { Interest::ReadWrite };
        if wanted != self.interest {
            poller.change(&self.stream, token, wanted)?;
            self.interest = wanted;
        }
        Ok(true)
    }

    fn read(&mut self, shared: &mut Shared) -> bool {
        let mut scratch = mem::take(&mut shared.scratch);
        let open = match self.stream.read(&mut scratch) {
            Ok(0) => false,
            Ok(len) => self.take(&scratch[..len], shared),
            Err(error) => blocked(&error),
        };
        shared.scratch = scratch;
        open
    }

    fn take(&mut self, bytes: &[u8], shared: &mut Shared) -> bool {
        let joined = (!self.partial.is_empty()).then(|| [&mem::take(&mut self.partial), bytes].concat());
        let mut rest = joined.as_deref().unwrap_or(bytes);
        while !rest.is_empty() {
            let Ok(used) = self.feed(rest, shared) else {
                shared.counters.malformed += 1;
                return false;
            };
            rest = &rest[used..];
        }
        self.flush()
    }

    /// Takes a head or a piece of a body, and says how many bytes it was.
    fn feed(&mut self, bytes: &[u8], shared: &mut Shared) -> Result<usize, FramingError> {
        let used = if let Some(pending) = &mut self.pending {
            let used = pending.body_left.min(bytes.len());
            pending.body_left -= used;
            shared.counters.body_bytes += used as u64;
            used
        } else if let Some(head) = request_head(bytes)? {
            let answer = shared.answers.choose(head.path, &shared.counters);
            let (forwarded, close, body_left) = (head.forwarded, head.close, head.body_len);
            self.pending = Some(Pending { answer, forwarded, close, body_left });
            head.head_len
        } else {
            self.partial = bytes.to_vec();
            return Ok(bytes.len());
        };
        if let Some(done) = self.pending.take_if(|it| it.body_left == 0) {
            self.answer(&done, shared);
        }
        Ok(used)
    }

    fn answer(&mut self, done: &Pending, shared: &mut Shared) {
        if done.answer.counts {
            shared.counters.request(done.forwarded);
        }
        self.last = done.close;
        let sent =
            if self.unsent.is_empty() { self.stream.write(&done.answer.bytes).unwrap_or(0) } else { 0 };
        self.unsent.extend_from_slice(&done.answer.bytes[sent..]);
    }

    /// Sends what is unsent; `false` when the proxy has gone.
    fn flush(&mut self) -> bool {
        if self.unsent.is_empty() {
            return true;
        }
        match self.stream.write(&self.unsent) {
            Ok(sent) => {
                self.unsent.drain(..sent);
                true
            }
            Err(error) => blocked(&error),
        }
    }
}

fn blocked(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
