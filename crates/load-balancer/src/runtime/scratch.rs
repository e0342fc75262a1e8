//! The one buffer that all connections of a worker share.

use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::{fmt, io};
use tokio::io::{AsyncRead, ReadBuf};

/// The most that is read at once, in bytes. Large reads are what makes large bodies cheap.
pub(crate) const READ: usize = 128 * 1024;
/// Room before what is read, for a head that is longer than the one it replaces.
const HEADROOM: usize = 4 * 1024;
/// Room after what is read, for the end of a chunk and the last chunk.
const TAILROOM: usize = 64;

/// The most that is written at once: a full read and what is put around it.
pub(crate) const FULL: usize = HEADROOM + READ + TAILROOM;

/// A buffer of the size that reads go to.
pub(crate) type Page = Box<[u8]>;

/// A new one.
pub(super) fn page() -> Page {
    vec![0; FULL].into_boxed_slice()
}

/// Bytes that were read, together with the buffer that they were read to.
#[derive(Debug)]
pub(crate) struct Held {
    page: Page,
    range: Range<usize>,
}

impl Held {
    /// The bytes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.page[self.range.clone()]
    }

    /// The buffer, for other uses.
    pub(super) fn into_page(self) -> Page {
        self.page
    }
}

/// Bytes on their way through, valid only until the task waits: the next connection reads into the same place.
pub(crate) struct Scratch {
    bytes: Page,
    /// The head of a message being written, until it is put before its body.
    pub(crate) head: Vec<u8>,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self { bytes: page(), head: Vec::with_capacity(HEADROOM) }
    }

    /// Reads once from `stream`, at most `limit` bytes; an empty range is the end of the stream.
    ///
    /// `poll_read` of tokio's sockets takes a read that did not fill its buffer for a drained socket, so no
    /// further read is made only to be told so.
    pub(crate) fn poll_fill<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
        limit: usize,
    ) -> Poll<io::Result<Range<usize>>> {
        let mut buf = ReadBuf::new(&mut self.bytes[HEADROOM..HEADROOM + limit.min(READ)]);
        ready!(Pin::new(stream).poll_read(cx, &mut buf))?;
        let filled = buf.filled().len();
        Poll::Ready(Ok(HEADROOM..HEADROOM + filled))
    }

    /// Puts a copy of at most [`READ`] bytes of `data` where reads go.
    pub(crate) fn put(&mut self, data: &[u8]) -> Range<usize> {
        let len = data.len().min(READ);
        self.bytes[HEADROOM..HEADROOM + len].copy_from_slice(&data[..len]);
        HEADROOM..HEADROOM + len
    }

    /// Hands out what was read, buffer and all, and reads to `page` from now on: cheaper than a copy of much.
    pub(crate) fn hand_out(&mut self, range: Range<usize>, page: Page) -> Held {
        Held { page: std::mem::replace(&mut self.bytes, page), range }
    }

    /// The bytes of a range that a read or a decoder gave.
    pub(crate) fn bytes(&self, range: &Range<usize>) -> &[u8] {
        &self.bytes[range.clone()]
    }

    /// The same, to be decoded in place.
    pub(crate) fn bytes_mut(&mut self, range: &Range<usize>) -> &mut [u8] {
        &mut self.bytes[range.clone()]
    }

    /// The bytes and the place for a head, at once.
    pub(crate) fn split(&mut self, range: &Range<usize>) -> (&[u8], &mut Vec<u8>) {
        (&self.bytes[range.clone()], &mut self.head)
    }

    /// Puts `before` directly before the range; what was there is lost. `None` where there is no room.
    pub(crate) fn prepend(&mut self, range: Range<usize>, before: &[u8]) -> Option<Range<usize>> {
        let start = range.start.checked_sub(before.len())?;
        self.bytes[start..range.start].copy_from_slice(before);
        Some(start..range.end)
    }

    /// Puts [`Self::head`] directly before the range and empties it. Where there is no room, both stay as they are.
    pub(crate) fn prepend_head(&mut self, range: Range<usize>) -> Range<usize> {
        let head = std::mem::take(&mut self.head);
        let joined = self.prepend(range.clone(), &head);
        self.head = head;
        let Some(joined) = joined else { return range };
        self.head.clear();
        joined
    }

    /// Puts `after` directly after the range; what was there is lost. `None` where there is no room.
    pub(crate) fn append(&mut self, range: Range<usize>, after: &[u8]) -> Option<Range<usize>> {
        let end = range.end + after.len();
        self.bytes.get_mut(range.end..end)?.copy_from_slice(after);
        Some(range.start..end)
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").field("len", &self.bytes.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_put_together_around_its_body() {
        let mut scratch = Scratch::new();
        let body = scratch.put(b"hello");
        scratch.head.extend_from_slice(b"HEAD ");
        let all = scratch.append(body, b"\r\n").and_then(|range| scratch.prepend(range, b"5\r\n")).unwrap();
        let all = scratch.prepend_head(all);
        assert_eq!(scratch.bytes(&all), b"HEAD 5\r\nhello\r\n");
        assert!(scratch.head.is_empty());
    }

    #[test]
    fn a_head_that_has_no_room_stays_apart() {
        let mut scratch = Scratch::new();
        let body = scratch.put(b"hello");
        scratch.head.resize(HEADROOM + 1, b'h');
        let all = scratch.prepend_head(body.clone());
        assert_eq!(
            (all, scratch.bytes(&body), scratch.head.len()),
            (body.clone(), &b"hello"[..], HEADROOM + 1)
        );
    }

    #[test]
    fn there_is_room_around_a_full_read_and_no_more() {
        let mut scratch = Scratch::new();
        let range = scratch.put(&vec![b'x'; READ + 1]);
        assert_eq!(range.len(), READ);
        assert!(scratch.append(range.clone(), &[0; TAILROOM]).is_some());
        assert!(scratch.append(range.clone(), &[0; TAILROOM + 1]).is_none());
        assert!(scratch.prepend(range.clone(), &[0; HEADROOM]).is_some());
        assert!(scratch.prepend(range, &[0; HEADROOM + 1]).is_none());
    }
}
