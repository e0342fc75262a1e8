//! The body of a request: taken in, sent, and kept as long as it may have to be sent again.

use super::Request;
use crate::http1::chunked::SizeLine;
use crate::http1::length::Length;
use crate::runtime::{Buffers, Held, READ};

impl Request {
    /// Makes room for as much of the body as will be kept.
    pub(crate) fn expect_body(&mut self, buffers: &Buffers) {
        if let Length::Exact(length) = self.facts.length {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            buffers.grow(&mut self.bytes, length.min(READ));
        }
    }

    /// Whether content goes upstream as it is.
    pub(crate) fn is_unframed(&self) -> bool {
        !self.chunked
    }

    /// Takes in all of the body at once.
    pub(crate) fn hold(&mut self, body: Held) {
        debug_assert!(!self.chunked && self.received == 0, "it needs no frame and nothing came before it");
        self.received = body.as_bytes().len() as u64;
        (self.body, self.whole) = (Some(body), true);
    }

    /// Takes in content. Beyond `keep` bytes of body, sent bytes are dropped, and the request can no longer be
    /// replayed.
    pub(crate) fn push(&mut self, content: &[u8], keep: usize) {
        if content.is_empty() {
            return;
        }
        self.received += content.len() as u64;
        if self.received > keep as u64 && self.sent > 0 {
            self.drop_sent();
        }
        if self.chunked {
            self.bytes.extend_from_slice(SizeLine::new(content.len()).as_bytes());
        }
        self.bytes.extend_from_slice(content);
        if self.chunked {
            self.bytes.extend_from_slice(b"\r\n");
        }
    }

    /// The body has ended.
    pub(crate) fn end(&mut self, trailers: &[u8]) {
        if self.chunked && !self.whole {
            self.bytes.extend_from_slice(b"0\r\n");
            self.bytes.extend_from_slice(trailers);
            self.bytes.extend_from_slice(b"\r\n");
        }
        self.whole = true;
    }

    /// The bytes that the current attempt has yet to send: the rest of the head and, where the body is apart, the rest
    /// of the body.
    pub(crate) fn unsent(&self) -> (&[u8], &[u8]) {
        let body = self.body.as_ref().map_or(&[][..], Held::as_bytes);
        match self.sent.checked_sub(self.bytes.len()) {
            Some(sent) => (&[], &body[sent..]),
            None => (&self.bytes[self.sent..], body),
        }
    }

    /// How many bytes the current attempt could send now.
    pub(crate) fn unsent_len(&self) -> usize {
        self.bytes.len() + self.body.as_ref().map_or(0, |body| body.as_bytes().len()) - self.sent
    }

    /// Whether the current attempt has nothing to send for now.
    pub(crate) fn is_drained(&self) -> bool {
        self.unsent_len() == 0
    }

    /// Takes note that `len` more bytes were sent.
    pub(crate) fn advance(&mut self, len: usize) {
        self.sent += len;
        if !self.kept {
            self.drop_sent();
        }
    }

    /// Whether all of the body has come.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    /// Whether the current attempt has sent all there is.
    pub(crate) fn is_sent(&self) -> bool {
        self.whole && self.is_drained()
    }

    /// Whether the request could be sent again from the start: the whole body so far is kept, and it has no more than
    /// `keep` bytes unless nothing was sent yet.
    pub(crate) fn is_kept(&self, keep: usize) -> bool {
        self.kept && (self.sent == 0 || self.received <= keep as u64)
    }

    /// Whether the body is known to be longer than `limit`.
    pub(crate) fn is_larger_than(&self, limit: Option<u64>) -> bool {
        let known = match self.facts.length {
            Length::Exact(length) => length,
            Length::Empty | Length::Chunked | Length::UntilClose => self.received,
        };
        limit.is_some_and(|limit| known > limit)
    }

    /// Whether more of the body has come than `limit`.
    pub(crate) fn is_longer_than(&self, limit: Option<u64>) -> bool {
        limit.is_some_and(|limit| self.received > limit)
    }

    /// Whether all of the body will be kept, if no more than `keep` bytes are.
    pub(crate) fn fits(&self, keep: usize) -> bool {
        match self.facts.length {
            Length::Empty => true,
            Length::Exact(length) => length <= keep as u64,
            Length::Chunked | Length::UntilClose => self.whole && self.received <= keep as u64,
        }
    }

    /// Begins the next attempt; the request must be kept, see [`Request::is_kept`].
    pub(crate) fn rewind(&mut self) {
        debug_assert!(self.kept, "a request that was not kept cannot be sent again");
        self.sent = 0;
    }

    /// From here on, all bytes of the client go upstream as they are (RFC 9110 section 7.8).
    pub(crate) fn switch(&mut self) {
        (self.chunked, self.whole) = (false, false);
        self.drop_sent();
    }

    /// Drops sent bytes. The head stays, because records read it.
    fn drop_sent(&mut self) {
        self.kept = false;
        let from = self.head.min(self.sent);
        self.bytes.drain(from..self.sent);
        self.sent = from;
    }

    /// Gives the buffer of a long body that was sent back to the next request, where the body must not be sent twice
    /// anyway. The fewer buffers are in turn, the more of them are in the processor's cache.
    pub(crate) fn let_go(&mut self, buffers: &Buffers) {
        if self.is_safe_twice() || !self.is_sent() {
            return;
        }
        if let Some(body) = self.body.take() {
            buffers.give_back(body);
            (self.kept, self.sent) = (false, self.bytes.len());
        }
    }

    /// Gives the request's buffers back for the next request.
    pub(crate) fn recycle(self, buffers: &Buffers) {
        buffers.give(self.bytes);
        if let Some(body) = self.body {
            buffers.give_back(body);
        }
    }
}
