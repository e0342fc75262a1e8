//! The two ends against each other, through real sockets.

use std::{net::SocketAddr, sync::mpsc, thread, time::Duration};

use super::{
    load::{Dial, Fleet, Pace, Report, Work},
    upstream::Upstream,
};

/// Serves on a thread that ends with the test process.
fn serve() -> SocketAddr {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let upstream = Upstream::bind(1).unwrap();
        sender.send(upstream.addresses().unwrap()[0]).unwrap();
        upstream.run()
    });
    receiver.recv().unwrap()
}

fn run(address: SocketAddr, work: Work, connections: usize, pace: Pace, millis: u64) -> Report {
    let mut fleet = Fleet::open(Dial::plain(address), work, connections).unwrap();
    fleet.run(pace, Duration::from_millis(millis)).unwrap()
}

fn stats(address: SocketAddr) -> serde_json::Value {
    let mut client = std::net::TcpStream::connect(address).unwrap();
    std::io::Write::write_all(
        &mut client,
        b"GET /bench/stats HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    )
    .unwrap();
    let answer = std::io::read_to_string(client).unwrap();
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[test]
fn every_request_is_answered_and_counted_once() {
    let address = serve();
    for (work, connections) in [
        (Work::new("/200", 0, 200, false), 8),
        (Work::new("/64k", 0, 65_536, false), 3),
        (Work::new("/post", 65_536, 2, false), 2),
        (Work::new("/200", 0, 200, true), 4),
    ] {
        let report = run(address, work, connections, Pace::Count(100), 0);
        assert_eq!(report.responses, 100);
        assert!(report.failures.is_empty(), "{:?}", report.failures);
    }
    let stats = stats(address);
    assert_eq!(stats["requests"], 400);
    assert_eq!(stats["body_bytes"], 100 * 65_536);
    assert_eq!(stats["without_request_id"], 400, "nobody stood between to add it");
    assert!(stats["connections"].as_u64().unwrap() >= 113, "one for each of the last hundred");
}

#[test]
fn an_open_loop_sends_all_that_was_due() {
    let report = run(serve(), Work::new("/200", 0, 200, false), 4, Pace::Rate(2000), 100);
    assert_eq!(report.responses, 200);
}

#[test]
fn a_wrong_status_or_length_is_a_failure() {
    let address = serve();
    for (path, expect, failure) in [("/200", 201, "length 200"), ("/nothing", 0, "status 404")] {
        let report = run(address, Work::new(path, 0, expect, false), 1, Pace::Count(3), 0);
        assert_eq!((report.responses, report.failures.get(failure)), (0, Some(&3)), "{:?}", report.failures);
    }
}
