use std::{net::Ipv4Addr, time::Duration};

use super::{
    access_log::{Format, Writer},
    *,
};
use crate::{
    pool::{Health, PoolSettings, PoolState},
    route::{HostMatch, RoutePolicy},
};

fn route() -> Route {
    let state = Arc::new(PoolState::new(1));
    let server = Server::new("backend", "backend-1", "10.0.0.1:80", 1, Arc::clone(state.wake()));
    server.set_health(Health::Up);
    let pool = Pool::new("backend", PoolSettings::default(), vec![(Arc::new(server), 1)], state);
    Route {
        name: "/".into(),
        host: HostMatch::Any,
        path: "/".into(),
        pool: Arc::new(pool),
        policy: RoutePolicy::default(),
    }
}

fn entry<'a>(route: &'a Route, request_id: &'a str, attempts: Attempts) -> Entry<'a> {
    let began = Instant::now();
    Entry {
        request_id,
        client: IpAddr::V4(Ipv4Addr::LOCALHOST),
        method: b"GET",
        target: b"/api/me?token=1",
        host: b"example.com",
        protocol: Protocol::Http11,
        user_agent: b"curl/8 \"quoted\"",
        referer: b"",
        status: 200,
        bytes_in: 0,
        bytes_out: 17,
        began,
        ended: began + Duration::from_micros(1500),
        route: Some(route),
        server: Some(route.pool.members()[0].server()),
        attempts,
        trace_id: b"0af7651916cd43dd8448eb211c80319c",
        trace: None,
    }
}

fn attempt(recorder: &Recorder, route: &Route, outcome: Outcome, status: u16) -> Attempt {
    let (server, began) = (Arc::clone(route.pool.members()[0].server()), Instant::now());
    let ended = began + Duration::from_millis(1);
    recorder.attempt(&route.pool, AttemptEnd { server, outcome, status, began, ended }, began)
}

#[test]
fn a_request_is_counted_logged_and_found_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("access.log");
    let writer = Writer::start(Some(&path)).unwrap();
    let shard = Arc::new(Shard::default());
    let log = LogBuffer::new(Format::Json, writer.handle());
    let recorder = Recorder::new(0, Arc::clone(&shard), Some(log));
    let route = route();
    let attempts = [(Outcome::Reset, 0), (Outcome::Answered, 200)]
        .map(|(outcome, status)| attempt(&recorder, &route, outcome, status));
    recorder.finish(entry(&route, "id-1", attempts.into_iter().collect()));
    drop(recorder);
    writer.stop();

    let line: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(line["request_id"], "id-1");
    assert_eq!(line["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    assert_eq!((&line["path"], &line["query"]), (&"/api/me".into(), &"token=***".into()));
    assert_eq!((&line["server"], &line["pool"]), (&"backend-1".into(), &"backend".into()));
    assert_eq!((&line["status"], &line["duration_ms"]), (&200.into(), &1.5.into()));
    assert_eq!(line["attempts"][0]["outcome"], "reset");
    assert_eq!(line["attempts"][1]["status"], 200);
    assert_eq!(line["user_agent"], "curl/8 \"quoted\"");

    let server = route.pool.members()[0].server();
    assert_eq!(server.stats(0).codes.iter().collect::<Vec<_>>(), [(200, 1)]);
    assert_eq!(server.stats(0).upstream.buckets().iter().sum::<u64>(), 1, "only answers are timed");
    let found = shard.find("id-1").unwrap();
    assert_eq!((found.path.as_str(), found.attempts.len()), ("/api/me", 2));
    assert!(shard.find("id-2").is_none());
}

#[test]
fn the_combined_format() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("access.log");
    let writer = Writer::start(Some(&path)).unwrap();
    let log = LogBuffer::new(Format::Combined, writer.handle());
    let recorder = Recorder::new(0, Arc::default(), Some(log));
    let route = route();
    let referer = b"https://a.example/?x=1&code=2";
    recorder.finish(Entry { referer, ..entry(&route, "id-1", Attempts::new()) });
    drop(recorder);
    writer.stop();
    let line = std::fs::read_to_string(path).unwrap();
    assert!(line.starts_with("127.0.0.1 - - ["), "{line}");
    let end = " +0000] \"GET /api/me?token=*** HTTP/1.1\" 200 17 \"https://a.example/?x=1&code=***\" \"curl/8 \\x22quoted\\x22\"\n";
    assert!(line.ends_with(end), "{line}");
}

#[test]
fn old_requests_make_room_and_failed_ones_stay_longer() {
    let recorder = Recorder::new(0, Arc::default(), None);
    let route = route();
    recorder.finish(Entry { status: 502, ..entry(&route, "failed", Attempts::new()) });
    for n in 0..1100 {
        recorder.finish(entry(&route, &format!("id-{n}"), Attempts::new()));
    }
    assert!(recorder.shard.find("id-0").is_none());
    assert!(recorder.shard.find("id-1099").is_some());
    assert_eq!(recorder.shard.find("failed").unwrap().status, 502);
}

#[test]
fn answers_of_our_own_are_counted_without_a_server() {
    let recorder = Recorder::new(0, Arc::default(), None);
    let route = route();
    recorder.finish(Entry { status: 503, server: None, ..entry(&route, "a", Attempts::new()) });
    recorder.finish(Entry { status: 404, server: None, route: None, ..entry(&route, "b", Attempts::new()) });
    assert_eq!(route.pool.state().stats(0).codes.iter().collect::<Vec<_>>(), [(503, 1)]);
    assert_eq!(recorder.stats().codes.iter().collect::<Vec<_>>(), [(404, 1)]);
}
