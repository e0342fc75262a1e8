//! The chunked transfer coding, RFC 9112 section 7.1, decoded in place and encoded.

use super::fields::{Known, known};
use thiserror::Error;

/// The longest trailer section, in bytes.
pub const MAX_TRAILERS: usize = 8 * 1024;
/// The longest line that gives a chunk's size, extensions included, in bytes.
const MAX_SIZE_LINE: u32 = 4 * 1024;
/// The most fields that a trailer section may have.
const MAX_TRAILER_FIELDS: usize = 32;

/// Why a chunked body is refused.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum ChunkError {
    /// The size is missing, not hexadecimal, or over 15 digits.
    #[error("a chunk's size is invalid")]
    Size,
    /// Extensions with a control character, or a size line that does not end.
    #[error("a chunk's extension is invalid")]
    Extension,
    /// Something other than CRLF where a line or a chunk ends.
    #[error("a chunk does not end in CRLF")]
    LineEnd,
    /// Trailers that are malformed or longer than [`MAX_TRAILERS`].
    #[error("the trailer section is invalid")]
    Trailers,
}

impl ChunkError {
    /// The error's text, which lives as long as the program.
    pub fn detail(self) -> &'static str {
        match self {
            Self::Size => "A chunk's size is invalid.",
            Self::Extension => "A chunk's extension is invalid.",
            Self::LineEnd => "A chunk does not end in CRLF.",
            Self::Trailers => "The trailer section is invalid.",
        }
    }
}

/// The decoder's place in the grammar; each name says what comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    SizeFirst,
    SizeRest { digits: u8 },
    SpaceBeforeExtension,
    Extension,
    SizeLineFeed,
    Data,
    DataReturn,
    DataLineFeed,
    Trailers,
    Done,
}

/// Decodes a chunked body, from pieces of any length.
#[derive(Debug)]
pub struct Decoder {
    state: State,
    /// The size being read, then the rest of the chunk.
    left: u64,
    /// The length of the size line so far.
    line: u32,
    trailers: Vec<u8>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { state: State::SizeFirst, left: 0, line: 0, trailers: Vec::new() }
    }
}

/// The result of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decoded {
    /// How many bytes of content are now at the start of the buffer.
    pub data: usize,
    /// How many bytes of the buffer were used; what follows them belongs to the next message.
    pub used: usize,
}

impl Decoder {
    /// Decodes what `buf` holds and moves the content to its start.
    pub fn decode(&mut self, buf: &mut [u8]) -> Result<Decoded, ChunkError> {
        let (mut data, mut used) = (0, 0);
        while used < buf.len() && self.state != State::Done {
            if self.state == State::Data {
                let take = usize::try_from(self.left).unwrap_or(usize::MAX).min(buf.len() - used);
                if data != used {
                    buf.copy_within(used..used + take, data);
                }
                (data, used, self.left) = (data + take, used + take, self.left - take as u64);
                if self.left == 0 {
                    self.state = State::DataReturn;
                }
            } else {
                self.state = self.step(buf[used])?;
                used += 1;
            }
        }
        Ok(Decoded { data, used })
    }

    /// Whether the last chunk and the trailers have been read.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// The trailer fields that may be passed on, each line with its CRLF; empty before the end.
    pub fn trailers(&self) -> &[u8] {
        if self.is_done() { &self.trailers } else { &[] }
    }

    /// Takes one byte that is not content.
    fn step(&mut self, byte: u8) -> Result<State, ChunkError> {
        match self.state {
            State::SizeFirst | State::SizeRest { .. } => self.size(byte),
            State::SpaceBeforeExtension | State::Extension => self.extension(byte),
            State::SizeLineFeed => match byte {
                b'\n' if self.left == 0 => Ok(State::Trailers),
                b'\n' => Ok(State::Data),
                _ => Err(ChunkError::LineEnd),
            },
            State::DataReturn if byte == b'\r' => Ok(State::DataLineFeed),
            State::DataLineFeed if byte == b'\n' => {
                self.line = 0;
                Ok(State::SizeFirst)
            }
            State::DataReturn | State::DataLineFeed => Err(ChunkError::LineEnd),
            State::Trailers => self.trailer(byte),
            State::Data | State::Done => Ok(self.state),
        }
    }

    fn size(&mut self, byte: u8) -> Result<State, ChunkError> {
        let digits = match self.state {
            State::SizeRest { digits } => digits,
            _ => 0,
        };
        match (char::from(byte).to_digit(16), byte) {
            (Some(_), _) if digits == 15 => Err(ChunkError::Size),
            (Some(digit), _) => {
                self.left = self.left << 4 | u64::from(digit);
                Ok(State::SizeRest { digits: digits + 1 })
            }
            (None, _) if digits == 0 => Err(ChunkError::Size),
            (None, b'\r') => Ok(State::SizeLineFeed),
            (None, b';') => Ok(State::Extension),
            (None, b' ' | b'\t') => Ok(State::SpaceBeforeExtension),
            (None, _) => Err(ChunkError::Size),
        }
    }

    /// Reads past extensions, which are never passed on (RFC 9112 section 7.1.1).
    fn extension(&mut self, byte: u8) -> Result<State, ChunkError> {
        self.line += 1;
        match (self.state, byte) {
            _ if self.line > MAX_SIZE_LINE => Err(ChunkError::Extension),
            (State::SpaceBeforeExtension, b' ' | b'\t') => Ok(State::SpaceBeforeExtension),
            (State::SpaceBeforeExtension, b';') => Ok(State::Extension),
            (State::SpaceBeforeExtension, _) => Err(ChunkError::Size),
            (_, b'\r') => Ok(State::SizeLineFeed),
            (_, b'\t') => Ok(State::Extension),
            (_, byte) if byte.is_ascii_control() => Err(ChunkError::Extension),
            _ => Ok(State::Extension),
        }
    }

    fn trailer(&mut self, byte: u8) -> Result<State, ChunkError> {
        if self.trailers.len() == MAX_TRAILERS {
            return Err(ChunkError::Trailers);
        }
        self.trailers.push(byte);
        if self.trailers == b"\r\n" || self.trailers.ends_with(b"\r\n\r\n") {
            self.trailers = passable(&self.trailers)?;
            return Ok(State::Done);
        }
        match *self.trailers {
            [.., b'\r', b'\n'] => Ok(State::Trailers),
            [.., b'\n'] | [.., b'\r', _] => Err(ChunkError::LineEnd),
            _ => Ok(State::Trailers),
        }
    }
}

/// The fields of a trailer section that may be passed on: none that frames, routes or describes the way of a
/// message (RFC 9110 section 6.5.1).
fn passable(section: &[u8]) -> Result<Vec<u8>, ChunkError> {
    let mut slots = [httparse::EMPTY_HEADER; MAX_TRAILER_FIELDS];
    let Ok(httparse::Status::Complete((_, fields))) = httparse::parse_headers(section, &mut slots) else {
        return Err(ChunkError::Trailers);
    };
    let mut kept = Vec::new();
    for field in fields.iter().filter(|field| known(field.name) == Known::Other) {
        kept.extend_from_slice(field.name.as_bytes());
        kept.extend_from_slice(b": ");
        kept.extend_from_slice(field.value);
        kept.extend_from_slice(b"\r\n");
    }
    Ok(kept)
}

/// The size line of a chunk, CRLF included, at most 18 bytes.
#[derive(Debug)]
pub struct SizeLine {
    bytes: [u8; 18],
    start: usize,
}

impl SizeLine {
    /// The size line of a chunk with `len` bytes of content.
    pub fn new(len: usize) -> Self {
        let (mut bytes, mut start, mut rest) = ([0; 18], 16, len);
        bytes[16..].copy_from_slice(b"\r\n");
        loop {
            start -= 1;
            bytes[start] = b"0123456789abcdef"[rest & 15];
            rest >>= 4;
            if rest == 0 {
                return Self { bytes, start };
            }
        }
    }

    /// The bytes to send.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

#[cfg(test)]
mod tests;
