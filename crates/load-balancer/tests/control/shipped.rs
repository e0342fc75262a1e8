//! The configurations that are shipped.

use std::path::{Path, PathBuf};

use load_balancer::internals::{config, trust::TrustedProxy};

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

#[test]
fn each_is_good_and_trusts_the_page_server_alone() {
    let shipped = shipped();
    assert!(shipped.len() >= 6, "{shipped:?}");
    for (path, text) in shipped {
        let text = text
            .replace("{traffic}", "127.0.0.1:8080")
            .replace("{admin}", "127.0.0.1:8081")
            .replace("{servers}", "")
            // A certificate is made where it is used.
            .replace("certificates = [{ cert = \"/etc/tls/site.crt\", key = \"/etc/tls/site.key\" }]", "")
            .replace("https = \"0.0.0.0:8443\"", "");
        let config = config::parse(&path, &text, false).unwrap_or_else(|problems| {
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
