//! Connections to upstream servers: made, put aside while they are idle, used again. Nothing here knows a request.

mod connection;
mod connections;

pub(crate) use self::connection::UpstreamConnection;
pub(crate) use self::connections::Connections;
