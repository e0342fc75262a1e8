//! Header fields in the h2 library's form.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Adds a field. A field that HTTP/2 cannot carry is left out.
pub(super) fn append(fields: &mut HeaderMap, name: &[u8], value: &[u8]) {
    if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
        fields.append(name, value);
    }
}

/// Parses trailer lines as a decoder gives them.
pub(super) fn parse_trailers(lines: &[u8]) -> Option<HeaderMap> {
    let mut fields = HeaderMap::new();
    for line in lines.split(|byte| *byte == b'\n') {
        if let Some(colon) = memchr::memchr(b':', line) {
            append(&mut fields, &line[..colon], line[colon + 1..].trim_ascii());
        }
    }
    (!fields.is_empty()).then_some(fields)
}
