//! The list of sessions that ended lately. Requests that only read are refused by this list.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use uuid::Uuid;

use crate::domain::Timestamp;

/// The largest number of sessions in the list: about 8 MiB. Each session beyond that is looked up in the database.
pub const MOST: usize = 100_000;

/// The time that a reading of the list is relied on. After that, each session is looked up in the database. With the
/// time of an answer, nobody is let in for more than 10 s after the end of a session.
const FRESH_FOR: Duration = Duration::from_secs(8);

/// The list's answer for a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The session was not ended when the list was read.
    Live,
    /// The session was ended.
    Ended,
    /// The list is too old, or has no room for all sessions. The database has to be asked.
    Unknown,
}

/// The sessions that were ended while their access tokens may still be valid.
#[derive(Debug, Default)]
pub struct Revocations {
    list: RwLock<List>,
    wanted: Notify,
}

#[derive(Debug, Default)]
struct List {
    ended: HashMap<Uuid, Timestamp>,
    /// The beginning of the last reading; none before the first.
    read: Option<Instant>,
    /// Whether the list has all ended sessions.
    whole: bool,
}

impl Revocations {
    /// The list's answer for the session `id` at `now`.
    pub fn standing(&self, id: Uuid, now: Instant) -> Standing {
        let list = self.list.read().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = list.read.is_some_and(|read| now.saturating_duration_since(read) < FRESH_FOR);
        if list.ended.contains_key(&id) {
            Standing::Ended
        } else if is_fresh && list.whole {
            Standing::Live
        } else {
            Standing::Unknown
        }
    }

    /// Adds the sessions `found` of a reading that began at `read`. Removes sessions that ended before `horizon`,
    /// because their tokens have all expired. `whole` says that the reading had all sessions since the horizon, and
    /// not only the latest.
    pub fn take_in(&self, found: Vec<(Uuid, Timestamp)>, read: Instant, horizon: Timestamp, whole: bool) {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        list.ended.retain(|_, at| *at >= horizon);
        let all_fit = found.len() < MOST;
        for (id, at) in found {
            if list.ended.len() < MOST {
                list.ended.insert(id, at);
            }
        }
        list.read = Some(read);
        list.whole = all_fit && list.ended.len() < MOST && (whole || list.whole);
    }

    /// Whether the next reading must have all sessions, and not only the latest.
    pub fn needs_all(&self) -> bool {
        !self.list.read().unwrap_or_else(PoisonError::into_inner).whole
    }

    /// The number of sessions in the list.
    pub fn len(&self) -> usize {
        self.list.read().unwrap_or_else(PoisonError::into_inner).ended.len()
    }

    /// Whether the list is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Asks for a reading now, because this instance has just ended sessions.
    pub fn want(&self) {
        self.wanted.notify_one();
    }

    /// Waits until a reading is asked for.
    pub async fn wanted(&self) {
        self.wanted.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::now;

    #[test]
    fn a_session_is_live_only_by_a_whole_and_fresh_list() {
        let (list, start, at) = (Revocations::default(), Instant::now(), now());
        let (ended, other) = (Uuid::now_v7(), Uuid::now_v7());
        assert_eq!(list.standing(other, start), Standing::Unknown);
        list.take_in(vec![(ended, at)], start, at, false);
        assert_eq!(list.standing(other, start), Standing::Unknown, "only the latest were read");
        list.take_in(vec![(ended, at)], start, at, true);
        assert_eq!(list.standing(other, start), Standing::Live);
        assert_eq!(list.standing(other, start + FRESH_FOR), Standing::Unknown);
        assert_eq!(list.standing(ended, start + FRESH_FOR), Standing::Ended);
        // Its last access token has expired.
        list.take_in(Vec::new(), start, at + time::Duration::SECOND, false);
        assert_eq!((list.standing(ended, start), list.len()), (Standing::Live, 0));
    }

    #[test]
    fn the_list_has_an_end_and_says_so() {
        let (list, start, at) = (Revocations::default(), Instant::now(), now());
        let many: Vec<_> = (0..MOST + 10).map(|_| (Uuid::new_v4(), at)).collect();
        let (kept, left_out) = (many[0].0, many[MOST + 9].0);
        list.take_in(many, start, at, true);
        assert_eq!((list.len(), list.needs_all()), (MOST, true));
        assert_eq!(list.standing(kept, start), Standing::Ended);
        assert_eq!(list.standing(left_out, start), Standing::Unknown);
        list.take_in(Vec::new(), start, at + time::Duration::SECOND, true);
        assert_eq!(list.standing(left_out, start), Standing::Live);
    }
}
