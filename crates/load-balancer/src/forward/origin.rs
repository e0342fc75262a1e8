//! The peer of a client connection, and the forwarding fields that come from it.

use super::hops::{Elements, is_decorated, nearest, node, scheme};
use crate::http1::fields::list;
use crate::http1::target::check_host;
use crate::trust::TrustedProxies;
use smallvec::SmallVec;
use std::cell::Cell;
use std::io::Write;
use std::net::IpAddr;

/// The other end of a client connection.
#[derive(Debug)]
pub(crate) struct Peer {
    /// Its address.
    pub(crate) address: IpAddr,
    /// The address as text, which goes into every request.
    text: SmallVec<[u8; 16]>,
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
    /// Whether the peer's forwarding fields are believed.
    trusted: Cell<bool>,
    /// The version of the trusted proxies by which that was decided.
    judged: Cell<u64>,
}

impl Peer {
    pub(crate) fn new(address: IpAddr, tls: bool, proxies: &TrustedProxies) -> Self {
        let address = address.to_canonical();
        let text = SmallVec::from_slice(address.to_string().as_bytes());
        let scheme = if tls { "https" } else { "http" };
        let peer = Self { address, text, scheme, trusted: Cell::new(false), judged: Cell::new(0) };
        peer.is_trusted(proxies);
        peer
    }

    /// Whether the peer is a trusted proxy now. The names of trusted proxies may resolve to other addresses while the
    /// connection lasts.
    #[inline]
    pub(super) fn is_trusted(&self, proxies: &TrustedProxies) -> bool {
        let version = proxies.version();
        if self.judged.replace(version) != version {
            self.trusted.set(proxies.contains(&self.address));
        }
        self.trusted.get()
    }

    /// The client's address by `X-Forwarded-For` of a trusted peer: the rightmost address that is no trusted proxy's.
    /// Nothing to the left of an entry that is no address is believed, because its writer is unknown.
    pub(super) fn client<'v>(
        &self,
        forwarded_for: impl DoubleEndedIterator<Item = &'v [u8]>,
        proxies: &TrustedProxies,
    ) -> IpAddr {
        let mut client = self.address;
        for entry in forwarded_for.rev().flat_map(reversed_list) {
            let Some(address) = node(entry) else { break };
            client = address;
            if !proxies.contains(&client) {
                break;
            }
        }
        client
    }

    /// The client's address by `Forwarded` of a trusted peer, found in the same way. Also gives the place of the
    /// element that the first trusted proxy has written: that element says how that proxy was asked.
    pub(super) fn client_of(
        &self,
        elements: &Elements<'_>,
        proxies: &TrustedProxies,
    ) -> (IpAddr, Option<usize>) {
        let (mut client, mut first) = (self.address, None);
        for (place, element) in elements.iter().enumerate().rev() {
            first = Some(place);
            let Some(address) = element.address() else { break };
            client = address;
            if !proxies.contains(&client) {
                break;
            }
        }
        (client, first)
    }

    /// Writes the value of `X-Forwarded-For`: the entries of a trusted peer (`before`), with addresses without ports
    /// and brackets, then the peer.
    pub(super) fn forwarded_for<'v>(&self, out: &mut Vec<u8>, before: impl Iterator<Item = &'v [u8]>) {
        for entry in before.flat_map(list) {
            match is_decorated(entry).then(|| node(entry)).flatten() {
                // Writing to memory does not fail.
                Some(address) => drop(write!(out, "{address}")),
                None => out.extend_from_slice(entry),
            }
            out.extend_from_slice(b", ");
        }
        out.extend_from_slice(&self.text);
    }

    /// The value of `X-Forwarded-Proto`; `said` is the field of a trusted peer.
    pub(super) fn forwarded_proto(&self, said: Option<&[u8]>) -> &'static str {
        said.and_then(nearest).and_then(scheme).unwrap_or(self.scheme)
    }
}

/// The value of `X-Forwarded-Host`; `said` is the field of a trusted peer.
pub(super) fn forwarded_host<'v>(said: Option<&'v [u8]>, host: &'v str) -> &'v str {
    said.and_then(nearest).and_then(|said| check_host(said).ok()).unwrap_or(host)
}

fn reversed_list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.rsplit(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|entry| !entry.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::hops::elements;
    use super::*;
    use std::sync::Arc;

    fn peer(address: &str) -> (Peer, Arc<TrustedProxies>) {
        let trusted = TrustedProxies::new(&["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
        (Peer::new(address.parse().unwrap(), false, &trusted), trusted)
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        for (address, expected) in [
            ("192.0.2.1", false),
            ("10.0.0.1", true),
            ("::ffff:10.0.0.1", true),
            ("::1", true),
            ("::2", false),
        ] {
            let (peer, trusted) = peer(address);
            assert_eq!(peer.is_trusted(&trusted), expected, "{address}");
        }
    }

    #[test]
    fn the_client_is_the_rightmost_address_that_no_trusted_proxy_has() {
        for (forwarded, client, sent) in [
            (&[][..], "10.0.0.1", "10.0.0.1"),
            (&["198.51.100.7"], "198.51.100.7", "198.51.100.7, 10.0.0.1"),
            (
                &["6.6.6.6, 198.51.100.7,10.0.0.2"],
                "198.51.100.7",
                "6.6.6.6, 198.51.100.7, 10.0.0.2, 10.0.0.1",
            ),
            (&["198.51.100.7", "10.0.0.3"], "198.51.100.7", "198.51.100.7, 10.0.0.3, 10.0.0.1"),
            (&["198.51.100.7, unknown"], "10.0.0.1", "198.51.100.7, unknown, 10.0.0.1"),
            (&["198.51.100.7", "_x, 10.0.0.2"], "10.0.0.2", "198.51.100.7, _x, 10.0.0.2, 10.0.0.1"),
            (&["198.51.100.7:1000"], "198.51.100.7", "198.51.100.7, 10.0.0.1"),
            (&["2001:db8::1"], "2001:db8::1", "2001:db8::1, 10.0.0.1"),
            (&["[2001:db8::1]:5"], "2001:db8::1", "2001:db8::1, 10.0.0.1"),
            (
                &["6.6.6.6, \"[2001:db8::1]:5\" , [::1]:80"],
                "2001:db8::1",
                "6.6.6.6, 2001:db8::1, ::1, 10.0.0.1",
            ),
        ] {
            let (peer, trusted) = peer("10.0.0.1");
            let values = || forwarded.iter().map(|value| value.as_bytes());
            assert_eq!(peer.client(values(), &trusted).to_string(), client, "{forwarded:?}");
            let mut out = Vec::new();
            peer.forwarded_for(&mut out, values());
            assert_eq!(String::from_utf8(out).unwrap(), sent);
        }
    }

    #[test]
    fn forwarded_is_read_from_its_end_too() {
        for (forwarded, client, place) in [
            (&["for=198.51.100.7"][..], "198.51.100.7", Some(0)),
            (&["for=6.6.6.6, for=198.51.100.7;proto=https", "for=10.0.0.2"], "198.51.100.7", Some(1)),
            (&["for=198.51.100.7, for=unknown, for=10.0.0.2"], "10.0.0.2", Some(1)),
            (&["for=10.0.0.3"], "10.0.0.3", Some(0)),
            (&[], "10.0.0.1", None),
        ] {
            let (peer, trusted) = peer("10.0.0.1");
            let found = elements(forwarded.iter().map(|value| value.as_bytes()));
            let (address, first) = peer.client_of(&found, &trusted);
            assert_eq!((address.to_string().as_str(), first), (client, place), "{forwarded:?}");
        }
    }

    #[test]
    fn scheme_and_host_are_those_of_the_nearest_proxy() {
        let (proxy, _) = peer("10.0.0.1");
        for (said, expected) in [
            (None, "http"),
            (Some("https"), "https"),
            (Some("HTTPS"), "https"),
            (Some("http, https"), "https"),
            (Some("gopher"), "http"),
        ] {
            assert_eq!(proxy.forwarded_proto(said.map(str::as_bytes)), expected, "{said:?}");
        }
        for (said, expected) in [
            (None, "host"),
            (Some("site"), "site"),
            (Some("other, site:8"), "site:8"),
            (Some("si te"), "host"),
        ] {
            assert_eq!(forwarded_host(said.map(str::as_bytes), "host"), expected, "{said:?}");
        }
    }
}
