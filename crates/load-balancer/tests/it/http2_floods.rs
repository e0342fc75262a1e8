//! HTTP/2 clients that send much and mean nothing, and those that take nothing.

use crate::balancer::{Balancer, PATIENCE, get};
use std::time::Duration;
use testkit::{Answer, Script, Upstream, eventually};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const PRIORITY: u8 = 2;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const ENHANCE_YOUR_CALM: [u8; 4] = [0, 0, 0, 0xb];
/// GET / and POST / of the host `h` (RFC 7541).
const GET: &[u8] = b"\x82\x86\x84\x41\x01h";
const POST: &[u8] = b"\x83\x86\x84\x41\x01h";

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Greets with these settings.
async fn connect(balancer: &Balancer, settings: &[u8]) -> (OwnedReadHalf, OwnedWriteHalf) {
    let stream = TcpStream::connect(balancer.workers.http()).await.unwrap();
    let (reader, mut writer) = stream.into_split();
    writer.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    writer.write_all(&frame(SETTINGS, 0, 0, settings)).await.unwrap();
    (reader, writer)
}

/// Kind, stream and payload of the next frame; `None` at the end.
async fn next(reader: &mut OwnedReadHalf) -> Option<(u8, u32, Vec<u8>)> {
    let mut head = [0; 9];
    reader.read_exact(&mut head).await.ok()?;
    let [a, b, c, kind, _, stream @ ..] = head;
    let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
    reader.read_exact(&mut payload).await.ok()?;
    Some((kind, u32::from_be_bytes(stream), payload))
}

/// The first frame of this kind.
async fn until(reader: &mut OwnedReadHalf, wanted: u8) -> Option<Vec<u8>> {
    let looking = async {
        while let Some((kind, _, payload)) = next(reader).await {
            if kind == wanted {
                return Some(payload);
            }
        }
        None
    };
    tokio::time::timeout(PATIENCE, looking).await.expect("it comes in time")
}

/// What is sent first, and what over and over, of which the number is given.
type Flood = (&'static str, Vec<u8>, fn(u32) -> Vec<u8>);

fn floods() -> Vec<Flood> {
    let opened = frame(HEADERS, 4, 1, POST);
    vec![
        ("SETTINGS", Vec::new(), |_| frame(SETTINGS, 0, 0, &[])),
        ("SETTINGS that say something", Vec::new(), |_| frame(SETTINGS, 0, 0, &[0, 4, 0, 1, 0, 0])),
        ("PING", Vec::new(), |_| frame(PING, 0, 0, &[7; 8])),
        ("answers to no PING", Vec::new(), |_| frame(PING, 1, 0, &[7; 8])),
        ("PRIORITY", Vec::new(), |number| frame(PRIORITY, 0, 2 * number + 1, &[0, 0, 0, 0, 1])),
        ("WINDOW_UPDATE", Vec::new(), |_| frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1])),
        ("RST_STREAM", Vec::new(), |number| {
            let stream = 2 * number + 1;
            [frame(HEADERS, 5, stream, GET), frame(RST_STREAM, 0, stream, &[0, 0, 0, 8])].concat()
        }),
        ("empty DATA", opened.clone(), |_| frame(DATA, 0, 1, &[])),
        ("padded DATA", opened, |_| frame(DATA, 8, 1, &[3, 0, 0, 0])),
        ("CONTINUATION", frame(HEADERS, 0, 1, GET), |_| frame(CONTINUATION, 0, 1, &[])),
        ("unknown frames", Vec::new(), |_| frame(0xbb, 0, 0, &[])),
    ]
}

#[tokio::test]
async fn floods_end_their_connection() {
    let upstream = Upstream::start(Script::hang()).await;
    let balancer = Balancer::before(&upstream);
    for (number, (name, first, again)) in floods().into_iter().enumerate() {
        let (mut reader, mut writer) = connect(&balancer, &[]).await;
        let sending = tokio::spawn(async move {
            let mut sent = writer.write_all(&first).await;
            for number in 0..1_000_000 {
                if sent.is_err() {
                    return;
                }
                sent = writer.write_all(&again(number)).await;
            }
        });
        let goodbye = until(&mut reader, GOAWAY).await.unwrap_or_else(|| panic!("{name}: no word"));
        assert_eq!(goodbye[4..8], ENHANCE_YOUR_CALM, "{name}");
        eventually(PATIENCE, || async { if sending.is_finished() { Ok(()) } else { Err(name) } }).await;
        let counted = || balancer.stats(|stats| &stats.flooded_connections);
        let expected = number as u64 + 1;
        let compare =
            || async { if counted() == expected { Ok(()) } else { Err((name, counted(), expected)) } };
        eventually(PATIENCE, compare).await;
    }
    upstream.set_script(Answer::ok("ok"));
    assert_eq!(balancer.ask(get("/")).await.status, 200);
}

#[tokio::test]
async fn clients_that_say_a_lot_for_good_reasons_are_served() {
    let upstream = Upstream::start(Answer::ok(vec![b'x'; 100_000])).await;
    let balancer = Balancer::before(&upstream);
    let (mut reader, mut writer) = connect(&balancer, &[]).await;
    for number in 0..50 {
        writer.write_all(&frame(PING, 0, 0, &[7; 8])).await.unwrap();
        writer.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
        writer.write_all(&frame(PRIORITY, 0, 2 * number + 1, &[0, 0, 0, 0, 1])).await.unwrap();
    }
    // It takes its answers in small pieces, as a cautious client does: hundreds of updates for each of them.
    let update = |stream, by: u32| frame(WINDOW_UPDATE, 0, stream, &by.to_be_bytes());
    for stream in (1..40).step_by(2) {
        writer.write_all(&frame(HEADERS, 5, stream, GET)).await.unwrap();
        let mut came = 0;
        while came < 100_000 {
            let (kind, _, payload) = next(&mut reader).await.expect("the connection goes on");
            assert_ne!(kind, GOAWAY);
            if kind == DATA && !payload.is_empty() {
                came += payload.len();
                let by = u32::try_from(payload.len()).unwrap();
                for part in [by / 4, by / 4, by / 4, by - 3 * (by / 4)].into_iter().filter(|part| *part > 0) {
                    writer.write_all(&[update(0, part), update(stream, part)].concat()).await.unwrap();
                }
            }
        }
    }
    assert_eq!(balancer.stats(|stats| &stats.flooded_connections), 0);
}

#[tokio::test]
async fn an_answer_is_not_over_while_its_client_has_no_room_for_it() {
    let upstream = Upstream::start(Answer::ok("0123456789")).await;
    let balancer = Balancer::before(&upstream);
    // INITIAL_WINDOW_SIZE is 0.
    let (mut reader, mut writer) = connect(&balancer, &[0, 4, 0, 0, 0, 0]).await;
    writer.write_all(&frame(HEADERS, 5, 1, GET)).await.unwrap();
    until(&mut reader, HEADERS).await.unwrap();
    assert_eq!(balancer.in_flight(), 1);
    writer.write_all(&frame(WINDOW_UPDATE, 0, 1, &[0, 0, 0, 4])).await.unwrap();
    assert_eq!(until(&mut reader, DATA).await.unwrap(), b"0123");
    assert_eq!(balancer.in_flight(), 1);
    writer.write_all(&frame(WINDOW_UPDATE, 0, 1, &[0, 0, 1, 0])).await.unwrap();
    assert_eq!(until(&mut reader, DATA).await.unwrap(), b"456789");
    eventually(PATIENCE, || async { balancer.in_flight() == 0 }).await;
}

#[tokio::test]
async fn who_never_finishes_the_greeting_is_let_go() {
    let upstream = Upstream::start(Answer::ok("ok")).await;
    let balancer = Balancer::start_with(&[upstream.address()], |setup| {
        setup.listen.header_timeout = Duration::from_millis(200);
    });
    let mut stream = TcpStream::connect(balancer.workers.http()).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n").await.unwrap();
    let mut said = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut said)).await.expect("it ends").unwrap();
}

#[tokio::test]
async fn a_stream_whose_client_takes_nothing_is_reset_after_response_idle() {
    for size in [10, 200_000] {
        let upstream = Upstream::start(Answer::ok(vec![b'x'; size])).await;
        let balancer = Balancer::start_with(&[upstream.address()], |setup| {
            setup.pool.requests.timeouts.response_idle = Duration::from_millis(300);
        });
        // INITIAL_WINDOW_SIZE is 0.
        let (mut reader, mut writer) = connect(&balancer, &[0, 4, 0, 0, 0, 0]).await;
        writer.write_all(&frame(HEADERS, 5, 1, GET)).await.unwrap();
        until(&mut reader, RST_STREAM).await.expect("the stream is reset, and the connection goes on");
        eventually(PATIENCE, || async { balancer.in_flight() == 0 }).await;
        assert!(balancer.servers[0].usable(), "the server has no part in it");
    }
}
