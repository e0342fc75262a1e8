//! Where a request comes from, and what the upstream is told about it.

use crate::http1::fields::list;
use crate::http1::target::check_host;
use ipnet::IpNet;
use smallvec::SmallVec;
use std::net::IpAddr;

/// The other end of a client connection.
#[derive(Debug)]
pub(crate) struct Peer {
    /// Its address.
    pub(crate) address: IpAddr,
    /// The same as text: it goes into every request.
    text: SmallVec<[u8; 16]>,
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
    /// Whether what it says of the request's way so far is believed.
    trusted: bool,
}

impl Peer {
    pub(crate) fn new(address: IpAddr, tls: bool, trusted_proxies: &[IpNet]) -> Self {
        let address = address.to_canonical();
        let text = SmallVec::from_slice(address.to_string().as_bytes());
        let trusted = trusted_proxies.iter().any(|network| network.contains(&address));
        Self { address, text, scheme: if tls { "https" } else { "http" }, trusted }
    }

    /// The client's address: the rightmost one in `X-Forwarded-For` that no trusted proxy has, if the peer is one
    /// itself; else the peer's.
    pub(crate) fn client<'v>(
        &self,
        forwarded_for: impl DoubleEndedIterator<Item = &'v [u8]>,
        trusted_proxies: &[IpNet],
    ) -> IpAddr {
        let mut client = self.address;
        if !self.trusted {
            return client;
        }
        for entry in forwarded_for.rev().flat_map(reversed_list) {
            let Some(address) = std::str::from_utf8(entry).ok().and_then(|text| text.parse::<IpAddr>().ok())
            else {
                break;
            };
            client = address.to_canonical();
            if !trusted_proxies.iter().any(|network| network.contains(&client)) {
                break;
            }
        }
        client
    }

    /// Writes the value of `X-Forwarded-For`: what a trusted peer says, then the peer.
    pub(crate) fn forwarded_for<'v>(&self, out: &mut Vec<u8>, before: impl Iterator<Item = &'v [u8]>) {
        if self.trusted {
            for entry in before.flat_map(list) {
                out.extend_from_slice(entry);
                out.extend_from_slice(b", ");
            }
        }
        out.extend_from_slice(&self.text);
    }

    /// The value of `X-Forwarded-Proto`.
    pub(crate) fn forwarded_proto(&self, said: Option<&[u8]>) -> &'static str {
        match said {
            Some(b"http") if self.trusted => "http",
            Some(b"https") if self.trusted => "https",
            _ => self.scheme,
        }
    }

    /// The value of `X-Forwarded-Host`.
    pub(crate) fn forwarded_host<'v>(&self, said: Option<&'v [u8]>, host: &'v str) -> &'v str {
        said.filter(|_| self.trusted).and_then(|said| check_host(said).ok()).unwrap_or(host)
    }
}

fn reversed_list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.rsplit(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|entry| !entry.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str) -> (Peer, Vec<IpNet>) {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        (Peer::new(address.parse().unwrap(), false, &trusted), trusted)
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        for (address, forwarded, client, sent) in [
            ("192.0.2.1", &["198.51.100.7"][..], "192.0.2.1", "192.0.2.1"),
            ("10.0.0.1", &[], "10.0.0.1", "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.7"], "198.51.100.7", "198.51.100.7, 10.0.0.1"),
            ("::ffff:10.0.0.1", &["198.51.100.7"], "198.51.100.7", "198.51.100.7, 10.0.0.1"),
            (
                "10.0.0.1",
                &["6.6.6.6, 198.51.100.7,10.0.0.2"],
                "198.51.100.7",
                "6.6.6.6, 198.51.100.7, 10.0.0.2, 10.0.0.1",
            ),
            ("10.0.0.1", &["198.51.100.7", "10.0.0.3"], "198.51.100.7", "198.51.100.7, 10.0.0.3, 10.0.0.1"),
            ("10.0.0.1", &["198.51.100.7, unknown"], "10.0.0.1", "198.51.100.7, unknown, 10.0.0.1"),
        ] {
            let (peer, trusted) = peer(address);
            let values = || forwarded.iter().map(|value| value.as_bytes());
            assert_eq!(peer.client(values(), &trusted).to_string(), client, "{forwarded:?}");
            let mut out = Vec::new();
            peer.forwarded_for(&mut out, values());
            assert_eq!(String::from_utf8(out).unwrap(), sent);
        }
    }

    #[test]
    fn scheme_and_host_are_believed_from_trusted_proxies_only() {
        let (stranger, _) = peer("192.0.2.1");
        let (proxy, _) = peer("10.0.0.1");
        assert_eq!(stranger.forwarded_proto(Some(b"https")), "http");
        assert_eq!(proxy.forwarded_proto(Some(b"https")), "https");
        assert_eq!(proxy.forwarded_proto(Some(b"gopher")), "http");
        assert_eq!(stranger.forwarded_host(Some(b"evil"), "host"), "host");
        assert_eq!(proxy.forwarded_host(Some(b"site"), "host"), "site");
        assert_eq!(proxy.forwarded_host(Some(b"si te"), "host"), "host");
    }
}
