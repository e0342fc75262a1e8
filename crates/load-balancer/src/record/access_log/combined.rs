//! A line in the "combined" format.

use super::{address, clock::Clock, is_plain, number};
use crate::record::Entry;

/// Writes the line with its end.
pub(super) fn write(out: &mut Vec<u8>, entry: &Entry<'_>, clock: &mut Clock) {
    address(out, entry.client);
    out.extend_from_slice(b" - - [");
    clock.common(entry.ended, out);
    out.extend_from_slice(b"] \"");
    escaped(out, entry.method);
    out.push(b' ');
    escaped(out, entry.target);
    out.push(b' ');
    out.extend_from_slice(entry.protocol.name().as_bytes());
    out.extend_from_slice(b"\" ");
    number(out, entry.status);
    out.push(b' ');
    number(out, entry.bytes_out);
    for text in [entry.referer, entry.user_agent] {
        out.extend_from_slice(b" \"");
        escaped(out, if text.is_empty() { b"-" } else { text });
        out.push(b'"');
    }
    out.push(b'\n');
}

/// Escapes as nginx does: a byte that could be taken for the end of a field is written as `\xXX`.
fn escaped(out: &mut Vec<u8>, text: &[u8]) {
    if is_plain(text) {
        out.extend_from_slice(text);
        return;
    }
    for byte in text {
        if matches!(byte, 0x20..=0x7E) && *byte != b'"' && *byte != b'\\' {
            out.push(*byte);
        } else {
            let digit = |nibble: u8| b"0123456789ABCDEF"[usize::from(nibble)];
            out.extend_from_slice(&[b'\\', b'x', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}
