//! A request head is refused, or incomplete, or whole; and if it is whole, nothing in it can be read in two ways.
#![no_main]

use libfuzzer_sys::fuzz_target;
use load_balancer::internals::http1::fields::slots;
use load_balancer::internals::http1::request::parse;

fuzz_target!(|bytes: &[u8]| {
    let mut room = slots();
    let Ok(Some(head)) = parse(bytes, &mut room) else { return };
    let whole = &bytes[..head.len];
    assert!(whole.ends_with(b"\r\n\r\n") && !whole.contains(&0));
    for (at, byte) in whole.iter().enumerate() {
        assert!(*byte != b'\n' || whole[at - 1] == b'\r', "a lone LF");
        assert!(*byte != b'\r' || whole[at + 1] == b'\n', "a lone CR");
    }
    let framing =
        |name: &str| head.fields.iter().filter(|field| field.name.eq_ignore_ascii_case(name)).count();
    assert!(framing("content-length") + framing("transfer-encoding") <= 1);
    assert!(framing("host") <= 1);
    // While it was coming it was never refused.
    for cut in 0..head.len {
        assert!(matches!(parse(&bytes[..cut], &mut slots()), Ok(None)), "refused after {cut} bytes");
    }
});
