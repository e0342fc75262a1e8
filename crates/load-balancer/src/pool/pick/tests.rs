use std::{collections::HashMap, net::Ipv4Addr, sync::Arc};

use super::*;
use crate::pool::{AdminState, Health, Lease, PoolSettings, PoolState};

const ALL: [Algorithm; 4] =
    [Algorithm::RoundRobin, Algorithm::LeastConn, Algorithm::IpHash, Algorithm::RandomTwo];
const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn pool(algorithm: Algorithm, weights: &[u32]) -> Pool {
    let state = Arc::new(PoolState::new(1));
    let servers = (1_u32..).zip(weights).map(|(n, weight)| {
        let server =
            Server::new("p", &format!("s{n}"), &format!("10.0.0.{n}:80"), 1, Arc::clone(state.wake()));
        server.set_health(Health::Up);
        (Arc::new(server), *weight)
    });
    let settings = PoolSettings { algorithm, ..PoolSettings::default() };
    Pool::new("p", settings, servers.collect(), Arc::clone(&state))
}

fn client(n: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(0x0A00_0000 + n))
}

/// How often each server is picked, one request after another.
fn shares(pool: &Pool, picks: u32) -> HashMap<String, u32> {
    let mut state = PickState::new(7);
    let mut shares = HashMap::new();
    for n in 0..picks {
        let server = pick(pool, &mut state, client(n), &Tried::default()).unwrap();
        *shares.entry(server.name().to_owned()).or_default() += 1;
    }
    shares
}

#[test]
fn turns_are_exact() {
    for algorithm in [Algorithm::RoundRobin, Algorithm::LeastConn] {
        let shares = shares(&pool(algorithm, &[3, 2, 1]), 60);
        assert_eq!((shares["s1"], shares["s2"], shares["s3"]), (30, 20, 10), "{algorithm:?}");
    }
}

#[test]
fn lots_and_hashes_follow_the_weights() {
    for algorithm in [Algorithm::IpHash, Algorithm::RandomTwo] {
        let shares = shares(&pool(algorithm, &[3, 2, 1]), 6000);
        for (name, expected) in [("s1", 3000_u32), ("s2", 2000), ("s3", 1000)] {
            // Drawing two different servers flattens the weights while all are idle.
            let slack = if algorithm == Algorithm::RandomTwo { expected / 2 } else { expected / 10 };
            assert!(shares[name].abs_diff(expected) <= slack, "{algorithm:?} {shares:?}");
        }
    }
}

#[test]
fn the_turns_of_a_server_that_is_out_go_to_all_others() {
    for algorithm in [Algorithm::RoundRobin, Algorithm::LeastConn] {
        let pool = pool(algorithm, &[1, 1, 1]);
        pool.server("s1").unwrap().set_health(Health::Down);
        let shares = shares(&pool, 60);
        assert_eq!((shares["s2"], shares["s3"]), (30, 30), "{algorithm:?}");
    }
}

#[test]
fn no_algorithm_goes_where_it_must_not() {
    for algorithm in ALL {
        let pool = pool(algorithm, &[5, 1, 1, 1]);
        pool.server("s1").unwrap().set_health(Health::Ejected);
        pool.server("s2").unwrap().set_admin_state(AdminState::Drain);
        let mut tried = Tried::default();
        tried.insert(pool.server("s3").unwrap());
        let mut state = PickState::new(1);
        for n in 0..200 {
            let server = pick(&pool, &mut state, client(n), &tried).unwrap();
            assert_eq!(server.name(), "s4", "{algorithm:?}");
        }
        tried.insert(pool.server("s4").unwrap());
        assert!(pick(&pool, &mut state, CLIENT, &tried).is_none(), "{algorithm:?}");
        let last_resort = pick_any(&pool, &mut state, CLIENT, &tried).unwrap();
        assert_eq!(last_resort.name(), "s1", "{algorithm:?}");
    }
}

#[test]
fn an_empty_pool_has_no_one() {
    for algorithm in ALL {
        let pool = pool(algorithm, &[]);
        assert!(pick(&pool, &mut PickState::new(1), CLIENT, &Tried::default()).is_none(), "{algorithm:?}");
    }
}

#[test]
fn the_least_busy_for_its_weight() {
    let rows: [(&[u32], [u32; 2], &str); 4] =
        [(&[1, 1], [2, 1], "s2"), (&[1, 1], [0, 1], "s1"), (&[3, 1], [2, 1], "s1"), (&[3, 1], [4, 1], "s2")];
    for (weights, in_flight, expected) in rows {
        let pool = pool(Algorithm::LeastConn, weights);
        let mut leases = Vec::new();
        for (member, count) in pool.members().iter().zip(in_flight) {
            leases.extend((0..count).map(|_| Lease::new(member.server())));
        }
        let picked = pick(&pool, &mut PickState::new(1), CLIENT, &Tried::default()).unwrap();
        assert_eq!(picked.name(), expected, "{weights:?} {in_flight:?}");
    }
}

#[test]
fn two_drawn_by_lot_spare_the_busy_one() {
    let pool = pool(Algorithm::RandomTwo, &[1, 1]);
    let _busy = Lease::new(pool.server("s1").unwrap());
    let mut state = PickState::new(3);
    let spared = (0..100)
        .filter(|_| pick(&pool, &mut state, CLIENT, &Tried::default()).unwrap().name() == "s2")
        .count();
    assert!(spared >= 98, "{spared}");
}

#[test]
fn a_server_that_leaves_moves_only_its_own_clients() {
    for weights in [&[1, 1, 1][..], &[3, 2, 1]] {
        let pool = pool(Algorithm::IpHash, weights);
        let home = |n| {
            let mut state = PickState::new(1);
            pick(&pool, &mut state, client(n), &Tried::default()).unwrap().name().to_owned()
        };
        let before: Vec<_> = (0..500).map(home).collect();
        pool.server("s2").unwrap().set_health(Health::Down);
        for (n, old) in (0..).zip(&before) {
            assert!(home(n) == *old || old == "s2", "client {n} moved from {old}");
        }
        pool.server("s2").unwrap().set_health(Health::Up);
        assert_eq!((0..500).map(home).collect::<Vec<_>>(), before);
    }
}
