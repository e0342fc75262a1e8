//! Active health. One task for each server resolves the server's name, checks the server and moves its health. Another
//! task answers workers that ask about a server whose answer is late.

mod answering;
mod check;
mod prober;
mod resolution;
mod resolve;
mod wait;

pub(crate) use self::answering::answer;
pub(crate) use self::prober::{Listener, Probers};
pub use self::resolve::{Lookup, Resolve, SystemResolver};
