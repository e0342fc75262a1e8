//! The requests of the last moments, so that one of them can be explained.

use std::{
    net::IpAddr,
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
    duration: Duration,
    client: IpAddr,
    protocol: Protocol,
    status: u16,
    method: Text<METHOD>,
    target: Text<TARGET>,
    bytes_in: u64,
    bytes_out: u64,
    attempts: Attempts,
}

/// The beginning of a text.
#[derive(Debug, Clone, Copy)]
struct Text<const N: usize> {
    len: u8,
    bytes: [u8; N],
}

impl<const N: usize> Text<N> {
    fn new(text: &[u8]) -> Self {
        let len = text.len().min(N);
        let mut bytes = [0; N];
        bytes[..len].copy_from_slice(&text[..len]);
        Self { len: u8::try_from(len).unwrap_or(u8::MAX), bytes }
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
pub struct Recent {
    all: Ring,
    notable: Ring,
}

#[derive(Debug, Default)]
struct Ring {
    slots: Vec<Slot>,
    next: usize,
}

impl Ring {
    fn push(&mut self, slot: Slot) {
        if self.slots.len() < KEPT {
            self.slots.push(slot);
        } else {
            self.slots[self.next] = slot;
        }
        self.next = (self.next + 1) % KEPT;
    }

    /// The newest with this id: clients may use an id twice.
    fn find(&self, id: u64) -> Option<&Slot> {
        let (newer, older) = self.slots.split_at(self.next.min(self.slots.len()));
        newer.iter().rev().chain(older.iter().rev()).find(|slot| slot.id == id)
    }
}

impl Recent {
    /// Keeps a request.
    pub fn push(&mut self, entry: Entry<'_>) {
        let path = memchr::memchr(b'?', entry.target).map_or(entry.target, |query| &entry.target[..query]);
        let slot = Slot {
            id: hash(entry.request_id.as_bytes()),
            began: entry.began,
            duration: entry.duration(),
            client: entry.client,
            protocol: entry.protocol,
            status: entry.status,
            method: Text::new(entry.method),
            target: Text::new(path),
            bytes_in: entry.bytes_in,
            bytes_out: entry.bytes_out,
            attempts: entry.attempts,
        };
        let notable = slot.attempts.len() > 1 || slot.status >= 500;
        if notable { self.notable.push(slot) } else { self.all.push(slot) }
    }

    /// Finds a request by its id.
    pub fn find(&self, request_id: &str) -> Option<RecentRequest> {
        let id = hash(request_id.as_bytes());
        let (all, notable) = (self.all.find(id), self.notable.find(id));
        let newest = all.into_iter().chain(notable).max_by_key(|slot| slot.began)?;
        Some(RecentRequest {
            began: SystemTime::now().checked_sub(newest.began.elapsed()).unwrap_or(SystemTime::UNIX_EPOCH),
            duration: newest.duration,
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
