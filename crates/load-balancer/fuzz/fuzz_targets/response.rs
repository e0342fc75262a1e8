//! What is written of an upstream's head is read back as the same, whatever the upstream sent.
#![no_main]

use libfuzzer_sys::fuzz_target;
use load_balancer::internals::http1::fields::slots;
use load_balancer::internals::http1::length::Length;
use load_balancer::internals::http1::response::parse;
use load_balancer::internals::http1::write::{self, Added};

fuzz_target!(|input: (&[u8], bool, bool)| {
    let (bytes, to_head, to_http10) = input;
    let mut room = slots();
    let Ok(Some(head)) = parse(bytes, &mut room, to_head) else { return };
    if head.status < 200 || head.fields.len() > 90 {
        return;
    }
    let (coding, until_close) = write::coding(&head, to_http10);
    let added = Added { served_by: "backend-1", request_id: b"id", date: b"now", cache: None };
    let mut out = Vec::new();
    write::response(&mut out, &head, coding, until_close.then_some(&b"close"[..]), &added);
    let mut room = slots();
    let again = parse(&out, &mut room, to_head).expect("it is well-formed").expect("it is whole");
    assert_eq!((again.status, again.len), (head.status, out.len()));
    let expected = match head.length {
        Length::Chunked | Length::UntilClose if to_http10 => Length::UntilClose,
        Length::UntilClose => Length::Chunked,
        length => length,
    };
    assert_eq!(again.length, expected);
});
