//! The scratch: the one buffer that all connections of a worker are read into.

use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::{fmt, io};
use tokio::io::{AsyncRead, ReadBuf};

/// The most that is read at once, in bytes. Large reads make large bodies cheap.
pub(crate) const READ: usize = 128 * 1024;
/// The room before the bytes that are read, for a head that is longer than the one it replaces.
const HEADROOM: usize = 4 * 1024;
/// The room after the bytes that are read, for the end of a chunk and the last chunk.
const TAILROOM: usize = 64;

/// The most that is written at once: a full read and the bytes around it.
pub(crate) const FULL: usize = HEADROOM + READ + TAILROOM;

/// A page: a buffer of the size of reads.
pub(crate) type Page = Box<[u8]>;

/// A new page.
pub(super) fn page() -> Page {
    vec![0; FULL].into_boxed_slice()
}

/// Bytes that were read, together with their page.
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

    /// The page, for other uses.
    pub(super) fn into_page(self) -> Page {
        self.page
    }
}

/// Bytes on their way through. They are valid only until the task waits: the next connection reads into the same place.
pub(crate) struct Scratch {
    bytes: Page,
    /// The head of a message that is being written, until it is put before its body.
    head: Vec<u8>,
    /// The head of a message that has no room before its body, until the message is sent.
    apart: Vec<u8>,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self { bytes: page(), head: Vec::with_capacity(HEADROOM), apart: Vec::new() }
    }

    /// Reads once from `stream`, at most `limit` bytes; an empty range is the end of the stream.
    ///
    /// `poll_read` of tokio's sockets takes a read that did not fill its buffer for a drained socket. So no further
    /// read is made only to find nothing.
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

    /// Copies at most [`READ`] bytes of `data` to the place of reads.
    pub(crate) fn put(&mut self, data: &[u8]) -> Range<usize> {
        let len = data.len().min(READ);
        self.bytes[HEADROOM..HEADROOM + len].copy_from_slice(&data[..len]);
        HEADROOM..HEADROOM + len
    }

    /// Hands out the bytes that were read with their page, and reads to `page` from now on. That is cheaper than a copy
    /// of many bytes.
    pub(crate) fn hand_out(&mut self, range: Range<usize>, page: Page) -> Held {
        Held { page: std::mem::replace(&mut self.bytes, page), range }
    }

    /// The bytes of a range that a read or a decoder gave.
    pub(crate) fn bytes(&self, range: &Range<usize>) -> &[u8] {
        &self.bytes[range.clone()]
    }

    /// The bytes of a range, to be decoded in place.
    pub(crate) fn bytes_mut(&mut self, range: &Range<usize>) -> &mut [u8] {
        &mut self.bytes[range.clone()]
    }

    /// The bytes of a range, and the place for a head.
    pub(crate) fn split(&mut self, range: &Range<usize>) -> (&[u8], &mut Vec<u8>) {
        (&self.bytes[range.clone()], &mut self.head)
    }

    /// The place for a head that goes before the next framed message.
    pub(crate) fn head(&mut self) -> &mut Vec<u8> {
        &mut self.head
    }

    /// Frames content as a message: [`Self::head`], which is empty afterwards, and `before` come before the content,
    /// `after` comes after it. The pieces are to be sent in order. There is one piece, unless there is no room around
    /// the content; bytes in that room are lost.
    pub(crate) fn frame<'s>(
        &'s mut self,
        content: Range<usize>,
        before: &[u8],
        after: &'s [u8],
    ) -> [&'s [u8]; 3] {
        let Range { mut start, mut end } = content;
        let mut behind = after;
        if !after.is_empty()
            && let Some(room) = self.bytes.get_mut(end..end + after.len())
        {
            room.copy_from_slice(after);
            end += after.len();
            behind = &[];
        }
        self.apart.clear();
        if start < self.head.len() + before.len() {
            std::mem::swap(&mut self.head, &mut self.apart);
            self.apart.extend_from_slice(before);
        } else {
            for part in [before, &self.head] {
                if !part.is_empty() {
                    let end = start;
                    start -= part.len();
                    self.bytes[start..end].copy_from_slice(part);
                }
            }
            self.head.clear();
        }
        [&self.apart, &self.bytes[start..end], behind]
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
        scratch.head().extend_from_slice(b"HEAD ");
        let pieces = scratch.frame(body, b"5\r\n", b"\r\n");
        assert_eq!(pieces, [&b""[..], b"HEAD 5\r\nhello\r\n", b""]);
        assert!(scratch.head().is_empty());
        let body = scratch.put(b"more");
        assert_eq!(scratch.frame(body, b"", b""), [&b""[..], b"more", b""]);
    }

    #[test]
    fn whatever_has_no_room_goes_apart_and_in_order() {
        for (head, before) in
            [(HEADROOM, 0), (HEADROOM - 1, 2), (HEADROOM + 1, 0), (0, HEADROOM + 1), (9999, 9)]
        {
            for (body, after) in [(5, 0), (5, 3), (READ, TAILROOM), (READ, TAILROOM + 1), (0, READ)] {
                let mut scratch = Scratch::new();
                let content = scratch.put(&vec![b'x'; body]);
                scratch.head().resize(head, b'h');
                let (before, after) = (vec![b'b'; before], vec![b'a'; after]);
                let expected = [&vec![b'h'; head][..], &before, &vec![b'x'; body], &after].concat();
                let message = scratch.frame(content, &before, &after).concat();
                assert!(message == expected, "{head} {} {body} {}", before.len(), after.len());
                assert!(scratch.head().is_empty());
                // The next message has nothing of it.
                let content = scratch.put(b"next");
                assert_eq!(scratch.frame(content, b"", b"").concat(), b"next");
            }
        }
    }

    #[test]
    fn a_full_read_has_room_around_it() {
        let mut scratch = Scratch::new();
        let content = scratch.put(&vec![b'x'; READ + 1]);
        assert_eq!(content.len(), READ);
        let pieces = scratch.frame(content, &[b'b'; HEADROOM], &[b'a'; TAILROOM]);
        assert_eq!(pieces.map(<[u8]>::len), [0, FULL, 0]);
    }
}
