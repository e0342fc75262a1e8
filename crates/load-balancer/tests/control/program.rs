//! The program: its commands, exit codes and signals.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Command, Output},
};

use nix::sys::signal::Signal;
use testkit::{Answer, Gate, Process, Script, Upstream, eventually};

use crate::harness::{PATIENCE, config, named};

/// The example of the documentation, with every key that stands.
const EXAMPLE: &str = include_str!("example.toml");

pub(crate) fn command(file: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_load-balancer"));
    command.arg("--config").arg(file).args(args).env_remove("LB_ADMIN_TOKEN").env("LOG_FORMAT", "text");
    command
}

pub(crate) fn written(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("load-balancer.toml");
    std::fs::write(&file, text).unwrap();
    (folder, file)
}

fn check(text: &str) -> Output {
    let (_folder, file) = written(text);
    command(&file, &["check"]).output().unwrap()
}

pub(crate) fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[test]
fn the_documented_example_is_good() {
    let output = check(EXAMPLE);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("good; pools: 1, servers: 1, routes: 2"));
}

/// The configurations that this repository ships, but for those that need files of the place where they run.
fn shipped() -> Vec<(String, String)> {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    let kinds = ["dev", "staging", "swarm", "tls"].map(|kind| deploy.join("load-balancer").join(kind));
    kinds
        .into_iter()
        .chain([deploy.join("kubernetes/base")])
        .map(|folder| folder.join("load-balancer.toml"))
        .map(|file| (file.display().to_string(), std::fs::read_to_string(file).unwrap()))
        .collect()
}

#[test]
fn every_shipped_configuration_is_good_and_keeps_static_data() {
    for (name, text) in shipped() {
        let (_folder, file) = written(&text);
        let output = command(&file, &["check"]).env("LB_ADMIN_TOKEN", "a-token-of-a-test").output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        // The certificate is not here.
        let others =
            errors.lines().filter(|line| line.contains(".toml:") && !line.contains("/etc/tls/")).count();
        let good = output.status.success() || (errors.contains("/etc/tls/") && others == 0);
        assert!(good, "{name}: {errors}");

        let parsed: toml::Table = text.parse().unwrap();
        let route = parsed["routes"]
            .as_array()
            .unwrap()
            .iter()
            .find(|route| route["path"].as_str() == Some("/api/static-data"));
        let cache = &route.unwrap_or_else(|| panic!("{name} keeps no static data"))["cache"];
        assert_eq!(
            (cache["ttl"].as_str(), cache["max_size"].as_str()),
            (Some("5m"), Some("100MB")),
            "{name}"
        );
    }
}

#[test]
fn old_names_are_understood_and_noted() {
    let text = EXAMPLE.replace(
        "timeouts = { connect = \"1s\", inquiry = \"1s\", first_byte = \"10s\", response_idle = \"60s\", request_idle = \"30s\", total = \"60s\" }",
        "timeouts = { connect = \"1s\", per_try = \"5s\", idle = \"20s\" }",
    );
    let line = 1 + text.lines().position(|line| line.starts_with("timeouts")).unwrap();
    let output = check(&text);
    assert!(output.status.success());
    let notes = String::from_utf8(output.stderr).unwrap();
    for (key, new) in [("per_try", "\"first_byte\", \"response_idle\""), ("idle", "\"keepalive_timeout\"")] {
        let place = format!("load-balancer.toml:{line}: pools[0].timeouts.{key}: is the old name of ");
        let note = notes.lines().find(|note| note.contains(&place)).unwrap_or_else(|| panic!("{notes}"));
        assert!(note.contains(new) && note.ends_with("(note)"), "{note}");
    }
    assert!(check(EXAMPLE).stderr.is_empty(), "what is up to date needs no note");
}

#[test]
fn check_prints_every_error_and_exits_with_1() {
    let output = check("[listen]\nhttp = \"nowhere\"\n[[pools]]\nname = \"a\"\nalgoritm = \"x\"\n");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    for place in [
        "load-balancer.toml:2: listen.http: ",
        "load-balancer.toml:5: pools[0].algoritm: ",
        "routes: is missing",
    ] {
        assert!(text.contains(place), "{text}");
    }
}

#[test]
fn what_cannot_be_used_ends_with_2_before_anything_is_served() {
    let (_folder, file) = written("[listen]\nhttp = \"nowhere\"\n");
    assert_eq!(command(&file, &["run"]).output().unwrap().status.code(), Some(2));
    let none = Path::new("/nonexistent/load-balancer.toml");
    let output = command(none, &["run"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot read /nonexistent/load-balancer.toml"));
    let open = config(&[], "").replace("admin = \"127.0.0.1:0\"", "admin = \"0.0.0.0:0\"");
    let (_folder, file) = written(&open);
    let output = command(&file, &["run"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("LB_ADMIN_TOKEN"));
}

#[test]
fn an_admin_token_that_can_be_guessed_is_refused() {
    let (_folder, file) = written(&config(&[], ""));
    for args in [["run"], ["check"]] {
        let output = command(&file, &args).env("LB_ADMIN_TOKEN", "fifteen-bytes-x").output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains("LB_ADMIN_TOKEN: has 15 bytes, must have at least 16"), "{text}");
    }
    let good = command(&file, &["check"]).env("LB_ADMIN_TOKEN", "sixteen-bytes-xy").output().unwrap();
    assert!(good.status.success());
}

#[test]
fn a_taken_port_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    for key in ["http", "admin"] {
        let text =
            config(&[], "").replace(&format!("{key} = \"127.0.0.1:0\""), &format!("{key} = \"{address}\""));
        let (_folder, file) = written(&text);
        let output = command(&file, &["run"]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{key}: {text}");
        assert!(text.contains(&format!("cannot listen on {address}")), "{key}: {text}");
    }
}

#[tokio::test]
async fn a_term_signal_drains() {
    let gate = Gate::closed();
    let upstream = Upstream::start(Script::gated(gate.clone(), Answer::ok("finished"))).await;
    let http = free_port();
    let text = config(&[("a", upstream.address())], "")
        .replace("http = \"127.0.0.1:0\"", &format!("http = \"{http}\""))
        .replace("drain_grace = \"0s\"", "drain_grace = \"1h\"");
    let (_folder, file) = written(&text);
    let mut process = Process::spawn(command(&file, &[]).into()).unwrap();
    process.wait_for_line("listening", PATIENCE).await;
    let healthy = command(&file, &["healthcheck"]).output().unwrap();
    assert!(healthy.status.success(), "{}", String::from_utf8_lossy(&healthy.stderr));
    let slow = tokio::spawn(reqwest::get(format!("http://{http}/slow")));
    eventually(PATIENCE, || async { upstream.requests() > 0 }).await;
    process.signal(Signal::SIGTERM).unwrap();
    process.wait_for_line("draining", PATIENCE).await;
    eventually(PATIENCE, || async {
        let health =
            reqwest::get(format!("http://{http}/lb-health")).await.map(|answer| answer.status().as_u16());
        health.is_ok_and(|status| status == 503)
    })
    .await;
    assert_eq!(command(&file, &["healthcheck"]).output().unwrap().status.code(), Some(1));
    gate.open();
    assert_eq!(slow.await.unwrap().unwrap().text().await.unwrap(), "finished");
    // A second signal ends the grace.
    process.signal(Signal::SIGTERM).unwrap();
    process.wait(PATIENCE).await.unwrap();
}

#[tokio::test]
async fn without_work_a_term_signal_ends_it_well() {
    let (_folder, file) = written(&config(&[], ""));
    let mut process = Process::spawn(command(&file, &["run"]).into()).unwrap();
    process.wait_for_line("listening", PATIENCE).await;
    assert!(process.terminate(PATIENCE).await.unwrap().success());
}

#[tokio::test]
async fn nginx_users_signal_reopens_the_log_and_nothing_else() {
    let upstream = named("a").await;
    let http = free_port();
    let folder = tempfile::tempdir().unwrap();
    let (file, log) = (folder.path().join("lb.toml"), folder.path().join("access.log"));
    let text = config(&[("a", upstream.address())], "")
        .replace("http = \"127.0.0.1:0\"", &format!("http = \"{http}\""))
        .replace("enabled = false", "path = \"access.log\"");
    std::fs::write(&file, &text).unwrap();
    let mut process = Process::spawn(command(&file, &["run"]).into()).unwrap();
    process.wait_for_line("server is up", PATIENCE).await;
    std::fs::rename(&log, folder.path().join("access.log.1")).unwrap();
    process.signal(Signal::SIGUSR1).unwrap();
    eventually(PATIENCE, || async { log.exists() }).await;
    assert_eq!(reqwest::get(format!("http://{http}/still")).await.unwrap().status(), 200);
    assert!(process.lines().iter().filter(|line| line.contains("configuration in force")).count() == 0);
    assert!(process.terminate(PATIENCE).await.unwrap().success());
}

/// A key pair in PEM, and the certificate as a client sees it.
fn pair() -> (String, String, Vec<u8>) {
    let made = rcgen::generate_simple_self_signed(["lb.test".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem(), made.cert.der().to_vec())
}

/// The certificate that the balancer shows now.
async fn shown(https: SocketAddr) -> Vec<u8> {
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let seen = std::sync::Arc::new(Seen::default());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config =
        config.unwrap().dangerous().with_custom_certificate_verifier(seen.clone()).with_no_client_auth();
    let stream = tokio::net::TcpStream::connect(https).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    // The verifier refuses what it has noted.
    connector.connect("lb.test".try_into().unwrap(), stream).await.err().unwrap();
    seen.0.lock().unwrap().clone()
}

#[derive(Debug, Default)]
struct Seen(std::sync::Mutex<Vec<u8>>);

impl rustls::client::danger::ServerCertVerifier for Seen {
    fn verify_server_cert(
        &self,
        leaf: &rustls::pki_types::CertificateDer<'_>,
        _: &[rustls::pki_types::CertificateDer<'_>],
        _: &rustls::pki_types::ServerName<'_>,
        _: &[u8],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        *self.0.lock().unwrap() = leaf.to_vec();
        Err(rustls::Error::General("noted".into()))
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("never asked".into()))
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("never asked".into()))
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        vec![rustls::SignatureScheme::ECDSA_NISTP256_SHA256, rustls::SignatureScheme::ED25519]
    }
}

/// Certificate, key and configuration as Kubernetes mounts them: files are links into `..data`, which is a link.
#[tokio::test]
async fn what_is_replaced_by_rename_or_by_a_link_is_read_again_and_the_broken_is_refused() {
    let (a, b) = (named("a").await, named("b").await);
    let (http, https) = (free_port(), free_port());
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let text = |servers: &[(&str, SocketAddr)]| {
        config(servers, "").replace(
            "http = \"127.0.0.1:0\"",
            &format!(
                "http = \"{http}\"\nhttps = \"{https}\"\ncertificates = [{{ cert = \"tls.crt\", key = \"tls.key\" }}]"
            ),
        )
    };
    let mount = |version: &str, config: &str, cert: &str, key: &str| {
        std::fs::create_dir(dir.join(version)).unwrap();
        for (name, text) in [("lb.toml", config), ("tls.crt", cert), ("tls.key", key)] {
            std::fs::write(dir.join(version).join(name), text).unwrap();
        }
        std::os::unix::fs::symlink(version, dir.join("..data.new")).unwrap();
        std::fs::rename(dir.join("..data.new"), dir.join("..data")).unwrap();
    };
    let (first, second, third) = (pair(), pair(), pair());
    mount("..1", &text(&[("a", a.address())]), &first.0, &first.1);
    for name in ["lb.toml", "tls.crt", "tls.key"] {
        std::os::unix::fs::symlink(format!("..data/{name}"), dir.join(name)).unwrap();
    }
    let file = dir.join("lb.toml");
    let process = Process::spawn(command(&file, &["run"]).into()).unwrap();
    process.wait_for_line("server is up", PATIENCE).await;
    assert!(shown(https).await == first.2);

    // A broken one of either is told, and what is in use stays.
    mount("..2", "nonsense", &second.0, &third.1);
    process.wait_for_line("the old certificates stay", PATIENCE).await;
    process.wait_for_line("configuration refused; the old one stays", PATIENCE).await;
    assert!(shown(https).await == first.2);
    assert_eq!(reqwest::get(format!("http://{http}/")).await.unwrap().text().await.unwrap(), "a");

    mount("..3", &text(&[("b", b.address())]), &second.0, &second.1);
    eventually(PATIENCE, || async { shown(https).await == second.2 }).await;
    eventually(PATIENCE, || async {
        reqwest::get(format!("http://{http}/")).await.unwrap().text().await.unwrap() == "b"
    })
    .await;

    // One after the other by rename, as certbot's hooks and editors do.
    for (name, text) in [("tls.crt", &third.0), ("tls.key", &third.1)] {
        std::fs::write(dir.join("new"), text).unwrap();
        std::fs::rename(dir.join("new"), dir.join(name)).unwrap();
    }
    eventually(PATIENCE, || async { shown(https).await == third.2 }).await;
}

#[tokio::test]
async fn a_hang_up_signal_reloads_and_reopens_the_log() {
    let upstream = named("a").await;
    let http = free_port();
    let folder = tempfile::tempdir().unwrap();
    let (file, log) = (folder.path().join("lb.toml"), folder.path().join("access.log"));
    let text = config(&[("a", upstream.address())], "")
        .replace("http = \"127.0.0.1:0\"", &format!("http = \"{http}\""))
        .replace("enabled = false", "path = \"access.log\"");
    std::fs::write(&file, &text).unwrap();
    let process = Process::spawn(command(&file, &["run"]).into()).unwrap();
    process.wait_for_line("server is up", PATIENCE).await;
    reqwest::get(format!("http://{http}/first")).await.unwrap();
    eventually(PATIENCE, || async {
        std::fs::read_to_string(&log).is_ok_and(|text| text.contains("/first"))
    })
    .await;
    std::fs::rename(&log, folder.path().join("access.log.1")).unwrap();
    process.signal(Signal::SIGHUP).unwrap();
    process.wait_for_line("configuration in force", PATIENCE).await;
    reqwest::get(format!("http://{http}/second")).await.unwrap();
    let line = eventually(PATIENCE, || async {
        std::fs::read_to_string(&log).ok().filter(|text| text.contains("/second"))
    })
    .await;
    let line: serde_json::Value = serde_json::from_str(line.lines().next().unwrap()).unwrap();
    assert_eq!((&line["server"], &line["status"]), (&"a".into(), &200.into()));
    assert_eq!(line["attempts"][0]["server"], "a");
}

#[tokio::test]
async fn a_new_admin_token_counts_at_once_and_a_weak_one_never() {
    let admin = free_port();
    let text = config(&[], "wait_for_server = \"0s\"")
        .replace("admin = \"127.0.0.1:0\"", &format!("admin = \"{admin}\""));
    let (folder, file) = written(&text);
    let token = folder.path().join("token");
    let (old, new) = ("the old token, long enough", "the new token, long enough");
    std::fs::write(&token, old).unwrap();
    let mut run = command(&file, &["run"]);
    run.env("LB_ADMIN_TOKEN_FILE", &token);
    let process = Process::spawn(run.into()).unwrap();
    process.wait_for_line("listening", PATIENCE).await;
    let reload = async |token: &str| {
        let call = reqwest::Client::new().post(format!("http://{admin}/api/reload")).bearer_auth(token);
        call.send().await.unwrap().status().as_u16()
    };
    assert_eq!(reload(old).await, 200);
    std::fs::write(&token, "weak").unwrap();
    process.wait_for_line("the old one stays", PATIENCE).await;
    assert_eq!(reload(old).await, 200);
    std::fs::write(folder.path().join("next"), new).unwrap();
    std::fs::rename(folder.path().join("next"), &token).unwrap();
    process.wait_for_line("the new admin token counts", PATIENCE).await;
    assert_eq!((reload(new).await, reload(old).await), (200, 401));
}
