//! What a route allows, and whom it does not count.

use std::{fmt, net::IpAddr, str::FromStr, time::Duration};

use ipnet::IpNet;

/// What a route allows each client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// So many requests ...
    pub requests: u32,
    /// ... in this time, evenly;
    pub per: Duration,
    /// and so many at once after a pause.
    pub burst: u32,
}

/// A route's limit, and the clients to whom it does not apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitPolicy {
    /// What each client may ask.
    pub limit: RateLimit,
    /// Whose requests are not counted.
    pub exempt: Vec<Exempt>,
}

impl LimitPolicy {
    /// Whether requests of this client, whose address is not an IPv4 one in IPv6 form, are not counted.
    pub(super) fn exempts(&self, client: IpAddr) -> bool {
        self.exempt.iter().any(|exempt| exempt.contains(client))
    }
}

/// Addresses that a limit does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exempt {
    /// `private`: those of the machine itself and of networks of one's own. Behind the gateway of a container engine, or
    /// an ingress that tells no addresses, all clients have the same one of these.
    Private,
    /// One network, or one address.
    Network(IpNet),
}

impl Exempt {
    fn contains(self, client: IpAddr) -> bool {
        match self {
            Self::Private => is_private(client),
            Self::Network(network) => network.contains(&client),
        }
    }
}

/// The word for [`Exempt::Private`].
const PRIVATE: &str = "private";

impl FromStr for Exempt {
    type Err = ipnet::AddrParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == PRIVATE {
            return Ok(Self::Private);
        }
        let network: Result<IpNet, _> = text.parse();
        network
            .or_else(|error| text.parse().map(|address: IpAddr| address.into()).map_err(|_| error))
            .map(Self::Network)
    }
}

impl fmt::Display for Exempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Private => f.write_str(PRIVATE),
            Self::Network(network) if network.prefix_len() == network.max_prefix_len() => {
                network.addr().fmt(f)
            }
            Self::Network(network) => network.fmt(f),
        }
    }
}

/// Not of the internet: loopback, private, link-local and shared addresses (RFC 1122, 1918, 3927, 4193, 4291, 6598).
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            let is_shared = first == 100 && (64..128).contains(&second);
            address.is_loopback() || address.is_private() || address.is_link_local() || is_shared
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_private_is_no_address_of_the_internet() {
        let exempt: Exempt = "private".parse().unwrap();
        for text in [
            "127.0.0.1",
            "10.9.8.7",
            "172.18.0.1",
            "192.168.65.1",
            "169.254.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "::1",
            "fd00::1",
            "fe80::1",
        ] {
            assert!(exempt.contains(address(text)), "{text}");
        }
        for text in ["100.63.0.1", "100.128.0.1", "172.32.0.1", "198.51.100.1", "2001:db8::1", "0.0.0.0"] {
            assert!(!exempt.contains(address(text)), "{text}");
        }
    }

    #[test]
    fn networks_and_addresses_are_read_and_shown_as_they_are_written() {
        for (text, inside, outside) in [
            ("203.0.113.0/24", "203.0.113.200", "203.0.114.1"),
            ("203.0.113.7", "203.0.113.7", "203.0.113.8"),
            ("2001:db8::/32", "2001:db8:1::1", "2001:db9::1"),
        ] {
            let exempt: Exempt = text.parse().unwrap();
            assert!(exempt.contains(address(inside)) && !exempt.contains(address(outside)), "{text}");
            assert_eq!(exempt.to_string(), text);
        }
        for text in ["", "public", "203.0.113.0/33", "office.example.com"] {
            assert!(text.parse::<Exempt>().is_err(), "{text}");
        }
    }
}
