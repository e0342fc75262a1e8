//! A balancer with TLS, in front of a server that answers early or late.

use crate::harness::{Balancer, HEALTH, config};
use std::net::SocketAddr;
use std::path::PathBuf;
use testkit::{Answer, Script, Step, Upstream};

/// A site, as clients find it.
pub(super) struct Site {
    pub(super) balancer: Balancer,
    pub(super) https: SocketAddr,
    /// The certificate to trust.
    pub(super) certificate: PathBuf,
    _upstream: Upstream,
    _folder: tempfile::TempDir,
}

/// What the server does with each path.
fn script() -> Script {
    Script::by(|seen| match seen.target.as_str() {
        // The server has answered and hung up while the client is still sending.
        "/early" => Script::early(Answer::new(401, "who are you?").header("Connection", "close")),
        "/continue" if seen.header("Expect").is_some() => Script::continued(Answer::ok("done")),
        "/hints" => Script::steps([
            Step::Write(b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n".to_vec()),
            Step::Write(b"HTTP/1.1 103 Early Hints\r\nLink: </b.js>; rel=preload\r\n\r\n".to_vec()),
            Step::Answer(Answer::ok("page")),
        ]),
        _ => Script::answer(Answer::ok("done")),
    })
}

impl Site {
    pub(super) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let (certificate, key) = (folder.path().join("site.crt"), folder.path().join("site.key"));
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let upstream = Upstream::start(script()).await;
        let text = text(
            &upstream,
            &format!("{{ cert = \"{}\", key = \"{}\" }}", certificate.display(), key.display()),
        );
        let balancer = Balancer::start(&text).await;
        balancer.until("a", "up").await;
        assert_eq!(balancer.get("/limited").await.status(), 200, "the only one for an hour");
        let https = balancer.https.unwrap();
        Self { balancer, https, certificate, _upstream: upstream, _folder: folder }
    }

    pub(super) async fn stop(self) {
        self.balancer.stop().await;
    }
}

fn text(upstream: &Upstream, certificate: &str) -> String {
    let address = upstream.address();
    let small = format!(
        "[[pools]]\nname = \"small\"\nservers = [{{ name = \"b\", address = \"{address}\" }}]\nmax_body = \"1KB\"\n{HEALTH}\n"
    );
    let routes = "[[routes]]\npath = \"/continue\"\npool = \"backend\"\n\
                  [[routes]]\npath = \"/early\"\npool = \"backend\"\n\
                  [[routes]]\npath = \"/hints\"\npool = \"backend\"\n\
                  [[routes]]\npath = \"/small\"\npool = \"small\"\n\
                  [[routes]]\npath = \"/limited\"\npool = \"backend\"\n\
                  rate_limit = { requests = 1, per = \"1h\", burst = 1 }\n";
    config(&[("a", address)], HEALTH)
        .replace(
            "workers = 2",
            &format!("workers = 2\nhttps = \"127.0.0.1:0\"\ncertificates = [{certificate}]"),
        )
        .replace(crate::harness::ROUTES, &format!("{small}{routes}"))
}
