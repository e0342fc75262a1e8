//! An HTTP/1 client: the life of its connection, and its side of an exchange. [`crate::http1`] is the codec.

mod client;
mod connection;
mod forwarding;

pub(crate) use self::connection::{refuse, serve};
