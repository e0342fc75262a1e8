//! The proxies whose forwarding fields are believed (`TRUSTED_PROXIES`).

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// The default networks: loopback, private networks (RFC 1918, RFC 4193), shared address space (RFC 6598) and
/// link-local IPv6. In every shipped configuration balancers and the page's server have such addresses, and nobody
/// else reaches a backend.
const DEFAULT: &str =
    "127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,fc00::/7,fe80::/10";

/// Networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// The entry is neither an address nor a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an address nor a network such as 10.0.0.0/8; `none` trusts nobody")]
pub struct NotANetwork(String);

impl TrustedProxies {
    /// Whether the proxy at `address` is believed.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address.to_canonical()))
    }
}

impl Default for TrustedProxies {
    fn default() -> Self {
        DEFAULT.parse().unwrap_or_else(|_| Self(Vec::new()))
    }
}

/// Parses addresses and networks that are separated by commas or white space, or `none`.
impl FromStr for TrustedProxies {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        if text.trim() == "none" {
            return Ok(Self(Vec::new()));
        }
        let entries = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
        Ok(Self(entries.map(network).collect::<Result<_, _>>()?))
    }
}

fn network(text: &str) -> Result<IpNet, NotANetwork> {
    let address = || text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
    text.parse().or_else(|_| address()).map_err(|_| NotANetwork(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusts(list: &str, address: &str) -> bool {
        list.parse::<TrustedProxies>().unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn addresses_and_networks_are_trusted_and_nobody_else() {
        let list = "192.0.2.7, 10.1.0.0/16 2001:db8::/32";
        for (address, expected) in [
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("10.1.255.1", true),
            ("::ffff:10.1.0.1", true),
            ("10.2.0.1", false),
            ("2001:db8::1", true),
            ("::1", false),
        ] {
            assert_eq!(trusts(list, address), expected, "{address}");
        }
        assert!(!trusts("none", "127.0.0.1"));
        assert_eq!("frontend".parse::<TrustedProxies>(), Err(NotANetwork("frontend".into())));
    }

    #[test]
    fn by_default_no_address_of_the_internet_is_trusted() {
        let default = TrustedProxies::default();
        for address in ["127.0.0.1", "::1", "172.18.0.3", "10.0.9.9", "192.168.1.1", "100.100.0.1", "fd00::1"]
        {
            assert!(default.contains(address.parse().unwrap()), "{address}");
        }
        for address in ["8.8.8.8", "172.32.0.1", "2001:4860::1", "100.128.0.1"] {
            assert!(!default.contains(address.parse().unwrap()), "{address}");
        }
    }
}
