//! The requests of the last moments, so that one of them can be explained.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::{Duration, Instant, SystemTime},
};

use super::{Attempts, Entry, Protocol, text::Text};

/// The number of requests that each worker keeps.
const KEPT: usize = 1024;
/// The bytes that are kept of a target.
const TARGET: usize = 96;
/// The bytes that are kept of the id of a request that failed or was retried.
const ID: usize = 64;
/// The bytes that are kept of a method.
const METHOD: usize = 8;

/// A request as it is kept: fixed in size, so that keeping it allocates nothing.
#[derive(Debug, Clone)]
struct Slot {
    id: u64,
    began: Instant,
    micros: u64,
    client: IpAddr,
    protocol: Protocol,
    status: u16,
    method: Text<METHOD>,
    target: Text<TARGET>,
    bytes_in: u64,
    bytes_out: u64,
    attempts: Attempts,
}

impl Slot {
    #[cold]
    fn empty() -> Self {
        Self {
            id: 0,
            began: Instant::now(),
            micros: 0,
            client: Ipv4Addr::UNSPECIFIED.into(),
            protocol: Protocol::Http11,
            status: 0,
            method: Text::EMPTY,
            target: Text::EMPTY,
            bytes_in: 0,
            bytes_out: 0,
            attempts: Attempts::new(),
        }
    }

    /// Fills the slot field by field, in place: a new slot would be written twice.
    #[inline]
    fn fill(&mut self, entry: Entry<'_>, micros: u64) {
        let path = memchr::memchr(b'?', entry.target).map_or(entry.target, |query| &entry.target[..query]);
        self.id = hash(entry.request_id.as_bytes());
        (self.began, self.micros) = (entry.began, micros);
        (self.client, self.protocol, self.status) = (entry.client, entry.protocol, entry.status);
        self.method.set(entry.method);
        self.target.set(path);
        (self.bytes_in, self.bytes_out) = (entry.bytes_in, entry.bytes_out);
        self.attempts = entry.attempts;
    }
}

impl Slot {
    fn to_request(&self) -> RecentRequest {
        RecentRequest {
            began: SystemTime::now().checked_sub(self.began.elapsed()).unwrap_or(SystemTime::UNIX_EPOCH),
            duration: Duration::from_micros(self.micros),
            client: self.client,
            protocol: self.protocol,
            method: self.method.to_text(),
            path: self.target.to_text(),
            status: self.status,
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out,
            attempts: self.attempts.clone(),
        }
    }
}

/// A request that was found again.
#[derive(Debug, Clone)]
pub struct RecentRequest {
    /// When the request's head was complete.
    pub began: SystemTime,
    /// The time from then to the end of the answer.
    pub duration: Duration,
    /// The client's address.
    pub client: IpAddr,
    /// The protocol that the client spoke.
    pub protocol: Protocol,
    /// The method.
    pub method: String,
    /// The path without its query, which may hold what nobody else should read; cut when long.
    pub path: String,
    /// The status that the client got.
    pub status: u16,
    /// Body bytes that came from the client.
    pub bytes_in: u64,
    /// Body bytes that went to the client.
    pub bytes_out: u64,
    /// Each attempt, in order.
    pub attempts: Attempts,
}

/// A request in a list, to choose from.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    /// The reference by which the request is found again, where its id is not kept.
    pub reference: u64,
    /// The request's id, where it is kept: for requests that failed or were retried. Cut when long.
    pub request_id: Option<String>,
    /// The request.
    pub request: RecentRequest,
}

/// The requests that a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// All kept requests.
    All,
    /// Requests that were answered with 5xx.
    Failed,
    /// Requests with more than one attempt, whatever their outcome.
    Retried,
}

impl Which {
    fn has(self, slot: &Slot) -> bool {
        match self {
            Self::All => true,
            Self::Failed => slot.status >= 500,
            Self::Retried => slot.attempts.len() > 1,
        }
    }
}

/// Two rings: one of every request, and one of those that failed or needed more than one attempt. The second ring lasts
/// longer, because operators ask about its requests.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    all: Ring,
    notable: Ring,
    /// The ids of the notable requests, each at the place of its request.
    ids: Vec<Text<ID>>,
}

#[derive(Debug, Default)]
struct Ring {
    slots: Vec<Slot>,
    next: usize,
}

impl Ring {
    /// The slot for the next request; it still holds the request that is replaced.
    #[inline]
    fn next(&mut self) -> &mut Slot {
        if self.slots.len() < KEPT {
            self.slots.push(Slot::empty());
        }
        let next = self.next;
        self.next = (next + 1) % KEPT;
        &mut self.slots[next]
    }

    /// Places and requests, the newest first.
    fn newest(&self) -> impl Iterator<Item = (usize, &Slot)> {
        let (newer, older) = self.slots.split_at(self.next.min(self.slots.len()));
        let places = self.slots.len();
        let older = older.iter().enumerate().map(move |(place, slot)| (places - older.len() + place, slot));
        newer.iter().enumerate().rev().chain(older.rev())
    }

    /// The newest request with this id: clients may use an id twice.
    fn find(&self, id: u64) -> Option<&Slot> {
        self.newest().map(|(_, slot)| slot).find(|slot| slot.id == id)
    }
}

impl Recent {
    /// Keeps a request that took so many microseconds.
    pub(crate) fn push(&mut self, entry: Entry<'_>, micros: u64) {
        let notable = entry.attempts.len() > 1 || entry.status >= 500;
        if notable {
            self.name(entry.request_id);
        }
        let ring = if notable { &mut self.notable } else { &mut self.all };
        ring.next().fill(entry, micros);
    }

    /// Keeps the id of the request that the next slot of the notable ones is for.
    #[cold]
    fn name(&mut self, request_id: &str) {
        let place = self.notable.next;
        if self.ids.len() == place && place < KEPT {
            self.ids.push(Text::EMPTY);
        }
        if let Some(id) = self.ids.get_mut(place) {
            id.set(request_id.as_bytes());
        }
    }

    /// Finds a request by its id.
    pub(crate) fn find(&self, request_id: &str) -> Option<RecentRequest> {
        self.find_listed(hash(request_id.as_bytes()))
    }

    /// Finds a request by what a [`Listed`] calls it.
    pub(crate) fn find_listed(&self, reference: u64) -> Option<RecentRequest> {
        let (all, notable) = (self.all.find(reference), self.notable.find(reference));
        all.into_iter().chain(notable).max_by_key(|slot| slot.began).map(Slot::to_request)
    }

    /// The newest requests, at most `most` of them, the newest first.
    pub(crate) fn list(&self, which: Which, most: usize) -> Vec<Listed> {
        let listed = |request_id: Option<String>, slot: &Slot| Listed {
            reference: slot.id,
            request_id,
            request: slot.to_request(),
        };
        let notable = self.notable.newest().filter(|(_, slot)| which.has(slot)).take(most);
        let id = |place: usize| self.ids.get(place).map(|id| id.to_text());
        let mut list: Vec<Listed> = notable.map(|(place, slot)| listed(id(place), slot)).collect();
        if which == Which::All {
            list.extend(self.all.newest().take(most).map(|(_, slot)| listed(None, slot)));
        }
        list.sort_by_key(|listed| std::cmp::Reverse(listed.request.began));
        list.truncate(most);
        list
    }
}

/// Hashes an id to 64 bits, eight bytes at a time. No defence against chosen ids is needed: a client that makes two ids
/// collide confuses the explanation of its own requests.
fn hash(id: &[u8]) -> u64 {
    const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
    let (words, rest) = id.as_chunks::<8>();
    let tail = rest.iter().fold(id.len() as u64, |tail, byte| tail << 8 | u64::from(*byte));
    let words = words.iter().map(|word| u64::from_le_bytes(*word)).chain([tail]);
    words.fold(0, |hash: u64, word| (hash.rotate_left(5) ^ word).wrapping_mul(MULTIPLIER))
}
