//! Onboardings as instances of templates from a folder.

mod commands;
mod load;

use std::path::Path;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::harness::{Database, Instance, Person, Send as _};

pub(super) const EIGHT: &str = include_str!("../../../src/domain/onboarding/template/testdata/eight.toml");
pub(super) const EIGHT_V2: &str =
    include_str!("../../../src/domain/onboarding/template/testdata/eight.v2.toml");

/// A folder with templates.
pub(super) fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

pub(super) async fn instance(database: &Database, templates: &Path) -> Instance {
    Instance::start_with(database, &[("ONBOARDING_TEMPLATES_DIR", templates.to_str().unwrap())]).await
}

pub(super) fn put(instance: &Instance, person: &Person, key: &str, body: &Value) -> RequestBuilder {
    instance.put(&format!("/api/onboarding/steps/{key}"), body).bearer_auth(&person.access_token)
}

pub(super) fn show(instance: &Instance, person: &Person) -> RequestBuilder {
    instance.get("/api/onboarding").bearer_auth(&person.access_token)
}

pub(super) fn complete(instance: &Instance, person: &Person) -> RequestBuilder {
    instance.call(Method::POST, "/api/onboarding/complete").bearer_auth(&person.access_token)
}

fn step<'a>(state: &'a Value, key: &str) -> &'a Value {
    state["steps"].as_array().unwrap().iter().find(|step| step["key"] == key).unwrap()
}

fn completed(data: Value) -> Value {
    let mut body = json!({"status": "completed"});
    body["data"] = data;
    body
}

async fn done(instance: &Instance, person: &Person, key: &str, data: Value) -> Value {
    put(instance, person, key, &completed(data)).answer(StatusCode::OK).await.body
}

async fn errors(instance: &Instance, person: &Person, key: &str, data: Value) -> Value {
    let refused = put(instance, person, key, &completed(data)).problem(422, "validation_failed").await;
    refused.body["errors"].clone()
}

#[tokio::test]
async fn what_is_asked_comes_with_the_state() {
    let (database, templates) = (Database::new(), folder(&[("acme.toml", EIGHT)]));
    let instance = instance(&database, templates.path()).await;
    let person = instance.register().await;
    let begun = show(&instance, &person).answer(StatusCode::OK).await;
    assert_eq!(begun.header("etag"), "\"1\"");
    let template = &begun.body["template"];
    assert_eq!((&template["key"], &template["version"]), (&json!("acme"), &json!(1)));
    assert_eq!(template["languages"], json!(["en", "de"]));
    let keys: Vec<_> = template["steps"].as_array().unwrap().iter().map(|step| &step["key"]).collect();
    let expected = ["account", "profile", "work", "organization", "skills", "billing", "contact", "legal"];
    assert_eq!(keys, expected);
    let employer = &template["steps"][2]["fields"][1];
    let shown = json!({
        "key": "employer", "type": "text", "required": true, "min_length": 0, "max_length": 200,
        "multiline": false, "label": {"en": "Employer", "de": "Arbeitgeber"},
        "visible_when": {"field": "work.role", "not_in": ["freelancer"]},
    });
    assert_eq!(*employer, shown);
    assert_eq!(template["steps"][5]["applies_when"]["all"][1]["any"][1]["answered"], false);
    // Before a role is known, the organization and the bill are asked for nobody.
    assert_eq!(step(&begun.body, "organization")["applies"], false);
    assert_eq!(begun.body["progress"], 100 / 6);
}

/// An instance with the eight steps, and somebody who has just registered.
async fn begun_with_eight() -> (Instance, Person, Database) {
    let (database, templates) = (Database::new(), folder(&[("acme.toml", EIGHT)]));
    let instance = instance(&database, templates.path()).await;
    let person = instance.register().await;
    (instance, person, database)
}

#[tokio::test]
async fn steps_from_a_folder_are_validated() {
    let (instance, person, _database) = begun_with_eight().await;

    assert_eq!(
        errors(
            &instance,
            &person,
            "profile",
            json!({"nickname": "A", "country": "Atlantis", "born": "1899-12-31"})
        )
        .await,
        json!({
            "data.born": ["must not be before 1900-01-01"],
            "data.country": ["must be an ISO 3166-1 alpha-2 code like DE"],
            "data.nickname": ["must be at least 2 characters long"],
        })
    );
    assert_eq!(
        errors(&instance, &person, "profile", json!({"country": "FR"})).await,
        json!({"data.nickname": ["is required"]})
    );
    // What is wanting is wanting at the end only.
    put(&instance, &person, "profile", &json!({"status": "in_progress", "data": {"country": "FR"}}))
        .answer(StatusCode::OK)
        .await;
    let without = put(&instance, &person, "profile", &json!({"status": "completed"}));
    assert_eq!(
        without.problem(422, "validation_failed").await.body["errors"],
        json!({"data.nickname": ["is required"]})
    );
    done(&instance, &person, "profile", json!({"nickname": "Ada", "country": "DE", "own": 1})).await;

    assert_eq!(
        errors(&instance, &person, "work", json!({"role": "employee", "years": 81})).await,
        json!({"data.years": ["must be from 1 to 80"]})
    );
    assert_eq!(
        errors(&instance, &person, "work", json!({"role": "employee"})).await,
        json!({"data.employer": ["is required"]})
    );
    let freelancer = done(&instance, &person, "work", json!({"role": "freelancer", "years": 7})).await;
    assert_eq!(step(&freelancer, "organization")["applies"], false);
    assert_eq!(step(&freelancer, "billing")["applies"], true);
    let open = complete(&instance, &person).problem(409, "onboarding_incomplete").await;
    assert_eq!(open.body["open_steps"], json!(["billing", "legal"]));
}

#[tokio::test]
async fn steps_from_a_folder_are_walked() {
    let (instance, person, _database) = begun_with_eight().await;
    done(&instance, &person, "profile", json!({"nickname": "Ada", "country": "DE"})).await;
    let freelancer = done(&instance, &person, "work", json!({"role": "freelancer", "years": 7})).await;
    // Another answer, other steps; what was reached stays.
    let employed =
        done(&instance, &person, "work", json!({"role": "employee", "employer": "Analytical Engines"})).await;
    assert_eq!(step(&employed, "organization")["applies"], true);
    assert_eq!(step(&employed, "billing")["applies"], false);
    assert!(employed["progress"].as_u64() >= freelancer["progress"].as_u64());
    done(&instance, &person, "organization", json!({"size": "2-10"})).await;
    assert_eq!(
        errors(&instance, &person, "skills", json!({"tools": ["git", "vim", "sql"]})).await,
        json!({"data.tools": ["must have 1 to 2 values"]})
    );
    done(&instance, &person, "skills", json!({"tools": ["git", "sql"]})).await;
    put(&instance, &person, "contact", &json!({"status": "skipped"})).answer(StatusCode::OK).await;
    put(&instance, &person, "legal", &json!({"status": "skipped"})).problem(422, "validation_failed").await;
    assert_eq!(
        errors(&instance, &person, "legal", json!({"accepted": false})).await,
        json!({"data.accepted": ["must be accepted"]})
    );
    assert_eq!(
        errors(&instance, &person, "legal", json!({})).await,
        json!({"data.accepted": ["is required"]})
    );
    put(&instance, &person, "review", &json!({"status": "completed"})).problem(404, "unknown_step").await;
    done(&instance, &person, "legal", json!({"accepted": true})).await;
    let completed = complete(&instance, &person).answer(StatusCode::OK).await.body;
    assert_eq!((&completed["status"], &completed["progress"]), (&json!("completed"), &json!(100)));
}

#[tokio::test]
async fn a_new_version_moves_people_under_way_with_all_their_answers() {
    let (database, first) = (Database::new(), folder(&[("acme.toml", EIGHT)]));
    let before = instance(&database, first.path()).await;
    let (ada, bob, done_one) = (before.register().await, before.register().await, before.register().await);
    let saved = [
        ("profile", json!({"nickname": "Ada L.", "country": "DE", "born": "1815-12-10", "own": [1]})),
        ("work", json!({"role": "freelancer", "years": 7})),
        ("skills", json!({"tools": ["git"]})),
        ("contact", json!({"site": "https://ada.example", "calls": true})),
    ];
    // She was born before anybody whom this template knows.
    let refused = put(&before, &ada, "profile", &json!({"status": "completed", "data": saved[0].1}));
    refused.problem(422, "validation_failed").await;
    for (key, mut data) in saved {
        data.as_object_mut().unwrap().remove("born");
        done(&before, &ada, key, data.clone()).await;
        done(&before, &done_one, key, data).await;
    }
    done(&before, &done_one, "billing", json!({"mail": "ada@example.com"})).await;
    done(&before, &done_one, "legal", json!({"accepted": true})).await;
    let old = complete(&before, &done_one).answer(StatusCode::OK).await;
    let was = show(&before, &ada).answer(StatusCode::OK).await.body;

    let second = folder(&[("acme.v1.toml", EIGHT), ("acme.toml", EIGHT_V2)]);
    let after = instance(&database, second.path()).await;
    let moved = show(&after, &ada).answer(StatusCode::OK).await;
    assert_eq!(moved.header("etag"), format!("\"{}\"", was["version"].as_i64().unwrap() + 1));
    assert_eq!(moved.body["template"]["version"], 2);
    assert!(moved.body["progress"].as_u64() >= was["progress"].as_u64());
    let profile = json!({"call_name": "Ada L.", "country": "DE", "own": [1], "site": "https://ada.example"});
    assert_eq!(step(&moved.body, "profile")["data"], profile);
    assert_eq!(step(&moved.body, "job")["data"], json!({"role": "freelancer", "years": 7}));
    assert_eq!(step(&moved.body, "job")["status"], "completed");
    assert_eq!(step(&moved.body, "contact")["data"], json!({}));
    assert_eq!(step(&moved.body, "team")["status"], "not_started");
    let export =
        after.get("/api/account/export").bearer_auth(&ada.access_token).answer(StatusCode::OK).await.body;
    assert_eq!(export["set_aside"], json!({"skills": {"tools": ["git"]}, "acme.v1.contact.calls": true}));
    assert!(export["audit_log"].to_string().contains("acme.v1 to acme.v2"), "{export}");
    // Asked once more, nothing changes, and an instance of the version before serves it, too.
    for one in [&after, &before] {
        let again = show(one, &ada).answer(StatusCode::OK).await;
        assert_eq!((again.header("etag"), &again.body), (moved.header("etag"), &moved.body));
    }
    // A page that was loaded before still asks in the words of then.
    let late = done(&before, &ada, "work", json!({"role": "student", "employer": "RS", "years": 8})).await;
    assert_eq!(step(&late, "job")["data"], json!({"role": "student", "employer": "RS", "years": 8}));
    let late =
        done(&after, &ada, "profile", json!({"nickname": "Lady A.", "site": "https://x.example"})).await;
    assert_eq!(step(&late, "profile")["data"], json!({"call_name": "Lady A.", "site": "https://x.example"}));
    // What has come here from another step is not taken away by a page that does not know it.
    let late = done(&after, &ada, "profile", json!({"nickname": "Lady"})).await;
    assert_eq!(step(&late, "profile")["data"], json!({"call_name": "Lady", "site": "https://x.example"}));
    let cleared = done(&after, &ada, "profile", json!({"call_name": "Ada", "site": null})).await;
    assert_eq!(step(&cleared, "profile")["data"], json!({"call_name": "Ada", "site": null}));
    done(&after, &ada, "skills", json!({"tools": ["vim"]})).await;
    let late = done(&after, &ada, "contact", json!({"site": "https://late.example", "calls": false})).await;
    assert_eq!(step(&late, "profile")["data"]["site"], "https://late.example");
    let export =
        after.get("/api/account/export").bearer_auth(&ada.access_token).answer(StatusCode::OK).await.body;
    assert_eq!(export["set_aside"], json!({"skills": {"tools": ["vim"]}, "acme.v1.contact.calls": false}));
    put(&after, &ada, "nonsense", &json!({"status": "completed"})).problem(404, "unknown_step").await;

    // Who had answered nothing begins with the new version, who was done stays as they were.
    assert_eq!(show(&after, &bob).answer(StatusCode::OK).await.body["template"]["version"], 2);
    let still = show(&after, &done_one).answer(StatusCode::OK).await;
    assert_eq!((still.header("etag"), &still.body["template"]["version"]), (old.header("etag"), &json!(1)));
    assert_eq!(still.body["status"], "completed");
}

#[tokio::test]
async fn a_change_moves_whoever_makes_it_in_one_step() {
    let (database, first) = (Database::new(), folder(&[("acme.toml", EIGHT)]));
    let before = instance(&database, first.path()).await;
    let person = before.register().await;
    done(&before, &person, "profile", json!({"nickname": "Ada"})).await;
    let second = folder(&[("acme.v1.toml", EIGHT), ("acme.toml", EIGHT_V2)]);
    let after = instance(&database, second.path()).await;
    // The page knows the version of before the move, and repeats itself with its key.
    let change = || {
        let body = json!({"status": "completed", "data": {"role": "freelancer"}});
        put(&after, &person, "work", &body).header("if-match", "\"2\"").header("idempotency-key", "once")
    };
    let changed = change().answer(StatusCode::OK).await;
    assert_eq!((changed.header("etag"), &changed.body["template"]["version"]), ("\"3\"", &json!(2)));
    assert_eq!(step(&changed.body, "profile")["data"], json!({"call_name": "Ada"}));
    assert_eq!(change().answer(StatusCode::OK).await.text, changed.text);

    // Whoever is done by what they were asked completes that.
    let other = before.register().await;
    for (key, data) in [
        ("profile", json!({"nickname": "Bob"})),
        ("work", json!({"role": "freelancer"})),
        ("billing", json!({"mail": "bob@example.com"})),
        ("legal", json!({"accepted": true})),
    ] {
        done(&before, &other, key, data).await;
    }
    let completed = complete(&after, &other).answer(StatusCode::OK).await.body;
    assert_eq!((&completed["status"], &completed["template"]["version"]), (&json!("completed"), &json!(1)));
}

#[tokio::test]
async fn people_stay_on_their_version_where_the_next_one_keeps_them() {
    let (database, first) = (Database::new(), folder(&[("acme.toml", EIGHT)]));
    let before = instance(&database, first.path()).await;
    let (begun, untouched) = (before.register().await, before.register().await);
    let was = done(&before, &begun, "profile", json!({"nickname": "Ada"})).await;
    // The folder has version 2 alone: the text of version 1 is in the database.
    let keeping = EIGHT_V2.replace("migrate   = \"move\"", "migrate = \"keep\"");
    let second = folder(&[("acme.toml", &keeping)]);
    let after = instance(&database, second.path()).await;
    let still = show(&after, &begun).answer(StatusCode::OK).await.body;
    assert_eq!((&still["template"]["version"], &still["version"]), (&json!(1), &was["version"]));
    assert_eq!(still["template"]["steps"].as_array().unwrap().len(), 8);
    done(&after, &begun, "work", json!({"role": "freelancer"})).await;
    assert_eq!(show(&after, &untouched).answer(StatusCode::OK).await.body["template"]["version"], 2);
    assert_eq!(
        show(&after, &after.register().await).answer(StatusCode::OK).await.body["template"]["version"],
        2
    );
}

#[tokio::test]
async fn what_an_earlier_version_of_the_program_made_is_the_built_in_onboarding() {
    let database = Database::new();
    let built_in = Instance::start(&database).await;
    let (begun, untouched) = (built_in.register().await, built_in.register().await);
    done(&built_in, &begun, "profile", json!({"job_title": "Engineer"})).await;
    database.execute("UPDATE onboarding SET template = NULL, template_version = NULL");
    let templates = folder(&[("acme.toml", EIGHT)]);
    let instance = instance(&database, templates.path()).await;
    let state = show(&instance, &begun).answer(StatusCode::OK).await.body;
    assert_eq!((&state["template"]["key"], &state["template"]["version"]), (&json!("default"), &json!(1)));
    assert_eq!(step(&state, "profile")["data"], json!({"job_title": "Engineer"}));
    let adopted = show(&instance, &untouched).answer(StatusCode::OK).await.body;
    assert_eq!((&adopted["template"]["key"], &adopted["version"]), (&json!("acme"), &json!(2)));
}
