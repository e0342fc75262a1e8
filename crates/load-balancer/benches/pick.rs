//! What it costs to pick a server, for pools of different size: `cargo bench -p load-balancer --bench pick`.
//!
//! Each figure is the median of many rounds, in nanoseconds for one pick with its lease.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::{
    hint::black_box,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Instant,
};

use load_balancer::internals::pool::{
    Algorithm, Health, Lease, PickState, Pool, PoolSettings, PoolState, Server, Tried, pick,
};

const ROUNDS: usize = 31;
const SIZES: [u32; 3] = [3, 100, 10_000];
const ALGORITHMS: [Algorithm; 4] =
    [Algorithm::RoundRobin, Algorithm::LeastConn, Algorithm::IpHash, Algorithm::RandomTwo];

fn pool(algorithm: Algorithm, size: u32, weighted: bool) -> Pool {
    let state = Arc::new(PoolState::new(1));
    let servers = (0..size).map(|n| {
        let (name, address) =
            (format!("backend-{n}"), format!("{}:80", Ipv4Addr::from_bits(0x0A00_0000 + n)));
        let server = Server::new("backend", &name, &address, 1, Arc::clone(state.wake()));
        server.set_health(Health::Up);
        (Arc::new(server), if weighted { 1 + n % 5 } else { 1 })
    });
    let settings = PoolSettings { algorithm, ..PoolSettings::default() };
    Pool::new("backend", settings, servers.collect(), Arc::clone(&state))
}

/// Nanoseconds for one pick. A few requests stay in flight, as in a pool at work, so that servers differ.
fn cost(pool: &Pool) -> f64 {
    let picks = if pool.members().len() > 1000 { 500 } else { 20_000 };
    let (mut state, tried) = (PickState::new(7), Tried::default());
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let mut leases: Vec<Option<Lease>> = (0..64).map(|_| None).collect();
            let began = Instant::now();
            for n in 0..picks {
                let client = IpAddr::V4(Ipv4Addr::from_bits(black_box(n)));
                let server = pick(pool, &mut state, client, &tried).unwrap();
                leases[n as usize % 64] = Some(Lease::new(server));
            }
            began.elapsed().as_secs_f64() * 1e9 / f64::from(picks)
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}

fn main() {
    println!("{:<28}{:>12}{:>12}{:>12}", "ns for a pick with", "3 servers", "100", "10,000");
    for weighted in [false, true] {
        for algorithm in ALGORITHMS {
            let name = format!("{algorithm:?}{}", if weighted { ", weights 1 to 5" } else { "" });
            let costs = SIZES.map(|size| cost(&pool(algorithm, size, weighted)));
            println!("{name:<28}{:>12.0}{:>12.0}{:>12.0}", costs[0], costs[1], costs[2]);
        }
    }
}
