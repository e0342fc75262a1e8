//! The requests of the last moments, so that one of them can be explained.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::{Duration, Instant, SystemTime},
};

use super::{Attempts, Entry, Protocol};

/// Requests kept by each worker.
const KEPT: usize = 1024;
/// Bytes kept of a target.
const TARGET: usize = 96;
/// Bytes kept of a method.
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

    /// Field by field, in place: a new slot would be written twice.
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

/// The beginning of a text.
#[derive(Debug, Clone, Copy)]
struct Text<const N: usize> {
    len: u8,
    bytes: [u8; N],
}

impl<const N: usize> Text<N> {
    const EMPTY: Self = Self { len: 0, bytes: [0; N] };

    #[inline]
    fn set(&mut self, text: &[u8]) {
        let len = text.len().min(N);
        self.bytes[..len].copy_from_slice(&text[..len]);
        self.len = u8::try_from(len).unwrap_or(u8::MAX);
    }

    fn to_text(self) -> String {
        String::from_utf8_lossy(&self.bytes[..usize::from(self.len)]).into_owned()
    }
}

/// A request that was found again.
#[derive(Debug, Clone)]
pub struct RecentRequest {
    /// When its head was complete.
    pub began: SystemTime,
    /// Until the end of the answer.
    pub duration: Duration,
    /// Who asked.
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

/// Two rings: every request, and those which failed or needed more than one attempt; the second lasts longer,
/// because it is these that one asks about.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    all: Ring,
    notable: Ring,
}

#[derive(Debug, Default)]
struct Ring {
    slots: Vec<Slot>,
    next: usize,
}

impl Ring {
    /// The slot for the next request; it holds that of the one it replaces.
    #[inline]
    fn next(&mut self) -> &mut Slot {
        if self.slots.len() < KEPT {
            self.slots.push(Slot::empty());
        }
        let next = self.next;
        self.next = (next + 1) % KEPT;
        &mut self.slots[next]
    }

    /// The newest with this id: clients may use an id twice.
    fn find(&self, id: u64) -> Option<&Slot> {
        let (newer, older) = self.slots.split_at(self.next.min(self.slots.len()));
        newer.iter().rev().chain(older.iter().rev()).find(|slot| slot.id == id)
    }
}

impl Recent {
    /// Keeps a request that took so many microseconds.
    pub(crate) fn push(&mut self, entry: Entry<'_>, micros: u64) {
        let notable = entry.attempts.len() > 1 || entry.status >= 500;
        let ring = if notable { &mut self.notable } else { &mut self.all };
        ring.next().fill(entry, micros);
    }

    /// Finds a request by its id.
    pub(crate) fn find(&self, request_id: &str) -> Option<RecentRequest> {
        let id = hash(request_id.as_bytes());
        let (all, notable) = (self.all.find(id), self.notable.find(id));
        let newest = all.into_iter().chain(notable).max_by_key(|slot| slot.began)?;
        Some(RecentRequest {
            began: SystemTime::now().checked_sub(newest.began.elapsed()).unwrap_or(SystemTime::UNIX_EPOCH),
            duration: Duration::from_micros(newest.micros),
            client: newest.client,
            protocol: newest.protocol,
            method: newest.method.to_text(),
            path: newest.target.to_text(),
            status: newest.status,
            bytes_in: newest.bytes_in,
            bytes_out: newest.bytes_out,
            attempts: newest.attempts.clone(),
        })
    }
}

/// Eight bytes at a time; 64 bits of it stand for the id. No defence against chosen ids is needed: whoever makes
/// two ids collide confuses the explanation of their own requests.
fn hash(id: &[u8]) -> u64 {
    const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
    let (words, rest) = id.as_chunks::<8>();
    let tail = rest.iter().fold(id.len() as u64, |tail, byte| tail << 8 | u64::from(*byte));
    let words = words.iter().map(|word| u64::from_le_bytes(*word)).chain([tail]);
    words.fold(0, |hash: u64, word| (hash.rotate_left(5) ^ word).wrapping_mul(MULTIPLIER))
}
