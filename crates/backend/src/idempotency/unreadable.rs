//! The errors of reading a kept answer.

/// A kept answer that this version cannot read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a kept answer cannot be read")]
pub struct Unreadable;
