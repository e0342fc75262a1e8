//! Buffers that are handed on from request to request.

use std::cell::RefCell;

/// Buffers kept for the next request; more are given back to the allocator.
const KEPT: usize = 64;
/// The largest buffer that is kept: a head and a small body.
const KEPT_CAPACITY: usize = 8 * 1024;
/// What a new buffer can hold at first: most heads fit.
const FIRST_CAPACITY: usize = 1024;

/// The spare buffers of one worker.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    spare: RefCell<Vec<Vec<u8>>>,
}

impl Buffers {
    /// An empty buffer.
    pub(crate) fn take(&self) -> Vec<u8> {
        self.spare.borrow_mut().pop().unwrap_or_else(|| Vec::with_capacity(FIRST_CAPACITY))
    }

    /// Takes a buffer back.
    pub(crate) fn give(&self, mut buffer: Vec<u8>) {
        let mut spare = self.spare.borrow_mut();
        if spare.len() < KEPT && (1..=KEPT_CAPACITY).contains(&buffer.capacity()) {
            buffer.clear();
            spare.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_empty_and_large_ones_are_let_go() {
        let buffers = Buffers::default();
        let mut buffer = buffers.take();
        buffer.extend_from_slice(b"secret");
        buffers.give(buffer);
        buffers.give(Vec::with_capacity(KEPT_CAPACITY + 1));
        buffers.give(Vec::new());
        assert_eq!(buffers.spare.borrow().len(), 1);
        assert!(buffers.take().is_empty());
    }
}
