//! What is read of an upstream's head, and that what is written of it is read back as the same.

use super::*;
use crate::http1::fields::slots;
use crate::http1::write::{self, Added};
use proptest::prelude::*;

fn length(head: &str, to_head: bool) -> Result<Length, ResponseError> {
    parse(head.as_bytes(), &mut slots(), to_head).map(|head| head.expect("the head is whole").length)
}

#[test]
fn how_long_the_body_is() {
    for (head, to_head, expected) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, Length::Exact(5)),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, Length::Empty),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, Length::Chunked),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true, Length::Empty),
        ("HTTP/1.1 200 OK\r\n\r\n", false, Length::UntilClose),
        ("HTTP/1.0 200 OK\r\n\r\n", false, Length::UntilClose),
        ("HTTP/1.1 204 No Content\r\n\r\n", false, Length::Empty),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", false, Length::Empty),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false, Length::Empty),
        ("HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", false, Length::Empty),
        ("HTTP/1.1 100 Continue\r\n\r\n", false, Length::Empty),
    ] {
        assert_eq!(length(head, to_head), Ok(expected), "{head}");
    }
}

#[test]
fn bodies_that_cannot_be_are_refused() {
    use LengthError::*;
    for (head, error) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", RepeatedLength),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", LengthAndCoding),
        ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", CodingInHttp10),
    ] {
        assert_eq!(length(head, false), Err(ResponseError::Length(error)), "{head}");
    }
}

#[test]
fn what_has_no_body_may_say_what_it_will() {
    for status in ["103 Early Hints", "204 No Content", "304 Not Modified"] {
        for (framing, keep_alive) in [
            ("", true),
            ("Content-Length: 0\r\n", true),
            ("Content-Length: 5\r\n", false),
            ("Content-Length: -\r\nContent-Length: 5\r\nTransfer-Encoding: gzip, chunked\r\n", false),
            ("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", false),
        ] {
            for to_head in [false, true] {
                let text = format!("HTTP/1.1 {status}\r\nX: y\r\n{framing}\r\n");
                let mut slots = slots();
                let head = parse(text.as_bytes(), &mut slots, to_head).unwrap().unwrap();
                assert_eq!(
                    (head.length, head.announced, head.keep_alive),
                    (Length::Empty, None, keep_alive),
                    "{text}"
                );
                let passing: Vec<_> = head.passing().map(|field| field.name).collect();
                assert_eq!(passing, [head.fields[0].name], "{text}");
            }
        }
    }
}

#[test]
fn what_steers_is_read() {
    let text = "HTTP/1.1 503 Busy\r\nX-Retry-Safe: 1\r\nX-Unavailable: database\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nDate: now\r\nX: y\r\n\r\n";
    let mut slots = slots();
    let head = parse(text.as_bytes(), &mut slots, false).unwrap().unwrap();
    assert!(head.retry_safe && head.unavailable == Some(b"database") && head.has_date && !head.keep_alive);
    let passing: Vec<_> = head.passing().map(|field| field.name).collect();
    assert_eq!(passing, ["Date", "X"]);
}

proptest! {
    #[test]
    fn no_bytes_break_the_parser(bytes in proptest::collection::vec(any::<u8>(), 0..300), to_head: bool) {
        let _ = parse(&bytes, &mut slots(), to_head);
    }

    #[test]
    fn what_is_written_is_read_back_as_the_same(
        status in 200_u16..=599, reason in "[ -~]{0,12}", name in "X-[a-zA-Z0-9]{1,10}",
        value in "[!-~]([ -~]{0,20}[!-~])?", framing in 0_usize..3, to_head: bool, http10: bool,
    ) {
        let framing = ["Content-Length: 7\r\n", "Transfer-Encoding: chunked\r\n", ""][framing];
        let text = format!("HTTP/1.1 {status} {reason}\r\n{name}: {value}\r\n{framing}Connection: x-hop\r\n\r\n");
        let mut first = slots();
        let Ok(Some(head)) = parse(text.as_bytes(), &mut first, to_head) else { return Ok(()) };
        let (coding, until_close) = write::coding(&head, http10);
        let added = Added { served_by: "backend-1", request_id: b"id", date: b"now", cache: None };
        let mut out = Vec::new();
        write::response(&mut out, &head, coding, until_close.then_some(&b"close"[..]), &added);
        let mut second = slots();
        let again = parse(&out, &mut second, to_head).unwrap().expect("it is whole");
        prop_assert_eq!((again.status, again.reason, again.len), (head.status, head.reason, out.len()));
        let expected = match head.length {
            Length::Chunked | Length::UntilClose if http10 => Length::UntilClose,
            Length::UntilClose => Length::Chunked,
            length => length,
        };
        prop_assert_eq!(again.length, expected);
        prop_assert_eq!(again.announced, head.announced);
        let values: Vec<_> = again.fields.iter().filter(|field| field.name == name).map(|field| field.value).collect();
        prop_assert_eq!(values, vec![value.as_bytes()]);
    }
}
