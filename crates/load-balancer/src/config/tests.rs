use std::{path::Path, time::Duration};

use super::*;
use crate::limit::RateLimit;
use crate::pool::{Algorithm, Timeouts};
use crate::retry::RetryPolicy;

const GOOD: &str = r#"
[[pools]]
name = "backend"
servers = [{ name = "backend-1", address = "backend-1:5000" }]
[[routes]]
path = "/"
pool = "backend"
"#;

fn problems(text: &str) -> Vec<String> {
    let problems = parse(Path::new("lb.toml"), text, true).expect_err(text);
    problems.iter().map(Problem::to_string).collect()
}

#[test]
fn little_needs_to_be_said() {
    let config = parse(Path::new("lb.toml"), GOOD, true).unwrap();
    assert_eq!(config.listen.http.to_string(), "0.0.0.0:8080");
    assert_eq!(config.listen.admin.to_string(), "127.0.0.1:8081");
    let pool = &config.pools[0];
    assert_eq!(pool.settings, PoolSettings { expected_instances: Some(1), ..PoolSettings::default() });
    assert_eq!((pool.servers[0].weight, pool.servers[0].address.as_str()), (1, "backend-1:5000"));
    assert!(config.access_log.enabled && config.access_log.path.is_none());
}

#[test]
fn instances_are_expected_as_listed_or_as_said_and_of_a_name_only_as_said() {
    let listed = r#"servers = [{ name = "a", address = "a:1" }, { name = "b", address = "b:1" }]"#;
    let discovered = r#"discover = { dns = "backend", port = 5000 }"#;
    for (lines, expected) in [
        (listed.to_owned(), Some(2)),
        (format!("{listed}\nexpected_instances = 0"), Some(0)),
        (format!("{listed}\n{discovered}"), None),
        (discovered.to_owned(), None),
        (format!("{discovered}\nexpected_instances = 3"), Some(3)),
    ] {
        let text = format!("[[pools]]\nname = \"p\"\n{lines}\n[[routes]]\npath = \"/\"\npool = \"p\"\n");
        let config = parse(Path::new("lb.toml"), &text, true).unwrap();
        assert_eq!(config.pools[0].settings.expected_instances, expected, "{lines}");
    }
    let text = GOOD.replace("[[routes]]", "expected_instances = -1\n[[routes]]");
    assert!(problems(&text)[0].contains("expected_instances"), "{:?}", problems(&text));
}

const ALL: &str = r#"
[listen]
http = "127.0.0.1:0"
admin = "0.0.0.0:8081"
trusted_proxies = ["172.16.0.0/12", "10.0.0.1"]
workers = 4
max_connections = 10_000
max_connections_per_address = 300
header_timeout = "5s"
keepalive_timeout = "1m"
drain_grace = "0s"
drain_timeout = "8s"
upgrade_timeout = "9s"
[[pools]]
name = "backend"
algorithm = "ip_hash"
keepalive = 8
servers = [{ name = "a", address = "[::1]:80", weight = 3, state = "drain" }]
health = { path = "/health", interval = "30s", timeout = "10s", retries = 3, start_period = "40s", down_interval = "1s" }
retry = { max_retries = 2, budget_percent = 10, assign_idempotency_key = true }
keepalive_timeout = "10s"
timeouts = { connect = "500ms", inquiry = "2s", first_byte = "5s", response_idle = "70s", request_idle = "15s", total = "20s" }
passive = { connect_failures = 2, failures = 5 }
wait_for_server = "1s"
replay_body_max = "16KiB"
max_body = "1MB"
[[routes]]
host = "*.example.com"
path = "/api"
pool = "backend"
timeouts = { connect = "1s", response_idle = "1h" }
rate_limit = { requests = 100, per = "1m", burst = 0x10, exempt = ["private", "203.0.113.7"] }
cache = { ttl = "5m", max_size = "100MB" }
[[routes]]
path = "/"
pool = "backend"
rate_limit = { requests = 5 }
cache = {}
[access_log]
enabled = false
format = "combined"
path = "logs/access.log"
"#;

#[test]
fn all_that_can_be_said_is_understood() {
    let config = parse(Path::new("/etc/lb/lb.toml"), ALL, false).unwrap();
    assert_eq!((config.listen.workers, config.listen.trusted_proxies.len()), (4, 2));
    let settings = &config.pools[0].settings;
    assert_eq!(settings.algorithm, Algorithm::IpHash);
    let timeouts = Timeouts {
        connect: Duration::from_millis(500),
        inquiry: Duration::from_secs(2),
        first_byte: Duration::from_secs(5),
        response_idle: Duration::from_secs(70),
        request_idle: Duration::from_secs(15),
        total: Duration::from_secs(20),
    };
    assert_eq!((settings.requests.timeouts, settings.keepalive_timeout), (timeouts, Duration::from_secs(10)));
    assert_eq!((settings.requests.replay_body_max, settings.requests.max_body), (16_384, Some(1_048_576)));
    assert_eq!((settings.requests.retry.max_retries, settings.passive.failures), (2, 5));
    assert_eq!((config.listen.max_connections, config.listen.max_connections_per_address), (10_000, 300));
    let [api, root] = &config.routes[..] else { panic!("two routes") };
    assert_eq!(api.name(), "*.example.com/api");
    let (connect, response_idle) = (Duration::from_secs(1), Duration::from_hours(1));
    assert_eq!(api.requests.timeouts, Timeouts { connect, response_idle, ..timeouts });
    assert_eq!((root.requests.timeouts, config.notes.len()), (timeouts, 0));
    let limit = RateLimit { requests: 100, per: Duration::from_mins(1), burst: 16 };
    let exempt = ["private", "203.0.113.7"].map(|text| text.parse().unwrap());
    let policy = LimitPolicy { limit, exempt: exempt.into() };
    assert_eq!((&api.rate_limit, api.cache.unwrap().max_size), (&Some(policy), 104_857_600));
    let limit = RateLimit { requests: 5, per: Duration::from_secs(1), burst: 5 };
    let policy = LimitPolicy { limit, exempt: Vec::new() };
    assert_eq!((&root.rate_limit, root.cache.unwrap().ttl), (&Some(policy), Duration::from_mins(5)));
    assert_eq!(config.access_log.path.as_deref(), Some(Path::new("/etc/lb/logs/access.log")));
}

/// The time limits of a pool and of its route, each with such `timeouts`, and the keys that are noted.
fn timeouts(pool: &str, route: &str) -> (Timeouts, Timeouts, Vec<String>) {
    let table = |text: &str| if text.is_empty() { String::new() } else { format!("timeouts = {text}\n") };
    let text = GOOD.replace("[[routes]]", &format!("{}[[routes]]", table(pool)));
    let text = format!("{text}{}", table(route));
    let config = parse(Path::new("lb.toml"), &text, true).expect(&text);
    let notes = config.notes.into_iter().map(|note| note.key).collect();
    (config.pools[0].settings.requests.timeouts, config.routes[0].requests.timeouts, notes)
}

#[test]
fn each_clock_has_a_default_and_may_be_said_by_pool_and_route() {
    let default = Timeouts::default();
    let Timeouts { connect, inquiry, first_byte, response_idle, request_idle, total } = default;
    let seconds = [connect, inquiry, first_byte, response_idle, request_idle, total];
    assert_eq!(seconds.map(|span| span.as_secs()), [1, 1, 10, 60, 30, 60]);
    let long = Duration::from_secs(40);
    let rows = [
        ("connect", Timeouts { connect: long, ..default }),
        ("inquiry", Timeouts { inquiry: long, ..default }),
        ("first_byte", Timeouts { first_byte: long, ..default }),
        ("response_idle", Timeouts { response_idle: long, ..default }),
        ("request_idle", Timeouts { request_idle: long, ..default }),
        ("total", Timeouts { total: long, ..default }),
    ];
    for (key, expected) in rows {
        let said = format!("{{ {key} = \"40s\" }}");
        assert_eq!(timeouts(&said, ""), (expected, expected, vec![]), "{key}");
        assert_eq!(timeouts("", &said), (default, expected, vec![]), "{key}");
        let other = format!("{{ {key} = \"50s\" }}");
        assert_eq!(timeouts(&other, &said).1, expected, "{key}: the route decides");
    }
}

#[test]
fn a_route_says_by_the_keys_of_its_pool_what_is_else_with_its_requests() {
    let inherited = RequestPolicy { max_body: Some(1024), ..RequestPolicy::default() };
    let kept = |retry| RequestPolicy { retry, ..inherited };
    let rows = [
        ("", inherited),
        ("max_body = \"5KB\"", RequestPolicy { max_body: Some(5120), ..inherited }),
        ("replay_body_max = \"1KiB\"", RequestPolicy { replay_body_max: 1024, ..inherited }),
        ("wait_for_server = \"9s\"", RequestPolicy { wait_for_server: Duration::from_secs(9), ..inherited }),
        ("retry = { max_retries = 1 }", kept(RetryPolicy { max_retries: 1, ..inherited.retry })),
        ("retry = { budget_percent = 5 }", kept(RetryPolicy { budget_percent: 5, ..inherited.retry })),
        (
            "retry = { assign_idempotency_key = true }",
            kept(RetryPolicy { assign_idempotency_key: true, ..inherited.retry }),
        ),
        (
            "timeouts = { total = \"90s\" }",
            RequestPolicy {
                timeouts: Timeouts { total: Duration::from_secs(90), ..inherited.timeouts },
                ..inherited
            },
        ),
    ];
    let pool = GOOD.replace("[[routes]]", "max_body = \"1KB\"\n[[routes]]");
    for (said, expected) in rows {
        let config = parse(Path::new("lb.toml"), &format!("{pool}{said}\n"), true).expect(said);
        assert_eq!(
            (config.pools[0].settings.requests, config.routes[0].requests),
            (inherited, expected),
            "{said}"
        );
    }
}

#[test]
fn of_first_byte_and_total_the_one_that_is_said_decides() {
    let spans = |timeouts: Timeouts| (timeouts.first_byte.as_secs(), timeouts.total.as_secs());
    for (pool, route, of_pool, of_route) in [
        ("{ total = \"5s\" }", "", (5, 5), (5, 5)),
        ("{ first_byte = \"2m\" }", "", (120, 120), (120, 120)),
        ("{ total = \"5s\" }", "{ first_byte = \"8s\" }", (5, 5), (8, 8)),
        ("{ first_byte = \"20s\" }", "{ total = \"5s\" }", (20, 60), (5, 5)),
    ] {
        let (pool_has, route_has, _) = timeouts(pool, route);
        assert_eq!((spans(pool_has), spans(route_has)), (of_pool, of_route), "{pool} {route}");
    }
}

#[test]
fn an_inquiry_comes_before_first_byte() {
    let own = "timeouts = { inquiry = \"3s\", first_byte = \"2s\" }";
    let found = problems(&format!("{GOOD}{own}"));
    assert_eq!(found, ["lb.toml:8: routes[0].timeouts.inquiry: is longer than first_byte, which is 2s"]);
    // Where only one of the two is said, the other one does not hinder it.
    assert_eq!(timeouts("{ inquiry = \"20s\" }", "").2, [""; 0]);
    assert_eq!(timeouts("{ first_byte = \"500ms\" }", "").2, [""; 0]);
}

#[test]
fn old_names_mean_what_they_meant() {
    let five = Duration::from_secs(5);
    let silence =
        Timeouts { first_byte: five, response_idle: five, request_idle: five, ..Timeouts::default() };
    let (per_try, idle) = ("pools[0].timeouts.per_try", "pools[0].timeouts.idle");
    assert_eq!(timeouts("{ per_try = \"5s\" }", ""), (silence, silence, vec![per_try.to_owned()]));
    let (both, _, notes) = timeouts("{ per_try = \"5s\", response_idle = \"1m\", idle = \"9s\" }", "");
    assert_eq!(both, Timeouts { response_idle: Duration::from_mins(1), ..silence });
    assert_eq!(notes, [per_try, idle]);
    let kept = |settings: &str| {
        let text = GOOD.replace("[[routes]]", &format!("{settings}\n[[routes]]"));
        parse(Path::new("lb.toml"), &text, true).expect(settings).pools[0]
            .settings
            .keepalive_timeout
            .as_secs()
    };
    assert_eq!((kept(""), kept("timeouts = { idle = \"9s\" }")), (30, 9));
    assert_eq!(kept("timeouts = { idle = \"9s\" }\nkeepalive_timeout = \"7s\""), 7);
}

#[test]
fn a_route_has_no_old_names() {
    let own = "timeouts = { per_try = \"5s\", first_byte = \"9s\", total = \"5s\" }";
    let found = problems(&format!("{GOOD}{own}"));
    let expected = [
        "lb.toml:8: routes[0].timeouts.per_try: unknown key; known here: first_byte, total",
        "lb.toml:8: routes[0].timeouts.first_byte: is longer than total, which is 5s",
    ];
    assert_eq!(found.len(), 2, "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}");
    }
}

const WRONG: &str = r#"[listen]
http = "everywhere"
admin = "0.0.0.0:8081"
https = "0.0.0.0:8443"
certificates = [{ cert = "none.crt", key = "none.key" }]
wrokers = 2

[[pools]]
name = "backend"
algorithm = "fastest"
keepalive = "32"
servers = [
  { name = "a", address = "backend" },
  { name = "b b", address = "b:1", weight = 0 },
  { name = "c", address = "c:1" },
  { name = "c", address = "c:2" },
]
retry = { max_retires = 3, budget_percent = -1 }
health = { path = "health", interval = 30 }
timeouts = { per_try = "1m", total = "10s" }

[[pools]]
name = "backend"

[[routes]]
path = "api"
pool = "back"
[[routes]]
pool = "backend"
rate_limit = { per = "0s", exempt = ["private", "office"] }
cache = { max_size = "1KB", ttl = "ten minutes" }

[acess_log]
"#;

#[test]
fn everything_wrong_is_told_at_once_with_its_place() {
    let expected = [
        "lb.toml:2: listen.http: \"everywhere\" cannot be used",
        "lb.toml:3: listen.admin: 0.0.0.0:8081 can be reached",
        "lb.toml:5: listen.certificates[0].cert: cannot read none.crt: No such file",
        "lb.toml:5: listen.certificates[0].key: cannot read none.key: No such file",
        "lb.toml:6: listen.wrokers: unknown key; did you mean \"workers\"?",
        "lb.toml:10: pools[0].algorithm: \"fastest\" cannot be used; write \"round_robin\"",
        "lb.toml:11: pools[0].keepalive: must be a number, not a string",
        "lb.toml:13: pools[0].servers[0].address: \"backend\" cannot be used; write a host and a port",
        "lb.toml:14: pools[0].servers[1].name: \"b b\" cannot be used",
        "lb.toml:14: pools[0].servers[1].weight: is 0, must be from 1 to 1000",
        "lb.toml:16: pools[0].servers[3].name: is the name of another server",
        "lb.toml:18: pools[0].retry.max_retires: unknown key; did you mean \"max_retries\"?",
        "lb.toml:18: pools[0].retry.budget_percent: is out of range",
        "lb.toml:19: pools[0].health.path: must begin with '/'",
        "lb.toml:19: pools[0].health.interval: must be a string, not a number; write a duration",
        "lb.toml:20: pools[0].timeouts.per_try: is longer than total, which is 10s",
        "lb.toml:22: pools[1].servers: is missing; list servers, or find them by \"discover\"",
        "lb.toml:23: pools[1].name: is the name of another pool",
        "lb.toml:26: routes[0].path: must begin with '/'",
        "lb.toml:27: routes[0].pool: there is no pool \"back\"; known: backend, backend",
        "lb.toml:28: routes[1].path: is missing",
        "lb.toml:30: routes[1].rate_limit.requests: is missing",
        "lb.toml:30: routes[1].rate_limit.per: is 0s, must be from 1ms to 1day",
        "lb.toml:30: routes[1].rate_limit.exempt[1]: \"office\" cannot be used; write a network or an address",
        "lb.toml:31: routes[1].cache.ttl: \"ten minutes\" cannot be used; write a duration",
        "lb.toml:33: acess_log: unknown key; did you mean \"access_log\"?",
    ];
    let found = problems(WRONG);
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "found    {found}\nexpected {expected}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

/// A pool that discovers its servers so.
fn discovering(discover: &str) -> String {
    GOOD.replace(
        "servers = [{ name = \"backend-1\", address = \"backend-1:5000\" }]",
        &format!("discover = {discover}"),
    )
}

#[test]
fn servers_may_be_discovered() {
    let rows = [
        ("{ dns = \"backend\", port = 5000 }", "backend", 5000, 1000, 1),
        ("{ dns = \"tasks.my_app\", port = 1, every = \"100ms\", weight = 7 }", "tasks.my_app", 1, 100, 7),
        (
            "{ dns = \"backend.ns.svc.cluster.local.\", port = 65535, every = \"1h\" }",
            "backend.ns.svc.cluster.local.",
            65535,
            3_600_000,
            1,
        ),
    ];
    for (text, dns, port, every, weight) in rows {
        let config = parse(Path::new("lb.toml"), &discovering(text), true).expect(text);
        let expected =
            DiscoverConfig { dns: dns.to_owned(), port, every: Duration::from_millis(every), weight };
        assert_eq!(
            (&config.pools[0].discover, config.pools[0].servers.len()),
            (&Some(expected), 0),
            "{text}"
        );
    }
    let both = GOOD.replace("servers", "discover = { dns = \"backend\", port = 5000 }\nservers");
    let config = parse(Path::new("lb.toml"), &both, true).unwrap();
    assert_eq!((config.pools[0].discover.is_some(), config.pools[0].servers.len()), (true, 1));
    let empty = GOOD.replace("{ name = \"backend-1\", address = \"backend-1:5000\" }", "");
    assert!(parse(Path::new("lb.toml"), &empty, true).is_ok(), "servers may be added later");
}

#[test]
fn what_cannot_be_discovered() {
    let rows: [(&str, &[&str]); 6] = [
        ("\"backend\"", &["discover: must be a table, not a string"]),
        (
            "{}",
            &[
                "discover.dns: is missing; write a host name",
                "discover.port: is missing; write a whole number",
            ],
        ),
        (
            "{ dns = \"backend:5000\", port = 0, every = \"99ms\", weight = 0 }",
            &[
                "discover.dns: \"backend:5000\" cannot be used; write a host name without a port",
                "discover.port: is 0, must be from 1 to 65535",
                "discover.every: is 99ms, must be from 100ms to 1h",
                "discover.weight: is 0, must be from 1 to 1000",
            ],
        ),
        (
            "{ dns = \"10.0.0.1\", port = 65536, every = \"2h\", wait = 1 }",
            &[
                "discover.dns: \"10.0.0.1\" cannot be used",
                "discover.port: is out of range; write a whole number",
                "discover.every: is 2h, must be from 100ms to 1h",
                "discover.wait: unknown key; known here: dns, port, every, weight",
            ],
        ),
        ("{ dns = \"::1\", port = 1 }", &["discover.dns: \"::1\" cannot be used"]),
        (
            "{ dns = \"two words\", port = \"5000\", evry = \"1s\" }",
            &[
                "discover.dns: \"two words\" cannot be used",
                "discover.port: must be a number, not a string",
                "discover.evry: unknown key; did you mean \"every\"?",
            ],
        ),
    ];
    for (text, expected) in rows {
        let found = problems(&discovering(text));
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        for (found, expected) in found.iter().zip(expected) {
            let expected = format!("lb.toml:4: pools[0].{expected}");
            assert!(found.starts_with(&expected), "found    {found}\nexpected {expected}");
        }
    }
}

#[test]
fn what_is_not_toml_is_told_with_its_line() {
    let found = problems("[listen]\nhttp = \"0.0.0.0:8080\nadmin = 1\n");
    assert!(found[0].starts_with("lb.toml:2: "), "{found:?}");
}

#[test]
fn an_empty_file_serves_no_one() {
    let found = problems("");
    assert!(found[0].contains("pools: is missing") && found[1].contains("routes: is missing"), "{found:?}");
}

#[test]
fn sections_of_the_wrong_kind() {
    let found = problems("listen = 1\npools = {}\nroutes = [1]\naccess_log = []\n");
    let expected = [
        "lb.toml:1: listen: must be a table, not a number",
        "lb.toml:2: pools: must be an array, not a table",
        "lb.toml:3: routes[0]: must be a table, not a number",
        "lb.toml:4: access_log: must be a table, not an array",
    ];
    assert_eq!(found, expected);
}

#[test]
fn tls_needs_both_halves() {
    let found = problems(&format!("[listen]\nhttps = \"0.0.0.0:8443\"\n{GOOD}"));
    assert!(found[0].starts_with("lb.toml:2: listen.https: needs \"certificates\""), "{found:?}");
    let found = problems(&format!("[listen]\ncertificates = []\n{GOOD}"));
    assert!(found[0].starts_with("lb.toml:2: listen.certificates: are of no use"), "{found:?}");
}
