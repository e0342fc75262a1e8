//! The body of a message while it is read: takes content out of its framing.

use super::chunked::{ChunkError, Decoded, Decoder};
use super::length::Length;

/// A body being read.
#[derive(Debug)]
pub(crate) enum Body {
    /// A declared length.
    Exact {
        /// Bytes that have not come yet.
        left: u64,
    },
    /// In chunks.
    Chunked(Decoder),
    /// Until the connection closes.
    UntilClose,
}

impl Body {
    /// Begins a body of this length.
    pub(crate) fn new(length: Length) -> Self {
        match length {
            Length::Empty => Self::Exact { left: 0 },
            Length::Exact(left) => Self::Exact { left },
            Length::Chunked => Self::Chunked(Decoder::default()),
            Length::UntilClose => Self::UntilClose,
        }
    }

    /// Takes the content out of `buf` and moves it to its start.
    pub(crate) fn decode(&mut self, buf: &mut [u8]) -> Result<Decoded, ChunkError> {
        match self {
            Self::Exact { left } => {
                let take = usize::try_from(*left).unwrap_or(usize::MAX).min(buf.len());
                *left -= take as u64;
                Ok(Decoded { data: take, used: take })
            }
            Self::Chunked(decoder) => decoder.decode(buf),
            Self::UntilClose => Ok(Decoded { data: buf.len(), used: buf.len() }),
        }
    }

    /// Whether the whole body has been read; never so for a body that lasts until the connection closes.
    pub(crate) fn is_done(&self) -> bool {
        match self {
            Self::Exact { left } => *left == 0,
            Self::Chunked(decoder) => decoder.is_done(),
            Self::UntilClose => false,
        }
    }

    /// Whether the end of the connection is the end of the body.
    pub(crate) fn ends_with_connection(&self) -> bool {
        matches!(self, Self::UntilClose)
    }

    /// The trailer fields that may be passed on, as lines; empty before the end and where there are none.
    pub(crate) fn trailers(&self) -> &[u8] {
        match self {
            Self::Chunked(decoder) => decoder.trailers(),
            Self::Exact { .. } | Self::UntilClose => &[],
        }
    }
}
