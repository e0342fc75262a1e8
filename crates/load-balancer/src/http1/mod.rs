//! HTTP/1.1, by RFC 9112.
//!
//! Framing is pure functions over byte slices. [`request`] and [`response`] read heads in one pass, borrowed and never
//! turned into maps. [`length`] gives the length of a body, and [`body`] and [`chunked`] decode a body in place.
//! [`target`] checks what may be asked for, and [`mod@write`] writes heads anew. No module here knows a socket, a
//! runtime or a policy, so each of them can be fuzzed. What could be read in two ways is refused.
//!
//! [`crate::downstream`] serves clients with this codec.

pub(crate) mod body;
pub mod chunked;
pub mod fields;
pub mod length;
pub mod request;
pub mod response;
pub mod target;
pub mod write;
