//! Buffers that are handed on from request to request.

use crate::runtime::{scratch::Held, scratch::Page, scratch::page};
use std::cell::{Cell, RefCell};

/// The most small buffers that are kept; further ones are given back to the allocator.
const KEPT: usize = 64;
/// The largest small buffer, in bytes: a head and a small body.
const SMALL: usize = 8 * 1024;
/// The most large buffers that are kept: few, because they are large.
const KEPT_LARGE: usize = 16;
/// The largest buffer that is kept, in bytes.
const LARGE: usize = 160 * 1024;
/// The most pages that requests may hold at once; further bytes are copied to a buffer of their own size.
const LENT: usize = 64;
/// The first capacity of a new buffer, in bytes: most heads fit.
const FIRST_CAPACITY: usize = 1024;

/// The spare buffers of one worker.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    small: RefCell<Vec<Vec<u8>>>,
    large: RefCell<Vec<Vec<u8>>>,
    pages: RefCell<Vec<Page>>,
    /// Pages that requests hold.
    lent: Cell<usize>,
}

impl Buffers {
    /// An empty buffer, for a head and perhaps a small body.
    pub(crate) fn take(&self) -> Vec<u8> {
        self.small.borrow_mut().pop().unwrap_or_else(|| Vec::with_capacity(FIRST_CAPACITY))
    }

    /// Makes room for `more` bytes in a buffer, at once and from spare buffers, instead of step by step.
    pub(crate) fn grow(&self, buffer: &mut Vec<u8>, more: usize) {
        if buffer.capacity() - buffer.len() >= more {
            return;
        }
        let mut larger = self.large.borrow_mut().pop().unwrap_or_default();
        larger.reserve(buffer.len() + more);
        larger.extend_from_slice(buffer);
        self.give(std::mem::replace(buffer, larger));
    }

    /// A page to read to, in place of the page that a request is to hold; `None` when requests hold many already.
    pub(crate) fn lend(&self) -> Option<Page> {
        let lent = self.lent.get();
        (lent < LENT).then(|| {
            self.lent.set(lent + 1);
            self.pages.borrow_mut().pop().unwrap_or_else(page)
        })
    }

    /// Takes back a page that a request has held.
    pub(crate) fn give_back(&self, held: Held) {
        self.lent.set(self.lent.get() - 1);
        self.pages.borrow_mut().push(held.into_page());
    }

    /// Gives a spare page back to the allocator. To be called now and then, so that memory shrinks again after a rush.
    pub(crate) fn trim(&self) {
        self.pages.borrow_mut().pop();
    }

    /// Takes a buffer back.
    pub(crate) fn give(&self, mut buffer: Vec<u8>) {
        let (spare, most) = match buffer.capacity() {
            1..=SMALL => (&self.small, KEPT),
            capacity if capacity > SMALL && capacity <= LARGE => (&self.large, KEPT_LARGE),
            _ => return,
        };
        let mut spare = spare.borrow_mut();
        if spare.len() < most {
            buffer.clear();
            spare.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_empty_and_huge_ones_are_let_go() {
        let buffers = Buffers::default();
        let mut buffer = buffers.take();
        buffer.extend_from_slice(b"secret");
        buffers.give(buffer);
        buffers.give(Vec::with_capacity(LARGE + 1));
        buffers.give(Vec::new());
        assert_eq!((buffers.small.borrow().len(), buffers.large.borrow().len()), (1, 0));
        assert!(buffers.take().is_empty());
    }

    #[test]
    fn only_so_many_pages_are_lent() {
        let (buffers, mut scratch) = (Buffers::default(), super::super::Scratch::new());
        let mut held = Vec::new();
        while let Some(page) = buffers.lend() {
            let range = scratch.put(b"body");
            held.push(scratch.hand_out(range, page));
        }
        assert_eq!((held.len(), held[0].as_bytes()), (LENT, &b"body"[..]));
        buffers.give_back(held.pop().unwrap());
        assert!(buffers.lend().is_some() && buffers.lend().is_none());
        buffers.give_back(held.pop().unwrap());
        buffers.trim();
        assert!(buffers.pages.borrow().is_empty());
    }

    #[test]
    fn a_buffer_that_grows_keeps_what_it_holds() {
        let buffers = Buffers::default();
        let mut buffer = buffers.take();
        buffer.extend_from_slice(b"head");
        buffers.grow(&mut buffer, 70_000);
        assert_eq!((buffer.as_slice(), buffer.capacity() >= 70_004), (&b"head"[..], true));
        buffers.give(buffer);
        assert_eq!((buffers.small.borrow().len(), buffers.large.borrow().len()), (1, 1));
    }
}
