//! TLS: certificates by name (SNI), HTTP/2 or HTTP/1.1 by ALPN.

mod provider;
mod served;

use self::provider::provider;
pub(crate) use self::served::Served;
use crate::config::Certificate;
use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::client::verify_server_name;
use rustls::crypto::aws_lc_rs;
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem};
use std::path::PathBuf;
use std::sync::Arc;
use thiserror::Error;

/// ALPN (RFC 7301) names, in the order of preference.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// Why a certificate cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// There is no certificate.
    #[error("no certificate is configured")]
    NoCertificate,
    /// The file cannot be read, or holds no certificate or key in PEM.
    #[error("cannot read {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: pem::Error,
    },
    /// The chain is empty, or the key is not the certificate's, or of a kind that is not supported.
    #[error("the certificate in {cert} cannot be used with the key in {key}")]
    Pair {
        /// The chain's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
        /// Why not.
        source: rustls::Error,
    },
    /// The set-up of TLS itself failed.
    #[error("TLS cannot be set up")]
    Setup(#[source] rustls::Error),
}

/// The certificates in use; they can be replaced while connections are open.
#[derive(Debug)]
pub struct Certificates(ArcSwap<Vec<Pair>>);

/// A certificate with its key, and where it came from.
#[derive(Debug)]
struct Pair {
    file: PathBuf,
    key: Arc<CertifiedKey>,
}

impl Certificates {
    /// Reads all certificates.
    pub fn load(files: &[Certificate]) -> Result<Self, TlsError> {
        read(files).map(|keys| Self(ArcSwap::from_pointee(keys)))
    }

    /// Reads all certificates anew; with an error, those in use stay.
    pub fn reload(&self, files: &[Certificate]) -> Result<(), TlsError> {
        self.0.store(Arc::new(read(files)?));
        Ok(())
    }

    /// The facts of each certificate for people, in the certificates' order.
    pub(crate) fn served(&self) -> Vec<Served> {
        let pairs = self.0.load();
        let leaves = pairs.iter().filter_map(|pair| Some((&pair.file, pair.key.cert.first()?)));
        leaves.filter_map(|(file, leaf)| Served::read(file, leaf)).collect()
    }
}

impl ResolvesServerCert for Certificates {
    /// The first certificate that is good for the name that the client asks for; otherwise the first one.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let pairs = self.0.load();
        let name = hello.server_name().and_then(|name| ServerName::try_from(name).ok());
        let named = name.and_then(|name| pairs.iter().find(|pair| is_for(&pair.key, &name)));
        named.or(pairs.first()).map(|pair| Arc::clone(&pair.key))
    }
}

fn is_for(key: &CertifiedKey, name: &ServerName<'_>) -> bool {
    let leaf = key.cert.first().and_then(|leaf| ParsedCertificate::try_from(leaf).ok());
    leaf.is_some_and(|leaf| verify_server_name(&leaf, name).is_ok())
}

/// TLS 1.2 and 1.3 with these certificates. Sessions are resumed by tickets whose keys only this process has.
pub fn server_config(certificates: Arc<Certificates>) -> Result<Arc<ServerConfig>, TlsError> {
    let builder = ServerConfig::builder_with_provider(Arc::new(provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(TlsError::Setup)?;
    let mut config = builder.with_no_client_auth().with_cert_resolver(certificates);
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    config.ticketer = aws_lc_rs::Ticketer::new().map_err(TlsError::Setup)?;
    Ok(Arc::new(config))
}

fn read(files: &[Certificate]) -> Result<Vec<Pair>, TlsError> {
    if files.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    files.iter().map(|pair| Ok(Pair { file: pair.cert.clone(), key: Arc::new(read_pair(pair)?) })).collect()
}

fn read_pair(pair: &Certificate) -> Result<CertifiedKey, TlsError> {
    let unreadable = |path: &PathBuf| {
        let path = path.clone();
        move |source| TlsError::File { path, source }
    };
    let chain: Vec<_> = CertificateDer::pem_file_iter(&pair.cert)
        .and_then(Iterator::collect)
        .map_err(unreadable(&pair.cert))?;
    let key = PrivateKeyDer::from_pem_file(&pair.key).map_err(unreadable(&pair.key))?;
    CertifiedKey::from_der(chain, key, &provider()).map_err(|source| TlsError::Pair {
        cert: pair.cert.clone(),
        key: pair.key.clone(),
        source,
    })
}
