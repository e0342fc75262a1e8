//! How far people come in their onboarding, and how long it takes them.
//!
//! What one person counts for is a [`Counted`]: a short record that follows from the onboarding as it is. All of them add
//! up to [`Cell`]s, one for each step of each group of people. A record that has changed is taken out and put in anew, so
//! that nobody has to be counted twice for one change, and the sums are those of a recount.

mod cell;
mod counted;
mod durations;
mod group;

pub use cell::{Cell, CellKey, Cells};
pub use counted::{Counted, CountedStep, NotCounted, Walk, WalkStep};
pub use durations::{BadDurations, Durations};
pub use group::{Dimension, Group, UnknownDimension, week_of};
