//! Operators, reloads, and servers that are listed as well.

use reqwest::Method;
use serde_json::json;

use super::{Instances, Reply, SELDOM, Scripted, discovered, ip};
use crate::harness::Balancer;

const SERVERS: &str = "/api/pools/backend/servers";

#[tokio::test]
async fn an_operators_word_holds_as_long_as_the_address_stays() {
    let (instances, resolver, balancer) = discovered(3, SELDOM).await;
    let change = json!({ "state": "drain", "weight": 7 });
    let (status, server) = balancer.call(Method::PUT, &format!("{SERVERS}/backend-2"), Some(change)).await;
    assert_eq!((status, &server["state"], &server["weight"]), (200, &"drain".into(), &7.into()));
    let by_address = format!("{SERVERS}/{}", instances.address(3));
    let (status, server) = balancer.call(Method::PUT, &by_address, Some(json!({ "weight": 3 }))).await;
    assert_eq!((status, &server["name"], &server["weight"]), (200, &"backend-3".into(), &3.into()));
    assert_eq!(balancer.call(Method::DELETE, &format!("{SERVERS}/backend-3"), None).await.0, 204);
    balancer.has(&[("backend-1", "up"), ("backend-2", "drain")]).await;
    // A moment's absence changes nothing of it.
    resolver.say(&[ip(1)]);
    balancer.has(&[("backend-1", "up"), ("backend-2", "leaving")]).await;
    resolver.say(&[ip(1), ip(2), ip(3)]);
    balancer.has(&[("backend-1", "up"), ("backend-2", "drain")]).await;
    assert_eq!(balancer.served_by(4).await, ["backend-1"]);
    let named_alike = json!({ "address": "127.0.0.1:1" });
    let (status, problem) =
        balancer.call(Method::POST, &format!("{SERVERS}/backend-1"), Some(named_alike)).await;
    assert_eq!((status, &problem["code"]), (409, &"server_exists".into()));
    assert_eq!(balancer.call(Method::DELETE, &format!("{SERVERS}/backend-3"), None).await.0, 404);
    // A reload brings back what was removed, as it does with servers of the file; a drain stays.
    assert_eq!(balancer.call(Method::POST, "/api/reload", None).await.0, 200);
    balancer.has(&[("backend-1", "up"), ("backend-2", "drain"), ("backend-3", "up")]).await;
    assert_eq!(balancer.server("backend-2").await.unwrap()["weight"], 1);
    balancer.stop().await;
}

#[tokio::test]
async fn a_reload_keeps_discovered_servers_and_their_state() {
    let (instances, resolver, balancer) = discovered(2, SELDOM).await;
    balancer.served_by(4).await;
    let before = balancer.server("backend-1").await.unwrap();
    // Another name, which nobody knows yet, another share: what is known holds.
    let text = instances.config(SELDOM).replace("dns = \"backend\"", "dns = \"tasks.backend\", weight = 5");
    std::fs::write(&balancer.file, &text).unwrap();
    assert_eq!(balancer.call(Method::POST, "/api/reload", None).await.0, 200);
    let after = balancer.server("backend-1").await.unwrap();
    assert_eq!((&after["state"], &after["weight"]), (&"up".into(), &5.into()));
    assert_eq!(after["checks_total"], before["checks_total"]);
    resolver.asked().await;
    balancer.has(&[("backend-1", "up"), ("backend-2", "up")]).await;
    resolver.reply("tasks.backend", Reply::Addresses(vec![ip(1)]));
    balancer.has(&[("backend-1", "up"), ("backend-2", "leaving")]).await;
    // Without discovery they are gone.
    std::fs::write(&balancer.file, crate::harness::config(&[("a", instances.address(1))], SELDOM)).unwrap();
    assert_eq!(balancer.call(Method::POST, "/api/reload", None).await.0, 200);
    balancer.has(&[("a", "up")]).await;
    balancer.stop().await;
}

#[tokio::test]
async fn a_server_that_is_listed_is_not_doubled() {
    let instances = Instances::start(3).await;
    let resolver = Scripted::knows(&[ip(1), ip(2), ip(3)]);
    resolver.reply("backend-1", Reply::Addresses(vec![ip(1)]));
    let listed = [("by-name", instances.address(1)), ("by-address", instances.address(2))];
    let by_name = format!("\"backend-1:{}\"", instances.port);
    let text =
        instances.config_beside(&listed, SELDOM).replace(&format!("\"{}\"", instances.address(1)), &by_name);
    let balancer = Balancer::with_resolver(&text, resolver.clone()).await;
    balancer.has(&[("by-name", "up"), ("by-address", "up"), ("backend-3", "up")]).await;
    let sources = balancer.servers().await;
    assert_eq!(
        (&sources["by-name"]["source"], &sources["backend-3"]["source"]),
        (&"file".into(), &"dns".into())
    );
    assert_eq!(balancer.served_by(6).await, ["backend-3", "by-address", "by-name"]);
    // One that is added by hand takes the place of the one that was found; taken away, that one is back.
    let added = json!({ "address": instances.address(3).to_string() });
    assert_eq!(balancer.call(Method::POST, &format!("{SERVERS}/by-hand"), Some(added)).await.0, 201);
    balancer.has(&[("by-name", "up"), ("by-address", "up"), ("by-hand", "up")]).await;
    assert_eq!(balancer.server("by-hand").await.unwrap()["source"], "admin");
    assert_eq!(balancer.call(Method::DELETE, &format!("{SERVERS}/by-hand"), None).await.0, 204);
    balancer.has(&[("by-name", "up"), ("by-address", "up"), ("backend-3", "up")]).await;
    balancer.stop().await;
}
