//! The read replica of the database, and the rule for requests that may read from it.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::Timestamp;
use crate::store::Store;

/// The freshness that an answer needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// The answer must know every acknowledged change.
    Current,
    /// The answer may lack the changes of the last seconds, where none of them is the client's own.
    MayLag,
}

/// The replica of `DB_READ_SERVER`.
pub struct Replica {
    /// The store of the replica, which is never written to.
    pub store: Arc<dyn Store>,
    /// The time after a write in which the client reads from the primary (`DB_READ_MAX_LAG`).
    pub max_lag: Duration,
}

impl Replica {
    /// The freshness that a client needs at `now`, where `last_write` is the time of the client's last write. A
    /// client that names no time needs current answers. The clocks of two instances may differ by 30 s, so a time
    /// further in the future counts as no time.
    pub fn freshness(&self, last_write: Option<Timestamp>, now: Timestamp) -> Freshness {
        match last_write {
            Some(at) if now - at >= self.max_lag => Freshness::MayLag,
            _ => Freshness::Current,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::late::LateStore;
    use time::macros::datetime;

    #[test]
    fn whoever_wrote_lately_or_says_nothing_gets_current_answers() {
        let now = datetime!(2026-03-01 12:00 UTC);
        let replica = Replica { store: Arc::new(LateStore::default()), max_lag: Duration::from_secs(5) };
        let ago = |seconds| Some(now - Duration::from_secs(seconds));
        for (last_write, expected) in [
            (None, Freshness::Current),
            (ago(0), Freshness::Current),
            (ago(4), Freshness::Current),
            (ago(5), Freshness::MayLag),
            (Some(now + Duration::from_secs(40)), Freshness::Current),
        ] {
            assert_eq!(replica.freshness(last_write, now), expected, "{last_write:?}");
        }
    }
}
