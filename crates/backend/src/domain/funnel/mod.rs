//! The funnel: how far people come in their onboarding, and how long each step takes.
//!
//! A [`Counted`] is the short record of one person and follows from the onboarding as it is now. The records of all
//! people add up to [`Cell`]s, one for each step of each group. A changed record is taken out and the new one is
//! added. So one change counts one person anew, and the sums equal those of a full recount.

mod cell;
mod counted;
mod durations;
mod group;

pub use cell::{Cell, CellKey, Cells};
pub use counted::{Counted, CountedStep, NotCounted, Walk, WalkStep};
pub use durations::{BadDurations, Durations};
pub use group::{Dimension, Group, UnknownDimension, week_of};
