//! Texts of a fixed size.

/// The beginning of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<const N: usize> {
    len: u8,
    bytes: [u8; N],
}

impl<const N: usize> Text<N> {
    pub(super) const EMPTY: Self = Self { len: 0, bytes: [0; N] };

    #[inline]
    pub(super) fn set(&mut self, text: &[u8]) {
        let len = text.len().min(N);
        self.bytes[..len].copy_from_slice(&text[..len]);
        self.len = u8::try_from(len).unwrap_or(u8::MAX);
    }

    pub(super) fn to_text(self) -> String {
        String::from_utf8_lossy(&self.bytes[..usize::from(self.len)]).into_owned()
    }
}
