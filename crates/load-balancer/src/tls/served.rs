//! The facts of a certificate for people: its names, and until when it is good.

use std::path::{Path, PathBuf};

use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// A certificate in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Served {
    /// The file of its chain.
    pub file: PathBuf,
    /// The names that the certificate is good for, unchanged; the subject where it has none.
    pub names: Vec<String>,
    /// The issuer.
    pub issuer: String,
    /// Since when the certificate is good, in seconds since 1970 (RFC 5280, `notBefore`).
    pub not_before: i64,
    /// Until when the certificate is good, in seconds since 1970 (RFC 5280, `notAfter`).
    pub not_after: i64,
}

impl Served {
    /// Reads the leaf's DER; `None` where it cannot be read, which rustls would not have taken.
    pub(super) fn read(file: &Path, der: &[u8]) -> Option<Self> {
        let (_, leaf) = X509Certificate::from_der(der).ok()?;
        let validity = leaf.validity();
        Some(Self {
            file: file.to_owned(),
            names: names(&leaf),
            issuer: leaf.issuer().to_string(),
            not_before: validity.not_before.timestamp(),
            not_after: validity.not_after.timestamp(),
        })
    }
}

fn names(leaf: &X509Certificate<'_>) -> Vec<String> {
    let alternatives = leaf.subject_alternative_name().ok().flatten();
    let general = alternatives.iter().flat_map(|extension| &extension.value.general_names);
    let mut names: Vec<String> = general.filter_map(name).collect();
    if names.is_empty() {
        names.push(leaf.subject().to_string());
    }
    names
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => Some(std::net::Ipv4Addr::from(<[u8; 4]>::try_from(*bytes).ok()?).to_string()),
            16 => Some(std::net::Ipv6Addr::from(<[u8; 16]>::try_from(*bytes).ok()?).to_string()),
            _ => None,
        },
        _ => None,
    }
}
