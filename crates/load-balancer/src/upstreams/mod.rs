//! Connections to upstream servers: made, put aside while they are idle, and used again. This module knows no request.

mod connection;
mod connections;

pub(crate) use self::connection::UpstreamConnection;
pub(crate) use self::connections::Connections;
