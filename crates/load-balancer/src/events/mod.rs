//! Events: what has happened to servers, to the configuration and to certificates.
//!
//! The list is bounded and lives as long as the process. Only the control thread writes the list. When a worker finds
//! something (failing traffic puts a server out), the worker's shard tells the control thread.

mod kind;

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

pub(crate) use self::kind::{About, By, Cause, Kind};

/// Events kept; the oldest make room.
pub(crate) const KEPT: usize = 500;
/// The longest reason, in bytes.
const LONGEST_REASON: usize = 300;

/// An event.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    /// The number of the event, which grows by one with each.
    pub number: u64,
    /// When the event happened.
    pub at: SystemTime,
    /// What happened.
    pub kind: Kind,
    /// The pool, where the event is about one.
    pub pool: Option<String>,
    /// The server, where the event is about one.
    pub server: Option<String>,
    /// Who or what caused the event, and why.
    pub cause: Cause,
}

/// The list of events.
#[derive(Debug, Default)]
pub(crate) struct Events(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    noted: u64,
    /// The events in the order of their times.
    list: VecDeque<Event>,
    /// The last event that moved a server, by the server's id; as many as there are servers.
    latest: HashMap<u64, Event>,
}

impl Events {
    /// Adds an event about the balancer, or about a pool.
    pub(crate) fn note(&self, kind: Kind, pool: Option<&str>, cause: Cause) {
        self.kept().insert(None, |number| Event {
            number,
            at: SystemTime::now(),
            kind,
            pool: pool.map(str::to_owned),
            server: None,
            cause: bounded(cause),
        });
    }

    /// Adds an event about a server that happened at `at`.
    pub(crate) fn note_server(&self, at: SystemTime, kind: Kind, about: About, cause: Cause) {
        let About { id, pool, server } = about;
        let mut kept = self.kept();
        kept.insert(Some(id), |number| Event {
            number,
            at,
            kind,
            pool: Some(pool),
            server: Some(server),
            cause: bounded(cause),
        });
        if kind == Kind::ServerRemoved {
            kept.latest.remove(&id);
        }
    }

    /// The kept events, the newest first, `most` of them at most.
    pub(crate) fn newest(&self, most: usize) -> Vec<Event> {
        self.kept().list.iter().rev().take(most).cloned().collect()
    }

    /// How many events there have been.
    pub(crate) fn noted(&self) -> u64 {
        self.kept().noted
    }

    /// The last event that moved the server with this id: since when the server is in its state, and why.
    pub(crate) fn latest(&self, id: u64) -> Option<Event> {
        self.kept().latest.get(&id).cloned()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn insert(&mut self, server: Option<u64>, event: impl FnOnce(u64) -> Event) {
        self.noted += 1;
        let event = event(self.noted);
        if let Some(id) = server.filter(|_| event.kind.moves_a_server()) {
            let is_news = self.latest.get(&id).is_none_or(|known| known.at <= event.at);
            if is_news {
                self.latest.insert(id, event.clone());
            }
        }
        // What a worker has found is told up to a second later.
        let place = self.list.iter().rposition(|known| known.at <= event.at).map_or(0, |place| place + 1);
        self.list.insert(place, event);
        if self.list.len() > KEPT {
            self.list.pop_front();
        }
    }
}

fn bounded(mut cause: Cause) -> Cause {
    if let Some(reason) = &mut cause.reason {
        reason.truncate(reason.floor_char_boundary(LONGEST_REASON));
    }
    cause
}

#[cfg(test)]
mod tests {
    use std::{net::IpAddr, time::Duration};

    use super::*;

    fn about(id: u64) -> About {
        About { id, pool: "p".to_owned(), server: format!("s{id}") }
    }

    #[test]
    fn the_list_is_bounded_and_in_the_order_of_times() {
        let events = Events::default();
        let start = SystemTime::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        for second in 0..KEPT as u64 {
            events.note_server(at(second * 10), Kind::ServerUp, about(1), By::Checks.into());
        }
        events.note_server(at(5), Kind::ServerEjected, about(1), By::Traffic.into());
        let list = events.newest(usize::MAX);
        assert_eq!((list.len(), events.noted()), (KEPT, KEPT as u64 + 1));
        assert!(list.is_sorted_by(|newer, older| newer.at >= older.at));
        assert_eq!(list.last().map(|event| event.kind), Some(Kind::ServerEjected), "the first has made room");
    }

    #[test]
    fn a_server_stands_where_the_last_event_of_its_own_has_put_it() {
        let events = Events::default();
        let now = SystemTime::now();
        let later = now + Duration::from_secs(1);
        events.note_server(later, Kind::ServerUp, about(1), By::Checks.into());
        events.note_server(now, Kind::ServerEjected, about(1), By::Traffic.into());
        events.note_server(later, Kind::WeightChanged, about(1), By::File.into());
        events.note_server(now, Kind::ServerDown, about(2), By::Checks.into());
        let kind = |id| events.latest(id).map(|event| event.kind);
        assert_eq!((kind(1), kind(2)), (Some(Kind::ServerUp), Some(Kind::ServerDown)));
        events.note_server(
            later,
            Kind::ServerRemoved,
            about(2),
            By::Operator(IpAddr::from([1, 2, 3, 4])).into(),
        );
        assert_eq!(kind(2), None);
        assert_eq!(events.newest(1)[0].cause.by.to_string(), "operator at 1.2.3.4");
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let events = Events::default();
        let reason = Some("ä".repeat(LONGEST_REASON));
        events.note(Kind::ConfigurationRefused, None, Cause { by: By::File, reason });
        let kept = events.newest(1).remove(0).cause.reason.unwrap_or_default();
        assert_eq!(kept, "ä".repeat(LONGEST_REASON / 2));
    }
}
