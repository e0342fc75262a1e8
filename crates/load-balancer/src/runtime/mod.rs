//! What a worker's thread works with and nothing here knows a request: buffers, timers, the clock, identifiers, and
//! sockets whose short messages wait in a queue to be sent together.
//!
//! None of it is ever used by two threads, and none of it is borrowed while a task waits.

mod alarm;
mod buffers;
mod clock;
mod ids;
mod line;
mod outbox;
mod scratch;

pub(crate) use self::alarm::{Alarm, Alarms, TICK};
pub(crate) use self::buffers::Buffers;
pub(crate) use self::clock::Clock;
pub(crate) use self::ids::{Ids, hex};
pub(crate) use self::line::Line;
pub(crate) use self::outbox::{Outbox, To};
pub(crate) use self::scratch::{FULL, Held, READ, Scratch};
