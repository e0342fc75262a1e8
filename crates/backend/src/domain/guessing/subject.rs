//! The subjects of guessing: the target and the source of guesses.

use std::net::{IpAddr, Ipv6Addr};

use aws_lc_rs::digest::{SHA256, digest};
use uuid::Uuid;

use super::Policy;
use crate::domain::Email;

/// The key of a debt: SHA-256 over the purpose and the subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GuessKey(pub [u8; 32]);

/// The key of a debt, and the policy for the debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The key by which the debt is found.
    pub key: GuessKey,
    /// The policy that the debt goes by.
    pub policy: Policy,
}

impl Limit {
    /// The limit on guesses for `purpose` at the account with an address, whether there is such an account or not.
    pub fn at_email(purpose: &str, email: &Email) -> Self {
        Self { key: key(&[purpose, "email", email.canonical()]), policy: Policy::ACCOUNT }
    }

    /// The limit on guesses for `purpose` at the account of a user.
    pub fn at_user(purpose: &str, user_id: Uuid) -> Self {
        Self { key: key(&[purpose, "user", &user_id.to_string()]), policy: Policy::ACCOUNT }
    }

    /// The limit on guesses for `purpose` from an address. An IPv6 address counts by its network of 64 bits, because
    /// one client has such a network.
    pub fn by_address(purpose: &str, address: IpAddr) -> Self {
        Self { key: key(&[purpose, "address", &network(address).to_string()]), policy: Policy::ADDRESS }
    }

    /// The limit on new accounts from an address. None for a loopback or private address: nobody on the internet has
    /// such an address, and all clients behind a container's gateway share one.
    pub fn registrations(address: IpAddr) -> Option<Self> {
        let key = key(&["registrations", "address", &network(address).to_string()]);
        (!is_near(address)).then_some(Self { key, policy: Policy::REGISTRATIONS })
    }

    /// The limit on guesses for `purpose` by a device that is known to the account of a user.
    pub fn by_device(purpose: &str, user_id: Uuid, device: Uuid) -> Self {
        let (user_id, device) = (user_id.to_string(), device.to_string());
        Self { key: key(&[purpose, "device", &user_id, &device]), policy: Policy::DEVICE }
    }
}

/// Whether the address is no address of the internet (RFC 1122, 1918, 3927, 4193, 4291).
fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// The key of the parts, joined by NUL. None of the parts has a NUL.
fn key(parts: &[&str]) -> GuessKey {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, parts.join("\0").as_bytes()).as_ref());
    GuessKey(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_and_neighbours_share_a_debt() {
        let at = |text: &str| Limit::at_email("login", &text.parse().unwrap()).key;
        assert_eq!(at("Jörg@bücher.example"), at("jörg@XN--BCHER-KVA.example"));
        let by = |text: &str| Limit::by_address("login", text.parse().unwrap()).key;
        assert_eq!(by("2001:db8:0:1::1"), by("2001:db8:0:1:ffff::2"));
        assert_eq!(by("::ffff:192.0.2.1"), by("192.0.2.1"));
        for (one, other) in [("2001:db8:0:1::1", "2001:db8:0:2::1"), ("192.0.2.1", "192.0.2.2")] {
            assert_ne!(by(one), by(other));
        }
    }

    #[test]
    fn accounts_are_counted_by_the_network_unless_it_is_near() {
        let at = |text: &str| Limit::registrations(text.parse().unwrap()).map(|limit| limit.key);
        for near in [
            "127.0.0.1",
            "::1",
            "::ffff:127.0.0.1",
            "10.1.2.3",
            "172.18.0.1",
            "192.168.0.9",
            "fd00::1",
            "fe80::1",
        ] {
            assert_eq!(at(near), None, "{near}");
        }
        assert!(at("2001:db8::1").is_some() && at("2001:db8::1") == at("2001:db8::2"));
        assert_ne!(at("192.0.2.1"), Some(Limit::by_address("register", "192.0.2.1".parse().unwrap()).key));
    }

    #[test]
    fn purposes_and_subjects_are_told_apart() {
        let (user, device) = (Uuid::now_v7(), Uuid::now_v7());
        let keys = [
            Limit::at_user("login", user),
            Limit::at_user("code", user),
            Limit::by_device("login", user, device),
            Limit::by_device("login", device, user),
            Limit::at_user("login", device),
        ];
        for (index, limit) in keys.iter().enumerate() {
            assert!(keys[..index].iter().all(|other| other.key != limit.key), "{index}");
        }
    }
}
