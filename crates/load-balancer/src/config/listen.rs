//! Reads `[listen]`.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use service_kit::toml_file::Section;

use super::{
    Certificate, Listen, beside,
    values::{DAY, HostPattern, Span},
};
use crate::route::HostMatch;

const MILLISECOND: Duration = Duration::from_millis(1);
const MOST_WORKERS: usize = 256;
const MOST_CONNECTIONS: usize = 1_000_000;

fn defaults() -> Listen {
    Listen {
        http: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 8080)),
        https: None,
        certificates: Vec::new(),
        admin: SocketAddr::from((Ipv4Addr::LOCALHOST, 8081)),
        trusted_proxies: Vec::new(),
        admin_hosts: Vec::new(),
        workers: std::thread::available_parallelism().map_or(1, usize::from).min(MOST_WORKERS),
        max_connections: 10_000,
        max_connections_per_address: 10_000 / 4,
        header_timeout: Duration::from_secs(10),
        keepalive_timeout: Duration::from_secs(75),
        drain_grace: Duration::from_secs(2),
        drain_timeout: Duration::from_secs(30),
        upgrade_timeout: Duration::from_secs(30),
    }
}

pub(super) fn read(root: &Section<'_>, admin_is_open: bool) -> Listen {
    let mut listen = defaults();
    if let Some(section) = root.section("listen") {
        sockets(&section, &mut listen);
        limits(&section, &mut listen);
        check(&section, &listen, admin_is_open);
        section.unknown();
    }
    listen
}

fn sockets(section: &Section<'_>, listen: &mut Listen) {
    listen.http = section.or("http", listen.http);
    listen.admin = section.or("admin", listen.admin);
    listen.https = section.optional("https");
    listen.trusted_proxies = section.list("trusted_proxies");
    let hosts: Vec<HostPattern> = section.list("admin_hosts");
    listen.admin_hosts = hosts.iter().map(|host| HostMatch::parse(&host.0)).collect();
    listen.certificates = section.sections("certificates").iter().filter_map(certificate).collect();
}

fn limits(section: &Section<'_>, listen: &mut Listen) {
    listen.workers = section.within("workers", 1..=MOST_WORKERS, listen.workers);
    listen.max_connections = section.within("max_connections", 1..=MOST_CONNECTIONS, listen.max_connections);
    let quarter = (listen.max_connections / 4).max(1);
    listen.max_connections_per_address =
        section.within("max_connections_per_address", 1..=MOST_CONNECTIONS, quarter);
    let span = |key, least, default| section.within(key, Span(least)..=DAY, Span(default)).0;
    listen.header_timeout = span("header_timeout", MILLISECOND, listen.header_timeout);
    listen.keepalive_timeout = span("keepalive_timeout", MILLISECOND, listen.keepalive_timeout);
    listen.drain_grace = span("drain_grace", Duration::ZERO, listen.drain_grace);
    listen.drain_timeout = span("drain_timeout", Duration::ZERO, listen.drain_timeout);
    listen.upgrade_timeout = span("upgrade_timeout", MILLISECOND, listen.upgrade_timeout);
}

fn certificate(section: &Section<'_>) -> Option<Certificate> {
    let file = |key| {
        let path = beside(section.file(), &section.required::<String>(key)?);
        if let Err(error) = std::fs::File::open(&path) {
            section.reject(key, format!("cannot read {}: {error}", path.display()));
            return None;
        }
        Some(path)
    };
    let (cert, key) = (file("cert"), file("key"));
    section.unknown();
    Some(Certificate { cert: cert?, key: key? })
}

fn check(section: &Section<'_>, listen: &Listen, admin_is_open: bool) {
    if admin_is_open && !listen.admin.ip().is_loopback() {
        section.reject(
            "admin",
            format!(
                "{} can be reached from other machines and anyone could change the servers: set LB_ADMIN_TOKEN \
                 (or LB_ADMIN_TOKEN_FILE), or listen on a loopback address such as \"127.0.0.1:{}\"",
                listen.admin,
                listen.admin.port()
            ),
        );
    }
    if listen.https.is_some() && !section.has("certificates") {
        section.reject(
            "https",
            "needs \"certificates\", such as [ { cert = \"site.crt\", key = \"site.key\" } ]",
        );
    }
    if listen.https.is_none() && !section.has("https") && section.has("certificates") {
        section.reject("certificates", "are of no use without \"https\"");
    }
    for (key, address) in [("admin", Some(listen.admin)), ("https", listen.https)] {
        if address == Some(listen.http) && listen.http.port() != 0 {
            section.reject(key, "is the same address as listen.http");
        }
    }
}
