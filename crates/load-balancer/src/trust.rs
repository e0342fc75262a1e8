//! The trusted proxies: the proxies in front of this balancer whose forwarding fields are believed.

use std::{
    net::IpAddr,
    str::FromStr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use arc_swap::ArcSwap;
use ipnet::IpNet;

/// One entry of `listen.trusted_proxies`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustedProxy {
    /// Every address of a network.
    Network(IpNet),
    /// Every address that a name resolves to now, such as that of a service in Docker or Kubernetes.
    Name(String),
}

/// Reads a network (`172.30.0.0/24`) or an address; names are for the configuration to check.
impl FromStr for TrustedProxy {
    type Err = ipnet::AddrParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse()
            .or_else(|error| text.parse::<IpAddr>().map(IpNet::from).map_err(|_| error))
            .map(Self::Network)
    }
}

/// All trusted proxies. Workers only read. One task of the control side resolves the names and puts their addresses in.
#[derive(Debug)]
pub struct TrustedProxies {
    networks: Box<[IpNet]>,
    names: Box<[String]>,
    /// The addresses of each name, in the order of `names`.
    found: Mutex<Vec<Vec<IpAddr>>>,
    /// All addresses of all names.
    named: ArcSwap<Vec<IpAddr>>,
    /// Grows whenever `named` changes.
    version: AtomicU64,
}

impl TrustedProxies {
    /// The proxies as configured; names have no addresses yet.
    pub fn new(configured: &[TrustedProxy]) -> Arc<Self> {
        let networks = configured.iter().filter_map(|proxy| match proxy {
            TrustedProxy::Network(network) => Some(*network),
            TrustedProxy::Name(_) => None,
        });
        let names: Box<[String]> =
            configured.iter().filter_map(TrustedProxy::name).map(str::to_owned).collect();
        Arc::new(Self {
            networks: networks.collect(),
            found: Mutex::new(vec![Vec::new(); names.len()]),
            names,
            named: ArcSwap::default(),
            version: AtomicU64::new(1),
        })
    }

    /// Whether a peer at this address is trusted. IPv4 addresses must not be in their IPv6 form.
    pub fn contains(&self, address: &IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(address))
            || (!self.names.is_empty() && self.named.load().contains(address))
    }

    /// The version. It differs from earlier versions, and from 0, once [`contains`](Self::contains) may answer
    /// differently.
    #[inline]
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The names whose addresses are to be found.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Takes in the addresses of the name at this place of [`names`](Self::names); `true` when they have changed.
    pub fn found(&self, place: usize, mut addresses: Vec<IpAddr>) -> bool {
        for address in &mut addresses {
            *address = address.to_canonical();
        }
        addresses.sort_unstable();
        addresses.dedup();
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = found.get_mut(place).filter(|known| **known != addresses) else { return false };
        *known = addresses;
        self.named.store(Arc::new(found.concat()));
        self.version.fetch_add(1, Ordering::Release);
        true
    }
}

impl TrustedProxy {
    fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Network(_) => None,
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
    fn networks_and_what_names_lead_to_are_trusted() {
        let configured = ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"].map(|text| text.parse().unwrap());
        let name = |name: &str| TrustedProxy::Name(name.to_owned());
        let trusted = TrustedProxies::new(&[&configured[..], &[name("page"), name("edge")]].concat());
        for (text, expected) in [
            ("10.9.8.7", true),
            ("192.0.2.7", true),
            ("192.0.2.8", false),
            ("2001:db8::1", true),
            ("::1", false),
        ] {
            assert_eq!(trusted.contains(&address(text)), expected, "{text}");
        }
        let before = trusted.version();
        assert!(trusted.found(0, vec![address("::ffff:198.51.100.1"), address("198.51.100.2")]));
        assert!(!trusted.found(0, vec![address("198.51.100.2"), address("198.51.100.1")]), "no news");
        assert!(trusted.found(1, vec![address("198.51.100.3")]) && trusted.version() > before);
        assert!(["198.51.100.1", "198.51.100.3"].iter().all(|text| trusted.contains(&address(text))));
        assert!(trusted.found(0, vec![address("198.51.100.9")]));
        assert!(!trusted.contains(&address("198.51.100.1")), "the name leads elsewhere now");
    }
}
