//! The end of a batch whose guard finds no row.

/// Ends a batch whose version guard finds another version than it expects.
pub(super) const OR_STALE: &str =
    "IF @@ROWCOUNT = 0 BEGIN ROLLBACK TRANSACTION; SELECT CAST(0 AS BIT) AS committed; RETURN; END";
