use std::path::Path;

use serde_json::json;

use super::*;
use crate::config;

fn desired(servers: &str) -> Desired {
    let text =
        format!("[[pools]]\nname = \"p\"\nservers = [{servers}]\n[[routes]]\npath = \"/\"\npool = \"p\"\n");
    Desired::new(config::parse(Path::new("lb.toml"), &text, true).unwrap())
}

/// The servers of the pool: name, weight and wish.
fn servers(desired: &Desired) -> Vec<(&str, u32, Option<AdminState>)> {
    let servers = desired.config.pools[0].servers.iter();
    servers.map(|server| (server.name.as_str(), server.weight, server.state)).collect()
}

fn carried(wish: &Value) -> Carried {
    let mut whole =
        json!({ "weight": null, "state": null, "removed": false, "file_weight": 1, "file_state": null });
    whole.as_object_mut().unwrap().extend(wish.as_object().unwrap().clone());
    Carried::read(json!({ "wishes": [["p", "a", whole]] })).unwrap()
}

const A: &str = "{ name = \"a\", address = \"127.0.0.1:1\" }";

#[test]
fn weights_drains_and_removals_hold_as_long_as_the_file_says_the_same() {
    let heavy = "{ name = \"a\", address = \"127.0.0.1:1\", weight = 5 }";
    let down = "{ name = \"a\", address = \"127.0.0.1:1\", state = \"down\" }";
    let (drain, is_down) = (Some(AdminState::Drain), Some(AdminState::Down));
    for (file, wish, expected) in [
        (A, json!({ "weight": 7 }), vec![("a", 7, None)]),
        (heavy, json!({ "weight": 7 }), vec![("a", 5, None)]),
        (A, json!({ "state": "drain" }), vec![("a", 1, drain)]),
        (down, json!({ "state": "drain" }), vec![("a", 1, is_down)]),
        (heavy, json!({ "weight": 7, "state": "drain" }), vec![("a", 5, drain)]),
        (A, json!({ "removed": true }), vec![]),
    ] {
        let mut desired = desired(file);
        carried(&wish).apply(&mut desired);
        assert_eq!(servers(&desired), expected, "{file} {wish}");
        assert_eq!(desired.wishes.len(), 1, "the process after this one is told, too");
    }
}

#[test]
fn added_servers_come_back_unless_the_file_has_them_or_their_pool_is_gone() {
    let added = |pool, name| json!({ "pool": pool, "name": name, "address": "127.0.0.1:9", "weight": 3, "state": "drain" });
    let carried = json!({ "added": [added("p", "a"), added("p", "b"), added("q", "c")] });
    let mut desired = desired(A);
    Carried::read(carried).unwrap().apply(&mut desired);
    assert_eq!(servers(&desired), [("a", 1, None), ("b", 3, Some(AdminState::Drain))]);
    let names: Vec<_> = desired.added.iter().map(|(_, server)| server.name.as_str()).collect();
    assert_eq!(names, ["b"]);
}

#[test]
fn what_another_version_tells_is_read_as_far_as_it_is_known() {
    assert_eq!(Carried::read(json!({ "rollouts": [] })).unwrap(), Carried::default());
    assert!(Carried::read(json!({ "added": 1 })).is_err());
}
