//! Reads the forwarding fields of earlier proxies: `X-Forwarded-For` with its common variations, and `Forwarded` (RFC
//! 7239).

use crate::http1::fields::list;
use crate::http1::target::check_host;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One element of `Forwarded`: one proxy's description of the request as it came to that proxy.
#[derive(Debug, Default)]
pub(super) struct Element<'v> {
    /// `for`, unquoted.
    pub(super) node: Option<Cow<'v, [u8]>>,
    proto: Option<Cow<'v, [u8]>>,
    host: Option<Cow<'v, [u8]>>,
    /// The element gives a parameter twice, or is no list of pairs.
    malformed: bool,
}

/// The elements of all `Forwarded` fields, in order.
pub(super) type Elements<'v> = SmallVec<[Element<'v>; 2]>;

impl<'v> Element<'v> {
    fn parse(element: &'v [u8]) -> Self {
        let mut read = Self::default();
        for pair in split_unquoted(element, b';').filter(|pair| !pair.is_empty()) {
            let known = pair_of(pair).is_some_and(|(name, value)| read.take_in(name, value));
            read.malformed |= !known;
        }
        if read.malformed { Self { malformed: true, ..Self::default() } } else { read }
    }

    /// Whether the pair is valid; an unknown parameter is (RFC 7239 section 5.5).
    fn take_in(&mut self, name: &[u8], value: Cow<'v, [u8]>) -> bool {
        let place = match name.to_ascii_lowercase().as_slice() {
            b"for" => &mut self.node,
            b"proto" => &mut self.proto,
            b"host" => &mut self.host,
            _ => return true,
        };
        place.replace(value).is_none()
    }

    /// The client of the proxy that wrote the element, where the element names one.
    pub(super) fn address(&self) -> Option<IpAddr> {
        node(self.node.as_deref()?)
    }

    pub(super) fn proto(&self) -> Option<&'static str> {
        scheme(self.proto.as_deref()?)
    }

    pub(super) fn host(&self) -> Option<&str> {
        check_host(self.host.as_deref()?).ok().filter(|host| !host.is_empty())
    }
}

/// Reads all `Forwarded` fields.
pub(super) fn elements<'v>(fields: impl Iterator<Item = &'v [u8]>) -> Elements<'v> {
    let elements = fields.flat_map(|field| split_unquoted(field, b','));
    elements.filter(|element| !element.is_empty()).map(Element::parse).collect()
}

/// `http` or `https`, in any case.
pub(super) fn scheme(text: &[u8]) -> Option<&'static str> {
    ["http", "https"].into_iter().find(|scheme| text.eq_ignore_ascii_case(scheme.as_bytes()))
}

/// The last member of a list, which the nearest proxy has written.
pub(super) fn nearest(value: &[u8]) -> Option<&[u8]> {
    list(value).last()
}

/// The address of a node: an IPv4 address or an IPv6 one in brackets, each perhaps with a port (RFC 7239 section 6), or
/// a bare IPv6 address. Quotes may stand around the node. `unknown` and names such as `_hidden` have no address.
pub(super) fn node(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?.trim_matches([' ', '\t']);
    let text =
        text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text).trim_matches(' ');
    if let Some(literal) = text.strip_prefix('[') {
        let (address, port) = literal.split_once(']')?;
        let address: Ipv6Addr = without_zone(address).parse().ok()?;
        let is_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return is_port.then(|| IpAddr::from(address).to_canonical());
    }
    let with_port = || {
        let (address, port) = text.rsplit_once(':')?;
        address.parse::<Ipv4Addr>().ok().filter(|_| is_port(port)).map(IpAddr::from)
    };
    without_zone(text).parse().ok().map(|address: IpAddr| address.to_canonical()).or_else(with_port)
}

/// Whether an entry of `X-Forwarded-For` is more than an address.
pub(super) fn is_decorated(entry: &[u8]) -> bool {
    entry.iter().any(|byte| matches!(byte, b'[' | b'"')) || (entry.contains(&b'.') && entry.contains(&b':'))
}

/// A link-local address may bear the name of an interface, which means nothing to others (RFC 4007 section 11).
fn without_zone(address: &str) -> &str {
    address.split_once('%').map_or(address, |(address, _)| address)
}

/// `1*5DIGIT`, or a name such as `_hidden` (RFC 7239 section 6.2 and 6.3).
fn is_port(port: &str) -> bool {
    let hidden = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    match port.strip_prefix('_') {
        Some(name) => hidden(name),
        None => (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// `token "=" value`, the value without its quotes and escapes.
fn pair_of(pair: &[u8]) -> Option<(&[u8], Cow<'_, [u8]>)> {
    let equals = memchr::memchr(b'=', pair)?;
    let (name, value) = (pair[..equals].trim_ascii(), pair[equals + 1..].trim_ascii());
    let Some(quoted) = value.strip_prefix(b"\"") else {
        return (!name.is_empty() && !value.is_empty()).then_some((name, value.into()));
    };
    let quoted = quoted.strip_suffix(b"\"")?;
    Some((name, if quoted.contains(&b'\\') { unescaped(quoted).into() } else { quoted.into() }))
}

/// `quoted-pair` is the octet after the backslash (RFC 9110 section 5.6.4).
fn unescaped(quoted: &[u8]) -> Vec<u8> {
    let mut octets = quoted.iter().copied();
    std::iter::from_fn(|| {
        octets.next().and_then(|octet| if octet == b'\\' { octets.next() } else { Some(octet) })
    })
    .collect()
}

/// Splits at a separator that stands in no quoted string; parts are trimmed.
fn split_unquoted(text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |byte| {
        let ends = *byte == separator && !quoted;
        match *byte {
            _ if std::mem::take(&mut escaped) => {}
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            _ => {}
        }
        ends
    })
    .map(<[u8]>::trim_ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes() {
        for (text, address) in [
            ("203.0.113.9", Some("203.0.113.9")),
            ("203.0.113.9:1000", Some("203.0.113.9")),
            (" \"203.0.113.9:1000\" ", Some("203.0.113.9")),
            ("203.0.113.9:_p.1-x", Some("203.0.113.9")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:db8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:5", Some("2001:db8::1")),
            ("\"[2001:db8::1]:65535\"", Some("2001:db8::1")),
            ("[fe80::1%eth0]:80", Some("fe80::1")),
            ("::ffff:203.0.113.9", Some("203.0.113.9")),
            ("[::ffff:203.0.113.9]:8", Some("203.0.113.9")),
            ("unknown", None),
            ("_hidden", None),
            ("", None),
            ("203.0.113.9:", None),
            ("203.0.113.9:123456", None),
            ("203.0.113.9:80:80", None),
            ("203.0.113", None),
            ("[2001:db8::1", None),
            ("[2001:db8::1]x", None),
            ("[203.0.113.9]", None),
            ("example.com:80", None),
        ] {
            assert_eq!(
                node(text.as_bytes()).map(|address| address.to_string()).as_deref(),
                address,
                "{text}"
            );
        }
    }

    #[test]
    fn elements_of_forwarded() {
        for (text, expected) in [
            ("for=192.0.2.60;proto=http;by=203.0.113.43", &[Some("192.0.2.60")][..]),
            ("For=\"[2001:db8:cafe::17]:4711\"", &[Some("2001:db8:cafe::17")]),
            ("for=192.0.2.43, for=198.51.100.17", &[Some("192.0.2.43"), Some("198.51.100.17")]),
            ("for=\"_gazonk\" ; proto=https", &[None]),
            ("host=\"a,b;for=6.6.6.6\";for=192.0.2.1", &[Some("192.0.2.1")]),
            ("ext=\"a\\\",for=6.6.6.6\";for=192.0.2.1", &[Some("192.0.2.1")]),
            ("for=\"\\192.0.2.1\"", &[Some("192.0.2.1")]),
            ("for=192.0.2.1;for=192.0.2.2", &[None]),
            ("for=192.0.2.1;nonsense", &[None]),
            ("for=\"192.0.2.1", &[None]),
            ("for=, ,;", &[None, None]),
            ("", &[]),
        ] {
            let found = elements([text.as_bytes()].into_iter());
            let found: Vec<_> =
                found.iter().map(|element| element.address().map(|address| address.to_string())).collect();
            assert_eq!(found.iter().map(Option::as_deref).collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
