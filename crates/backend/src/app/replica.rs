//! A read replica of the database, and the rule for who may read from it.

use std::sync::Arc;
use std::time::Duration;

use crate::domain::Timestamp;
use crate::store::Store;

/// How new an answer must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// It knows every change that was acknowledged.
    Current,
    /// It may lack the changes of the last seconds, none of which is the asker's own.
    MayLag,
}

/// The replica of `DB_READ_SERVER`.
pub struct Replica {
    /// The database; nothing is written to it.
    pub store: Arc<dyn Store>,
    /// `DB_READ_MAX_LAG`: whoever wrote within this time reads from the primary.
    pub max_lag: Duration,
}

impl Replica {
    /// What whoever wrote at `last_write` for the last time needs at `now`. Nobody knows of a client that does not say
    /// when it wrote, so that one needs current answers. Clocks of two instances may differ by 30 s, and a time that is
    /// in the future is none.
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
