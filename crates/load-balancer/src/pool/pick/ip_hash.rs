//! Sends the same client to the same server, by weighted rendezvous hashing (Thaler and Ravishankar 1998; `score =
//! weight / -ln(u)`, Schindelhauer and Schomaker 2005).

use std::net::IpAddr;

use crate::pool::{Pool, Server};

/// A server's part of the hash, made from its name: clients stay with the server when its address or its place changes.
pub(in crate::pool) fn seed(name: &str) -> u64 {
    // FNV-1a, then mixed: names that differ in one digit must not give seeds that are alike.
    let hash = name.bytes().fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    mix(hash)
}

/// The server with the highest score for this client among the usable ones. A server that leaves moves only its own
/// clients, and they come back when it is back.
#[inline]
pub(super) fn choose(pool: &Pool, client: IpAddr, eligible: impl Fn(&Server) -> bool) -> Option<usize> {
    let client = client_hash(client);
    if pool.equal_weights { by_hash(pool, client, eligible) } else { by_score(pool, client, eligible) }
}

#[inline]
fn by_hash(pool: &Pool, client: u64, eligible: impl Fn(&Server) -> bool) -> Option<usize> {
    let mut best = None;
    for (index, member) in pool.members.iter().enumerate() {
        let hash = mix(client ^ member.seed);
        // The server itself is looked at only when it would win, which is rare.
        if best.is_none_or(|(highest, _)| hash > highest) && eligible(&member.server) {
            best = Some((hash, index));
        }
    }
    best.map(|(_, index)| index)
}

#[inline]
fn by_score(pool: &Pool, client: u64, eligible: impl Fn(&Server) -> bool) -> Option<usize> {
    let (mut best, mut highest) = (None, 0.0);
    for (index, member) in pool.members.iter().enumerate() {
        let uniform = unit(mix(client ^ member.seed));
        let weight = f64::from(member.weight);
        // -ln(u) >= 1 - u, so that most candidates are out before the logarithm is taken.
        if weight <= highest * (1.0 - uniform) {
            continue;
        }
        let score = weight / -uniform.ln();
        if score > highest && eligible(&member.server) {
            (best, highest) = (Some(index), score);
        }
    }
    best
}

/// 0 < u < 1, from the upper 52 bits.
#[inline]
fn unit(hash: u64) -> f64 {
    // A mantissa of 1.0 <= m < 2.0, moved down: no conversion that could round.
    f64::from_bits((hash >> 12) | 1.0_f64.to_bits()) - 1.0 + f64::EPSILON / 2.0
}

#[inline]
fn client_hash(client: IpAddr) -> u64 {
    match client.to_canonical() {
        IpAddr::V4(address) => mix(u64::from(address.to_bits())),
        IpAddr::V6(address) => {
            let [high, low] = [0, 8].map(|at| {
                let mut half = [0; 8];
                half.copy_from_slice(&address.octets()[at..at + 8]);
                u64::from_be_bytes(half)
            });
            mix(high ^ mix(low))
        }
    }
}

/// The finaliser of splitmix64 (Steele, Lea and Flood 2014).
#[inline]
fn mix(mut bits: u64) -> u64 {
    bits = bits.wrapping_add(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}
