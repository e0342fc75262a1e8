//! The page's files are served as nginx serves them.

use std::collections::BTreeMap;
use std::fs;

use tempfile::TempDir;

use crate::cluster::TestCluster;

const NGINX: &str = include_str!("../../../../nginx/frontend.conf");

#[tokio::test]
async fn files_are_compressed_hashed_ones_stay_missing_ones_are_404_and_headers_are_those_of_nginx() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("assets")).unwrap();
    for (name, content) in [
        ("index.html", "<!doctype html><title>the page</title>"),
        ("index.html.br", "brotli of the page"),
        ("assets/app-abc123.js", "console.log('the page')"),
        ("assets/app-abc123.js.br", "brotli"),
        ("assets/app-abc123.js.gz", "gzip"),
    ] {
        fs::write(folder.path().join(name), content).unwrap();
    }
    let arguments = ["--instances", "1", "--frontend-dir", folder.path().to_str().unwrap()];
    let cluster = TestCluster::ready_with(&arguments).await;
    let base = cluster.manifest().frontend;
    let client = reqwest::Client::builder().build().unwrap();
    let get = |path: &str, coding: &str| {
        client.get(format!("{base}{path}")).header("accept-encoding", coding).send()
    };

    for (coding, expected) in [("br, gzip", Some("br")), ("gzip", Some("gzip")), ("identity", None)] {
        let answer = get("/assets/app-abc123.js", coding).await.unwrap();
        let said = answer.headers().get("content-encoding").map(|coding| coding.to_str().unwrap().to_owned());
        assert_eq!(said.as_deref(), expected);
        assert_eq!(answer.headers()["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(answer.headers()["content-type"], "text/javascript");
    }
    let missing = get("/assets/gone-abc123.js", "br").await.unwrap();
    assert_eq!(missing.status(), 404);
    assert!(missing.headers().get("cache-control").is_none(), "an error is not kept for a year");
    for path in ["/", "/log-in", "/onboarding/profile", "/index.html"] {
        let answer = get(path, "identity").await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let said: BTreeMap<String, String> = nginx_headers()
            .into_keys()
            .filter_map(|name| Some((name.clone(), answer.headers().get(&name)?.to_str().ok()?.to_owned())))
            .collect();
        assert_eq!(said, nginx_headers(), "{path}");
        assert!(answer.text().await.unwrap().contains("the page"), "{path}");
    }
    assert_eq!(get("/log-in", "br").await.unwrap().headers()["content-encoding"], "br");
}

/// What nginx adds to the page, by plain HTTP and without traces; read in another way than `local-cluster` does.
fn nginx_headers() -> BTreeMap<String, String> {
    let location = NGINX.split("location / {").nth(1).unwrap().split('}').next().unwrap();
    let policy = NGINX.split("set $csp \"").nth(1).unwrap().split('"').next().unwrap();
    let headers = location.split(';').filter_map(|line| line.trim().strip_prefix("add_header "));
    let pairs = headers.filter_map(|line| line.split_once(' '));
    let pairs = pairs.filter(|(_, value)| !value.starts_with('$') || *value == "$csp");
    pairs
        .map(|(name, value)| {
            let value = if value == "$csp" { policy } else { value.trim_matches('"') };
            (name.to_lowercase(), value.to_owned())
        })
        .collect()
}
