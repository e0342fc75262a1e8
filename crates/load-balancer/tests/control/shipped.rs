//! The configurations that are shipped.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use load_balancer::internals::{
    config,
    limit::{Exempt, LimitPolicy, Limiter},
    trust::TrustedProxy,
};

use crate::harness::{Balancer, named};

/// The routes that guesses come to, and what a person of an office asks of each in a morning at most: a log-in is the
/// options for a passkey, a password mistyped and one that is right, and a second factor mistyped and one that is right;
/// a registration may be refused once for its password.
const GUARDED: [(&str, u32); 3] =
    [("/api/auth/login", 5), ("/api/auth/register", 2), ("/api/auth/password/forgot", 1)];
/// People behind one address.
const OFFICE: u32 = 200;
/// Log-ins also go to paths below the route's own.
const BELOW: [&str; 2] = ["/api/auth/login/second-factor", "/api/auth/login/passkey"];

/// Every configuration of a balancer below `deploy`, and the one that `local-cluster` writes.
fn shipped() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = Vec::new();
    let mut folders = vec![root.join("deploy")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name == "load-balancer.toml") {
                found.push(path);
            }
        }
    }
    found.push(root.join("crates/local-cluster/src/load-balancer.toml.in"));
    found.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

/// The text as it is where it runs, but for the certificate, which is made there.
fn filled(text: &str) -> String {
    text.replace("{traffic}", "127.0.0.1:8080")
        .replace("{admin}", "127.0.0.1:8081")
        .replace("{servers}", "")
        .replace("certificates = [{ cert = \"/etc/tls/site.crt\", key = \"/etc/tls/site.key\" }]", "")
        .replace("https = \"0.0.0.0:8443\"", "")
}

/// The limit that holds for a path.
fn limit(path: &Path, text: &str, target: &str) -> Option<LimitPolicy> {
    let config = config::parse(path, &filled(text), false).unwrap();
    let routes = config.routes.into_iter().filter(|route| target.starts_with(&route.path));
    routes.max_by_key(|route| route.path.len())?.rate_limit
}

/// How many of `asked` requests of one client, evenly within `time`, are let through.
fn admitted(policy: LimitPolicy, asked: u32, time: Duration) -> u32 {
    let (limiter, client, start) = (Limiter::new(policy), IpAddr::from([203, 0, 113, 7]), Instant::now());
    let at = |n: u32| start + time * n / asked;
    (0..asked).filter(|n| limiter.admit(client, at(*n)).is_ok()).count().try_into().unwrap()
}

#[test]
fn an_office_in_the_morning_is_let_in_and_who_guesses_is_not() {
    for (path, text) in shipped() {
        for (target, each) in GUARDED {
            let policy =
                limit(&path, &text, target).unwrap_or_else(|| panic!("{}: {target}", path.display()));
            for minutes in [0, 1, 10, 60] {
                let (asked, time) = (OFFICE * each, Duration::from_secs(minutes * 60));
                let let_in = admitted(policy.clone(), asked, time);
                assert_eq!(let_in, asked, "{} {target} in {minutes} min", path.display());
            }
            // Ten a second for an hour: of 36,000 guesses the burst and one a second, at most.
            let hour = admitted(policy, 36_000, Duration::from_hours(1));
            assert!(hour <= 1000 + 3600, "{} {target}: {hour}", path.display());
        }
        for target in BELOW {
            assert!(limit(&path, &text, target).is_some(), "{} {target}", path.display());
        }
        for target in ["/api/auth/refresh", "/api/auth/me", "/api/onboarding", "/api/static-data"] {
            assert_eq!(limit(&path, &text, target), None, "{} {target}", path.display());
        }
    }
}

/// Behind a gateway, a proxy or a load test all clients have the same address.
#[test]
fn private_addresses_are_not_counted() {
    for (path, text) in shipped() {
        for (target, _) in GUARDED {
            let exempt = limit(&path, &text, target).unwrap().exempt;
            assert_eq!(exempt, [Exempt::Private], "{} {target}", path.display());
        }
    }
}

#[tokio::test]
async fn who_floods_a_log_in_gets_a_429_with_its_fields_and_others_are_served() {
    let upstream = named("a").await;
    let (_, text) = shipped().pop().unwrap();
    let servers = format!("{{ name = \"a\", address = \"{}\" }},", upstream.address());
    let text = text
        .replace("{traffic}", "127.0.0.1:0")
        .replace("{admin}", "127.0.0.1:0")
        .replace("{servers}", &servers)
        .replace("{access_log}", "access.log");
    let balancer = Balancer::start(&text).await;
    balancer.until("a", "up").await;
    let client = reqwest::Client::new();
    let ask = async |path: &str, from: &str| {
        let request = client.post(format!("http://{}{path}", balancer.http));
        request.header("X-Forwarded-For", from).send().await.unwrap()
    };
    for (path, burst, policy) in [
        ("/api/auth/login", 1000, "\"client\";q=60;w=60"),
        ("/api/auth/register", 400, "\"client\";q=30;w=60"),
        ("/api/auth/password/forgot", 200, "\"client\";q=10;w=60"),
    ] {
        let mut answered = 0;
        let refused = loop {
            let answer = ask(path, "203.0.113.7").await;
            if answer.status() == 429 {
                break answer;
            }
            assert_eq!(answer.status(), 200, "{path}");
            answered += 1;
            assert!(answered < 2 * burst, "{path}: never refused");
        };
        assert!(answered >= burst, "{path}: {answered}");
        let field = |name: &str| refused.headers()[name].to_str().unwrap();
        let wait: u64 = field("retry-after").parse().unwrap();
        assert!((1..=6).contains(&wait), "{path}: {wait}");
        assert_eq!(
            (field("ratelimit-policy"), field("ratelimit")),
            (policy, &*format!("\"client\";r=0;t={wait}"))
        );
        assert_eq!(ask(path, "203.0.113.8").await.status(), 200, "{path}: of others");
        assert_eq!(ask("/api/onboarding", "203.0.113.7").await.status(), 200, "{path}: all else");
    }
    balancer.stop().await;
}

#[test]
fn each_is_good_and_trusts_the_page_server_alone() {
    let shipped = shipped();
    assert!(shipped.len() >= 6, "{shipped:?}");
    for (path, text) in shipped {
        let config = config::parse(&path, &filled(&text), false).unwrap_or_else(|problems| {
            panic!("{}", problems.iter().map(ToString::to_string).collect::<String>())
        });
        assert!(!config.listen.trusted_proxies.is_empty(), "{}", path.display());
        for proxy in config.listen.trusted_proxies {
            let one = match &proxy {
                TrustedProxy::Name(_) => true,
                TrustedProxy::Network(network) => network.prefix_len() == network.max_prefix_len(),
            };
            assert!(one, "{}: {proxy:?}", path.display());
        }
        let reached = !config.listen.admin.ip().is_loopback();
        assert_eq!(
            reached,
            !config.listen.admin_hosts.is_empty(),
            "{}: names of the admin interface",
            path.display()
        );
    }
}

/// The file that the page of settings shows, with every key; only its certificate is not there.
#[test]
fn the_file_of_the_documentation_is_good() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let page = std::fs::read_to_string(page).unwrap();
    let text = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let problems = config::parse(Path::new("lb.toml"), text, true).unwrap_err();
    let told: Vec<_> = problems.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(told, ["listen.certificates[0].cert", "listen.certificates[0].key"], "{problems:?}");
}
