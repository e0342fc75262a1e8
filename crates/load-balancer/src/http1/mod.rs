//! HTTP/1.1, by RFC 9112.
//!
//! Framing is pure functions over byte slices: [`request`] and [`response`] read heads in one pass, borrowed and
//! never turned into maps, [`length`] tells how long a body is, [`body`] and [`chunked`] take it apart in place,
//! [`target`] knows what may be asked for, [`mod@write`] writes heads anew. None of them knows a socket, a runtime or a
//! policy, so all of it can be fuzzed. What could be read in two ways is refused.
//!
//! Serving a client is [`crate::downstream`]'s.

pub(crate) mod body;
pub mod chunked;
pub mod fields;
pub mod length;
pub mod request;
pub mod response;
pub mod target;
pub mod write;
