//! What is read of a head, what is refused, and what holds for any bytes. The table of refusals as clients see them is
//! in the integration tests.

use super::*;
use crate::http1::fields::{passing as passing_fields, slots};
use proptest::prelude::*;

fn read<T>(head: &str, look: impl FnOnce(&RequestHead<'_, '_>) -> T) -> T {
    look(&parse(head.as_bytes(), &mut slots()).unwrap().expect("the head is whole"))
}

fn passing(head: &RequestHead<'_, '_>) -> Vec<String> {
    passing_fields(head.fields, head.consumed).map(|field| field.name.to_owned()).collect()
}

#[test]
fn a_head_is_read_in_one_pass() {
    let text = "POST /a?b HTTP/1.1\r\nHost: example.com\r\nContent-Length: 5\r\nUser-Agent: ua\r\nX-Request-Id: r\r\n\
                Idempotency-Key: k\r\nExpect: 100-Continue\r\nAccept: */*\r\n\r\nhello";
    read(text, |head| {
        assert_eq!((head.method, head.target.path_and_query, head.host), ("POST", "/a?b", "example.com"));
        assert_eq!((head.length, head.keep_alive, head.expects_continue), (Length::Exact(5), true, true));
        assert_eq!((head.context.user_agent, head.context.request_id), (Some(&b"ua"[..]), Some(&b"r"[..])));
        assert!(head.context.has_idempotency_key);
        assert_eq!(passing(head), ["Idempotency-Key", "Accept"]);
        assert_eq!(head.len, text.len() - 5);
    });
}

#[test]
fn what_connection_names_is_consumed() {
    let text = "GET / HTTP/1.1\r\nHost: h\r\nConnection: X-One, x-two\r\nX-One: 1\r\nX-TWO: 2\r\nX-Three: 3\r\n\
                Idempotency-Key: k\r\nConnection: Idempotency-Key\r\n\r\n";
    read(text, |head| {
        assert_eq!(passing(head), ["X-Three"]);
        assert!(!head.context.has_idempotency_key && head.keep_alive);
    });
}

#[test]
fn whether_the_connection_is_kept() {
    for (version, connection, kept) in [
        ("1.1", "", true),
        ("1.1", "Connection: close\r\n", false),
        ("1.1", "Connection: Keep-Alive, CLOSE\r\n", false),
        ("1.0", "", false),
        ("1.0", "Connection: Keep-Alive\r\n", true),
        ("1.0", "Connection: keep-alive\r\nConnection: close\r\n", false),
    ] {
        let text = format!("GET / HTTP/{version}\r\nHost: h\r\n{connection}\r\n");
        assert_eq!(read(&text, |head| head.keep_alive), kept, "{text}");
    }
}

#[test]
fn an_upgrade_needs_both_fields_and_no_body() {
    for (fields, upgrade) in [
        ("Connection: Upgrade\r\nUpgrade: websocket\r\n", Some(&b"websocket"[..])),
        ("Upgrade: websocket\r\n", None),
        ("Connection: Upgrade\r\n", None),
        ("Connection: Upgrade\r\nUpgrade: h2c\r\n", None),
        ("Connection: Upgrade\r\nUpgrade: foo, H2C\r\n", None),
        ("Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n", None),
    ] {
        let text = format!("GET / HTTP/1.1\r\nHost: h\r\n{fields}\r\n");
        assert_eq!(
            read(&text, |head| head.upgrade.map(<[u8]>::to_vec)),
            upgrade.map(<[u8]>::to_vec),
            "{text}"
        );
    }
}

#[test]
fn an_empty_line_before_the_request_is_passed_over() {
    assert_eq!(read("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", |head| head.method.to_owned()), "GET");
}

proptest! {
    #[test]
    fn no_bytes_break_the_parser(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&bytes, &mut slots());
    }

    #[test]
    fn nearly_right_bytes_break_nothing_and_lengths_stay_within(
        method in "[A-Z]{1,7}", target in "[ -~]{0,20}",
        fields in proptest::collection::vec("(Host|Content-Length|Transfer-Encoding|Connection|X)[ :]{1,2}[ -~]{0,12}(\r\n|\n|\r)", 0..6),
    ) {
        let text = format!("{method} /{target} HTTP/1.1\r\n{}\r\n", fields.concat());
        if let Ok(Some(head)) = parse(text.as_bytes(), &mut slots()) {
            prop_assert!(head.len <= text.len());
            prop_assert!(!text[..head.len].replace("\r\n", "").contains(['\r', '\n', '\0']));
        }
    }

    #[test]
    fn a_good_head_is_never_refused_while_it_is_coming(
        path in "/[a-z0-9]{0,20}", value in "[!-~]([ -~]{0,30}[!-~])?", cut in 0_usize..200,
    ) {
        let text = format!("GET {path} HTTP/1.1\r\nHost: h\r\nX-Value: {value}\r\nAccept: */*\r\n\r\n");
        let whole = parse(text.as_bytes(), &mut slots()).unwrap().expect("it is whole").len;
        prop_assert_eq!(whole, text.len());
        let cut = cut.min(text.len() - 1);
        prop_assert!(parse(&text.as_bytes()[..cut], &mut slots()).unwrap().is_none());
    }
}
