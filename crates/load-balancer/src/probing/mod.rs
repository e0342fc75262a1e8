//! Active health: one task for each server resolves its name, checks it and moves its health; others answer workers that
//! ask about a server whose answer is late.

mod answering;
mod check;
mod prober;
mod resolution;
mod resolve;
mod wait;

pub(crate) use self::answering::answer;
pub(crate) use self::prober::{Listener, Probers};
pub use self::resolve::{Lookup, Resolve, SystemResolver};
