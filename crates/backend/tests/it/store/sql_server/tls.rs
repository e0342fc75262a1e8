//! Encryption of the connection, by a scripted server. Needs no SQL Server.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use backend::config::SqlServerConfig;
use backend::store::sql_server;
use backend::store::{Effect, Outcome, Store};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::TLS12;

use super::super::samples::mutation;
use super::peer::{PASSWORD, Peer, Script, willing};
use super::{open, told};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    authority_called("the authority of the tests")
}

fn authority_called(name: &str) -> Authority {
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn file_of(authority: &Authority, folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, authority.pem()).unwrap();
    path
}

/// A server whose certificate names `host`.
fn server(authority: &Authority, host: &str) -> Peer {
    issued(authority, &CertificateParams::new([host.to_owned()]).unwrap())
}

/// A server with the certificate that `authority` issues for `params`.
fn issued(authority: &Authority, params: &CertificateParams) -> Peer {
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    with_certificate(certificate.der().clone(), &key)
}

/// TLS 1.2 is what TDS 7 speaks.
fn with_certificate(certificate: CertificateDer<'static>, key: &KeyPair) -> Peer {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[&TLS12]).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    Peer::start(Script { tls: Some(Arc::new(config)), ..willing() })
}

fn encrypted(peer: &Peer, ca_file: Option<PathBuf>, trust: bool) -> SqlServerConfig {
    SqlServerConfig { encrypt: true, ca_file, trust_server_certificate: trust, ..peer.config() }
}

async fn refusal(config: &SqlServerConfig) -> String {
    told(&sql_server::migrate(config).await.unwrap_err())
}

/// TDS hides a password by a fixed rule only: whoever hears it can read it.
fn tells_password(bytes: &[u8]) -> bool {
    let hidden: Vec<u8> =
        PASSWORD.encode_utf16().flat_map(u16::to_le_bytes).map(|b| b.rotate_left(4) ^ 0xa5).collect();
    bytes.windows(hidden.len()).any(|window| window == hidden)
}

#[tokio::test]
async fn a_certificate_of_the_given_authority_is_trusted() {
    let (ca, folder) = (authority(), tempfile::tempdir().unwrap());
    let peer = server(&ca, "127.0.0.1");
    let store = open(&encrypted(&peer, Some(file_of(&ca, folder.path(), "ca.crt")), false));
    assert_eq!(store.commit(mutation(Effect::None)).await.unwrap(), Outcome::Committed);
    assert!(!tells_password(&peer.bytes()));
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused_before_the_login() {
    let (ca, other, folder) = (authority(), authority(), tempfile::tempdir().unwrap());
    let peer = server(&ca, "127.0.0.1");
    let error = refusal(&encrypted(&peer, Some(file_of(&other, folder.path(), "ca.pem")), false)).await;
    assert!(error.contains("cannot open the database") && error.contains("certificate"), "{error}");
    let system_roots = refusal(&encrypted(&peer, None, false)).await;
    assert!(system_roots.contains("certificate"), "{system_roots}");
    assert_eq!(peer.logins(), 0);
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused_before_the_login() {
    let (ca, folder) = (authority(), tempfile::tempdir().unwrap());
    let peer = server(&ca, "db.example");
    let error = refusal(&encrypted(&peer, Some(file_of(&ca, folder.path(), "ca.pem")), false)).await;
    assert!(error.contains("certificate"), "{error}");
    assert_eq!(peer.logins(), 0);
}

#[tokio::test]
async fn a_certificate_that_is_not_accepted_comes_with_what_to_do() {
    let (ca, folder) = (authority(), tempfile::tempdir().unwrap());
    let file = file_of(&ca, folder.path(), "ca.pem");
    let dated = |from: i32, to: i32| {
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(to, 1, 1));
        params
    };
    let for_clients = {
        let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params
    };
    let table = [
        (with_certificate(ca.der().clone(), ca.key()), "a certificate authority's own (CA:TRUE)"),
        (server(&authority_called("another"), "127.0.0.1"), "set DB_CA_FILE to the issuer's certificate"),
        (server(&authority(), "127.0.0.1"), "set it to the certificate that issued this one"),
        (server(&ca, "db.example"), "it names another host"),
        (issued(&ca, &dated(2000, 2001)), "it has expired"),
        (issued(&ca, &dated(2400, 2401)), "it is not valid yet"),
        (issued(&ca, &for_clients), "serverAuth"),
    ];
    for (peer, advice) in table {
        let error = refusal(&encrypted(&peer, Some(file.clone()), false)).await;
        assert!(
            error.contains("the server's certificate is not accepted: ") && error.contains(advice),
            "{error}"
        );
        assert_eq!(peer.logins(), 0);
    }
}

#[tokio::test]
async fn any_certificate_is_trusted_where_that_is_asked_for() {
    let peer = server(&authority(), "db.example");
    let store = open(&encrypted(&peer, None, true));
    assert_eq!(store.commit(mutation(Effect::None)).await.unwrap(), Outcome::Committed);
    assert!(!tells_password(&peer.bytes()));
}

#[tokio::test]
async fn a_server_without_encryption_hears_no_password_where_encryption_is_asked_for() {
    let peer = Peer::start(willing());
    for trust in [false, true] {
        let error = refusal(&encrypted(&peer, None, trust)).await;
        assert!(error.contains("cannot open the database"), "{error}");
    }
    assert_eq!(peer.logins(), 0);
    assert!(!tells_password(&peer.bytes()));

    let plain = open(&peer.config());
    assert_eq!(plain.commit(mutation(Effect::None)).await.unwrap(), Outcome::Committed);
    assert!(tells_password(&peer.bytes()), "the test hears what it looks for");
}

#[tokio::test]
async fn a_bad_file_of_the_authority_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, "no certificate").unwrap();
    let error = refusal(&encrypted(&Peer::start(willing()), Some(path), false)).await;
    assert!(error.contains("must hold exactly one certificate, but holds 0"), "{error}");
}
