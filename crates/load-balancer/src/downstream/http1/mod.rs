//! An HTTP/1 client: the life of its connection, and what an exchange sees of it. The bytes are [`crate::http1`]'s.

mod client;
mod connection;
mod forwarding;

pub(crate) use self::connection::serve;
