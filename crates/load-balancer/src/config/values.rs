//! Single values of the file.

use std::{fmt, str::FromStr, time::Duration};

use service_kit::{
    duration,
    toml_file::{Value, text},
};
use toml::de::DeValue;

use crate::{
    limit::Exempt,
    pool::{AdminState, Algorithm},
    record::access_log::Format,
    trust::TrustedProxy,
};

impl Value for TrustedProxy {
    const EXPECTED: &'static str = "write a network, an address or the name of a host, such as \"172.30.0.0/24\", \
                                    \"10.0.0.1\" or \"frontend\"";

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        text(value, Self::EXPECTED, |text| {
            text.parse().ok().or_else(|| is_host_name(text).then(|| Self::Name(text.to_owned())))
        })
    }
}

impl Value for Exempt {
    const EXPECTED: &'static str = "write a network or an address, such as \"203.0.113.0/24\", or \"private\" for all that are not of the internet";

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        text(value, Self::EXPECTED, |text| text.parse().ok())
    }
}

/// A duration of at most a day, written as `250ms`, `30s` or `10m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(super) struct Span(pub(super) Duration);

/// The longest time that any key takes.
pub(super) const DAY: Span = Span(Duration::from_hours(24));

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        duration::HumanDuration(self.0).fmt(f)
    }
}

impl Value for Span {
    const EXPECTED: &'static str = "write a duration, such as \"250ms\", \"30s\" or \"10m\"";

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        text(value, Self::EXPECTED, |text| duration::parse(text).ok().map(Self))
    }
}

/// A number of bytes, written as `512B`, `64KiB`, `100MB`; `K`, `KB` and `KiB` are 1024, as in nginx.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ByteSize(pub u64);

impl FromStr for ByteSize {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let factor: u64 = match unit.trim_start().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "k" | "kb" | "kib" => 1 << 10,
            "m" | "mb" | "mib" => 1 << 20,
            "g" | "gb" | "gib" => 1 << 30,
            _ => return Err(()),
        };
        let number: u64 = number.parse().map_err(drop)?;
        number.checked_mul(factor).map(Self).ok_or(())
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes >= 1 << 30 && bytes % (1 << 30) == 0 => write!(f, "{}GiB", bytes >> 30),
            bytes if bytes >= 1 << 20 && bytes % (1 << 20) == 0 => write!(f, "{}MiB", bytes >> 20),
            bytes if bytes >= 1 << 10 && bytes % (1 << 10) == 0 => write!(f, "{}KiB", bytes >> 10),
            bytes => write!(f, "{bytes}B"),
        }
    }
}

impl Value for ByteSize {
    const EXPECTED: &'static str = "write a size, such as \"512B\", \"64KiB\" or \"100MB\"";

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        text(value, Self::EXPECTED, |text| text.parse().ok())
    }
}

/// `host:port`, where the host is a name, an IPv4 address, or an IPv6 address in brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostPort(String);

impl HostPort {
    /// The address as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for HostPort {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (host, port) = text.rsplit_once(':').ok_or(())?;
        let good_port =
            port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0);
        let good_host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(inside) => inside.parse::<std::net::Ipv6Addr>().is_ok(),
            None => is_host_name(host),
        };
        (good_port && good_host).then(|| Self(text.to_owned())).ok_or(())
    }
}

/// A host name (RFC 1123, and `_`, which Docker allows) or an IPv4 address.
fn is_host_name(host: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let numeric = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if numeric {
        return host.parse::<std::net::Ipv4Addr>().is_ok();
    }
    host.len() <= 253 && host.strip_suffix('.').unwrap_or(host).split('.').all(label)
}

/// The name of a host, and no address.
pub(super) struct DnsName(pub(super) String);

impl Value for DnsName {
    const EXPECTED: &'static str =
        "write a host name without a port, such as \"backend\" or \"tasks.backend\"";

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        text(value, Self::EXPECTED, |text| {
            let is_address = text.parse::<std::net::IpAddr>().is_ok();
            (is_host_name(text) && !is_address).then(|| Self(text.to_owned()))
        })
    }
}

/// A host without a port, or `*.` and a host for all names below it, or `*`.
pub(super) struct HostPattern(pub(super) String);

impl Value for HostPattern {
    const EXPECTED: &'static str =
        "write a host without a port, such as \"example.com\", \"*.example.com\" or \"[::1]\"";

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        text(value, Self::EXPECTED, |text| is_host_pattern(text).then(|| Self(text.to_owned())))
    }
}

fn is_host_pattern(text: &str) -> bool {
    match text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        Some(inside) => inside.parse::<std::net::Ipv6Addr>().is_ok(),
        None => text == "*" || is_host_name(text.strip_prefix("*.").unwrap_or(text)),
    }
}

impl Value for HostPort {
    const EXPECTED: &'static str = "write a host and a port, such as \"backend-1:5000\"";

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        text(value, Self::EXPECTED, |text| text.parse().ok())
    }
}

/// A name that can stand in a header, a URL and a metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name(pub(super) String);

/// Whether a text can be the name of a server or a pool.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
}

impl Value for Name {
    const EXPECTED: &'static str = "write 1 to 64 letters, digits, '.', '_' or '-'";

    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        text(value, Self::EXPECTED, |text| is_name(text).then(|| Self(text.to_owned())))
    }
}

/// Reads a value that is one of a few words, by its `serde` names.
macro_rules! words {
    ($($type:ty: $expected:literal),*) => { $(
        impl Value for $type {
            const EXPECTED: &'static str = $expected;

            fn read(value: &DeValue<'_>) -> Result<Self, String> {
                text(value, Self::EXPECTED, |text| serde_json::from_value(text.into()).ok())
            }
        }
    )* };
}

words!(
    Algorithm: "write \"round_robin\", \"least_conn\", \"ip_hash\" or \"random_two\"",
    Format: "write \"json\" or \"combined\"",
    AdminState: "write \"active\", \"drain\" or \"down\""
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let rows = [
            ("0", Some(0)),
            ("512B", Some(512)),
            ("64KiB", Some(65_536)),
            ("64 kb", Some(65_536)),
            ("100MB", Some(104_857_600)),
            ("2g", Some(2_147_483_648)),
            ("", None),
            ("MB", None),
            ("-1KB", None),
            ("1.5MB", None),
            ("1XB", None),
            ("99999999999999999999", None),
            ("99999999999GiB", None),
        ];
        for (text, expected) in rows {
            assert_eq!(text.parse::<ByteSize>().ok().map(|size| size.0), expected, "{text}");
        }
    }

    #[test]
    fn hosts_of_routes() {
        for text in ["*", "example.com", "*.example.com", "[::1]", "127.0.0.1", "localhost"] {
            assert!(is_host_pattern(text), "{text}");
        }
        for text in ["", "*example.com", "example.com:8080", "http://a", "a/b", "*.", "[::1]:80", "a *"] {
            assert!(!is_host_pattern(text), "{text}");
        }
    }

    #[test]
    fn addresses() {
        let good = ["backend-1:5000", "127.0.0.1:1", "[::1]:65535", "a.b.example:80", "tasks.my_app:80"];
        for text in good {
            assert!(text.parse::<HostPort>().is_ok(), "{text}");
        }
        let bad = [
            "backend-1",
            ":5000",
            "backend:",
            "backend:0",
            "backend:65536",
            "backend:+80",
            "::1:80",
            "[::1]",
            "a b:80",
            "a/b:80",
            "http://a:80",
            "256.1.1.1:80",
            "1.2.3:80",
            "a..b:80",
            "",
        ];
        for text in bad {
            assert!(text.parse::<HostPort>().is_err(), "{text}");
        }
    }
}
