//! The tools of a worker's thread, which know no request: buffers, timers, the clock, identifiers, and sockets
//! ([`Socket`], one type for both sides) whose short messages wait in a queue to be sent together.
//!
//! No tool is ever used by two threads, and no tool is borrowed while a task waits.

mod buffers;
mod clock;
mod ids;
mod scratch;
mod send_queue;
mod shared_socket;
mod socket;
mod timer;

pub(crate) use self::buffers::Buffers;
pub(crate) use self::clock::Clock;
pub(crate) use self::ids::{Ids, hex};
pub(crate) use self::scratch::{FULL, Held, READ, Scratch};
pub(crate) use self::send_queue::{SendQueue, To};
pub(crate) use self::socket::Socket;
pub(crate) use self::timer::{TICK, Timer, Timers};
