//! What requests bear of secrets is in no log and in no view of them.

use std::os::unix::fs::PermissionsExt as _;

use reqwest::Method;
use testkit::eventually;

use crate::{
    harness::{Balancer, HEALTH, PATIENCE, config, named},
    revalidation::{BOTH, get},
};

const TARGET: &str = "/a?x=1&Token=SECRET&%63ode=SECRET&user[password]=SECRET;api_key=SECRET&lang=de";
const REFERER: &str = "https://a.test/reset?token=SECRET&x=2";

#[tokio::test]
async fn a_query_is_logged_without_them_in_every_format_over_every_protocol() {
    let upstream = named("a").await;
    for format in ["json", "combined"] {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("access.log");
        let access_log = format!("path = \"{}\"\nformat = \"{format}\"", log.display());
        let text = config(&[("a", upstream.address())], HEALTH).replace("enabled = false", &access_log);
        let balancer = Balancer::start(&text).await;
        balancer.until("a", "up").await;
        for protocol in BOTH {
            let fields = [("Referer", REFERER)];
            let answer = get(&balancer, protocol, TARGET, &fields).await;
            assert_eq!(answer.status, 200);
            // Health checks may have come since.
            let seen = upstream.seen().into_iter().rev().find(|seen| seen.target != "/health");
            assert_eq!(seen.unwrap().target, TARGET, "the server gets it as it is");
            let id = answer.header("x-request-id").unwrap().to_owned();
            let (status, found) = balancer.call(Method::GET, &format!("/api/requests/{id}"), None).await;
            assert_eq!((status, &found["path"]), (200, &"/a".into()), "{found}");
            assert!(!found.to_string().contains("SECRET"), "{found}");
        }
        balancer.stop().await;
        let written = || async {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            if text.lines().count() == BOTH.len() { Ok(text) } else { Err(text) }
        };
        let lines = eventually(PATIENCE, written).await;
        for line in lines.lines() {
            assert!(!line.contains("SECRET"), "{line}");
            let hidden = "x=1&Token=***&%63ode=***&user[password]=***;api_key=***&lang=de";
            assert!(line.contains(hidden) && line.contains("token=***&x=2"), "{line}");
        }
        assert_eq!(log.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
