//! The API through real sockets, started as in production.

mod openapi;
