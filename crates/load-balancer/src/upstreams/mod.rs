//! Connections to upstream servers: made, put aside while they are idle, used again. Nothing here knows a request.

mod connections;
mod upstream;

pub(crate) use self::connections::Connections;
pub(crate) use self::upstream::Upstream;
