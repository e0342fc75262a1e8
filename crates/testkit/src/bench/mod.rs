//! The two ends of the benchmark: an upstream that costs little, and a load generator that checks every answer.
//!
//! Both are single-threaded epoll loops, so that they leave the cores to the proxies between them, hold ten thousand
//! connections, and behave the same for every contender. What is measured, and how, is told in `docs/performance.md`.
//!
//! - [`message`]: the little of HTTP/1.1 that both ends need
//! - [`poller`]: epoll with nanosecond time-outs
//! - [`upstream`]: the server, which counts what arrived
//! - [`load`]: the clients: closed loop, open loop, one request per connection, idle
//! - [`certificate`]: the key pair that all contenders share
//! - [`storm`]: log-ins all at once beside reads, for the benchmark of the backend, on tokio and reqwest

pub mod certificate;
pub mod load;
pub mod message;
pub mod poller;
pub mod storm;
pub mod upstream;

#[cfg(test)]
mod tests;
