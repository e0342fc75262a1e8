//! What it costs to find a route and to record a request: `cargo bench -p load-balancer --bench record`.
//!
//! Each figure is the median of many rounds, in nanoseconds for one request. With an argument `-- once KIND N` one
//! kind is run N times and nothing is printed, for callgrind.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::{
    hint::black_box,
    net::{IpAddr, Ipv4Addr},
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use load_balancer::internals::{
    pool::{Health, Lease, Outcome, Pool, PoolSettings, PoolState, Server},
    record::{
        AttemptEnd, Entry, Protocol, Recorder,
        access_log::{Format, LogBuffer, Writer},
    },
    route::{HostMatch, Route, RoutePolicy, RouteTable},
};

const ROUNDS: usize = 31;
const REQUESTS: u32 = 20_000;

fn table() -> RouteTable {
    let state = Arc::new(PoolState::new(1));
    let server = Server::new("backend", "backend-1", "10.0.0.1:80", 1, Arc::clone(state.wake()));
    server.set_health(Health::Up);
    let pool = Arc::new(Pool::new("backend", PoolSettings::default(), vec![(Arc::new(server), 1)], state));
    let route = |path: &str| Route {
        name: path.into(),
        host: HostMatch::Any,
        path: path.into(),
        pool: Arc::clone(&pool),
        policy: RoutePolicy::default(),
    };
    RouteTable::new(["/", "/api", "/api/static-data"].map(route).into())
}

fn find(table: &RouteTable) -> &Route {
    table.find(black_box(b"example.com:8080"), black_box(b"/api/onboarding")).unwrap()
}

/// What the data path does for a request that its first server answers, but for the request itself.
fn record(recorder: &Recorder, route: &Route, began: Instant) {
    let server = route.pool.members()[0].server();
    let _lease = Lease::new(server);
    let ended = began + Duration::from_micros(300);
    let end =
        AttemptEnd { server: Arc::clone(server), outcome: Outcome::Answered, status: 200, began, ended };
    let attempt = recorder.attempt(&route.pool, end, began);
    recorder.finish(Entry {
        request_id: black_box("01a20b95-3d99-7900-87e2-4a24528782cb"),
        client: IpAddr::V4(Ipv4Addr::LOCALHOST),
        method: b"GET",
        target: black_box(b"/api/onboarding?lang=de"),
        host: b"example.com:8080",
        protocol: Protocol::Http11,
        user_agent: b"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        referer: b"http://example.com:8080/",
        status: 200,
        bytes_in: 0,
        bytes_out: 200,
        began,
        ended,
        route: Some(route),
        server: Some(server),
        attempts: [attempt].into_iter().collect(),
        trace_id: b"",
        trace: None,
    });
}

fn recorder(kind: &str) -> (Recorder, Option<Writer>) {
    let format = match kind {
        "json" => Format::Json,
        "combined" => Format::Combined,
        _ => return (Recorder::new(0, Arc::default(), None), None),
    };
    let writer = Writer::start(Some(Path::new("/dev/null"))).unwrap();
    let log = LogBuffer::new(format, writer.handle());
    (Recorder::new(0, Arc::default(), Some(log)), Some(writer))
}

fn run(kind: &str, table: &RouteTable, recorder: &Recorder, requests: u32) {
    let began = Instant::now();
    for _ in 0..requests {
        let route = find(table);
        if kind != "route" {
            record(recorder, route, began);
        }
    }
}

fn median(kind: &str, table: &RouteTable) -> f64 {
    let (recorder, _writer) = recorder(kind);
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            run(kind, table, &recorder, REQUESTS);
            began.elapsed().as_secs_f64() * 1e9 / f64::from(REQUESTS)
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds[ROUNDS / 2]
}

fn main() {
    let table = table();
    let args: Vec<String> = std::env::args().collect();
    if let Some(at) = args.iter().position(|arg| arg == "once") {
        let (kind, requests) = (&args[at + 1], args[at + 2].parse().unwrap());
        let (recorder, _writer) = recorder(kind);
        return run(kind, &table, &recorder, requests);
    }
    println!("ns for a request");
    for kind in ["route", "no log", "combined", "json"] {
        println!("{kind:<12}{:>8.0}", median(kind, &table));
    }
}
