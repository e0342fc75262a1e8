//! What a batch says where a guard of a change found nothing.

/// Ends a batch whose version guard found another version than it expected.
pub(super) const OR_STALE: &str =
    "IF @@ROWCOUNT = 0 BEGIN ROLLBACK TRANSACTION; SELECT CAST(0 AS BIT) AS committed; RETURN; END";
