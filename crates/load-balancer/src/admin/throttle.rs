//! Slows down wrong tokens: per address, and all the more while many addresses try.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The wrong tokens that an address may give before it has to wait.
const FREE: u32 = 5;
/// The first wait; each further wrong token doubles it.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause between two tokens of one address.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// The longest wait for other tokens of the same address; a token that would wait longer is refused at once.
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// How long an address is remembered after its last wrong token.
const MEMORY: Duration = Duration::from_mins(10);
/// The wrong tokens of all addresses in a [`MINUTE`], above which only the first wrong token of each address has no
/// pause.
const CROWD: u32 = 100;
const MINUTE: Duration = Duration::from_mins(1);
/// The most addresses that are remembered; beyond them the oldest is forgotten.
const ADDRESSES: usize = 4096;

/// The addresses that have given wrong tokens.
///
/// After wrong tokens of an address, its next tokens are looked at only after a pause, one after the other. The right
/// token is late by the pause, and never refused for it. A token of any other address is not even late.
#[derive(Debug, Default)]
pub(super) struct Throttle(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    addresses: HashMap<IpAddr, Culprit>,
    /// Wrong tokens of all addresses since the minute began.
    crowd: u32,
    minute: Option<Instant>,
}

#[derive(Debug)]
struct Culprit {
    wrong: u32,
    last: Instant,
    /// When the next token may be looked at.
    next: Instant,
}

impl Throttle {
    /// How long a token of this address has to wait until it is looked at. `Err` says after how long the token may be
    /// given again, where too many wait already.
    pub(super) fn admit(&self, address: IpAddr, now: Instant) -> Result<Duration, Duration> {
        let mut seen = self.seen();
        let crowded = seen.is_crowded(now);
        let known = seen.addresses.get_mut(&key(address));
        let Some(culprit) = known.filter(|culprit| culprit.is_remembered(now)) else {
            return Ok(Duration::ZERO);
        };
        let due = culprit.next.max(now) + pause(culprit.wrong, crowded);
        let wait = due.saturating_duration_since(now);
        if wait > LONGEST_WAIT {
            return Err(wait);
        }
        culprit.next = due;
        Ok(wait)
    }

    /// Counts a wrong token, and gives the pause before the next one.
    pub(super) fn wrong(&self, address: IpAddr, now: Instant) -> Duration {
        let mut seen = self.seen();
        seen.make_room(now);
        seen.count(now);
        let culprit =
            seen.addresses.entry(key(address)).or_insert(Culprit { wrong: 0, last: now, next: now });
        culprit.wrong = culprit.wrong.saturating_add(1);
        culprit.last = now;
        let wrong = culprit.wrong;
        pause(wrong, seen.is_crowded(now))
    }

    /// Forgets the wrong tokens of an address that has given the right one.
    pub(super) fn right(&self, address: IpAddr) {
        self.seen().addresses.remove(&key(address));
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn is_crowded(&self, now: Instant) -> bool {
        self.crowd > CROWD && self.minute.is_some_and(|minute| now.duration_since(minute) < MINUTE)
    }

    fn count(&mut self, now: Instant) {
        if self.minute.is_none_or(|minute| now.duration_since(minute) >= MINUTE) {
            (self.minute, self.crowd) = (Some(now), 0);
        }
        self.crowd = self.crowd.saturating_add(1);
    }

    fn make_room(&mut self, now: Instant) {
        self.addresses.retain(|_, culprit| culprit.is_remembered(now));
        if self.addresses.len() < ADDRESSES {
            return;
        }
        let oldest =
            self.addresses.iter().min_by_key(|(_, culprit)| culprit.last).map(|(address, _)| *address);
        oldest.map(|address| self.addresses.remove(&address));
    }
}

impl Culprit {
    fn is_remembered(&self, now: Instant) -> bool {
        now.duration_since(self.last) < MEMORY
    }
}

/// The pause after so many wrong tokens.
fn pause(wrong: u32, crowded: bool) -> Duration {
    let counted = if crowded { wrong } else { wrong.saturating_sub(FREE) };
    match counted.checked_sub(1) {
        None => Duration::ZERO,
        Some(doubled) => FIRST_PAUSE.saturating_mul(1 << doubled.min(16)).min(LONGEST_PAUSE),
    }
}

/// The key of an address: IPv6 by /64, because a machine has a whole network of IPv6 addresses (RFC 6177).
fn key(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// Gives wrong tokens one after the other, as soon as it may, and gives how long that took.
    fn guess(throttle: &Throttle, from: IpAddr, times: u32, mut now: Instant) -> Duration {
        let began = now;
        for _ in 0..times {
            now += throttle.admit(from, now).unwrap();
            throttle.wrong(from, now);
        }
        now - began
    }

    #[test]
    fn a_few_mistakes_are_free_and_then_it_gets_slow() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let guesser = address("192.0.2.1");
        assert_eq!(guess(&throttle, guesser, 5, now), Duration::ZERO);
        assert_eq!(guess(&throttle, guesser, 6, now), Duration::from_millis(100 + 200 + 400 + 800 + 1000));
        assert_eq!(throttle.admit(address("192.0.2.2"), now), Ok(Duration::ZERO), "others do not wait");
    }

    #[test]
    fn guessing_in_parallel_is_no_faster() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let guesser = address("192.0.2.1");
        guess(&throttle, guesser, 20, now);
        let later = now + Duration::from_mins(1);
        let looked_at: Vec<_> = (0..50).filter_map(|_| throttle.admit(guesser, later).ok()).collect();
        assert_eq!(looked_at, (1..=5).map(Duration::from_secs).collect::<Vec<_>>());
        assert_eq!(throttle.admit(guesser, later), Err(Duration::from_secs(6)));
    }

    #[test]
    fn the_right_token_ends_it_and_so_does_time() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let (mistaken, gone) = (address("192.0.2.1"), address("192.0.2.2"));
        guess(&throttle, mistaken, 9, now);
        guess(&throttle, gone, 9, now);
        throttle.right(mistaken);
        assert_eq!(throttle.admit(mistaken, now), Ok(Duration::ZERO));
        let later = now + MEMORY + Duration::from_secs(5);
        assert_eq!(throttle.admit(gone, later), Ok(Duration::ZERO));
    }

    #[test]
    fn many_addresses_are_slowed_together() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for address in 0..=CROWD {
            throttle.wrong(IpAddr::from(address.to_be_bytes()), now);
        }
        assert!(
            throttle.wrong(address("203.0.113.1"), now) > Duration::ZERO,
            "not even a second one is free"
        );
        assert_eq!(throttle.admit(address("203.0.113.2"), now), Ok(Duration::ZERO), "a first one is");
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_what_is_remembered_has_an_end() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        guess(&throttle, address("2001:db8::1"), 9, now);
        assert!(throttle.admit(address("2001:db8::2"), now).unwrap() > Duration::ZERO);
        for address in 0..=u32::try_from(ADDRESSES).unwrap() {
            throttle.wrong(IpAddr::from(address.to_be_bytes()), now);
        }
        assert!(throttle.seen().addresses.len() <= ADDRESSES);
    }
}
