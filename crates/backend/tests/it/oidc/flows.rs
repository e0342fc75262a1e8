//! A flow is finished once, in time, and by the browser that began it, on any instance.

use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::json;

use super::super::api::harness::{Database, Instance, Send as _};
use super::{Begun, Lie, Provider, Stage, Visitor, instance};

#[tokio::test]
async fn a_state_used_twice_is_refused_also_at_two_instances_at_once() {
    let (database, provider) = (Database::new(), Provider::start().await);
    let other = Provider::start().await;
    let instances =
        [instance(&database, &provider, &other).await, instance(&database, &provider, &other).await];
    // A provider that does not mind either.
    provider.let_codes_last();
    let begun = Begun::of(&instances[0].post("/api/auth/oidc/fake/start", &json!({})).done().await);
    let (state, code) = provider.log_in(&begun.url, &Visitor::new(), Lie::None);
    let tries = (0..8).map(|number| begun.finish(&instances[number % 2], "fake", &state, &code).done());
    let answers = join_all(tries).await;
    let count = |status: u16| answers.iter().filter(|answer| answer.status.as_u16() == status).count();
    assert_eq!((count(201), count(410)), (1, 7), "{answers:?}");
    assert_eq!((database.count("users"), database.count("sessions")), (1, 1));
    begun.finish(&instances[1], "fake", &state, &code).problem(410, "oidc_flow_used").await;
}

#[tokio::test]
async fn one_instance_finishes_what_another_began_and_a_key_gives_the_same_answer_again() {
    let (database, provider) = (Database::new(), Provider::start().await);
    let other = Provider::start().await;
    let instances =
        [instance(&database, &provider, &other).await, instance(&database, &provider, &other).await];
    let begun = Begun::of(&instances[0].post("/api/auth/oidc/fake/start", &json!({})).done().await);
    let (state, code) = provider.log_in(&begun.url, &Visitor::new(), Lie::None);
    let keyed =
        |instance: &Instance| begun.finish(instance, "fake", &state, &code).header("idempotency-key", "back");
    let first = keyed(&instances[1]).answer(StatusCode::CREATED).await;
    let again = keyed(&instances[0]).answer(StatusCode::CREATED).await;
    assert_eq!((first.text, first.body["user"]["id"].is_string()), (again.text, true));
    assert_eq!(database.count("sessions"), 1);
}

#[tokio::test]
async fn a_flow_belongs_to_its_browser_its_provider_and_its_purpose() {
    let stage = Stage::set().await;
    let (mine, theirs) = (stage.start("fake").await, stage.start("fake").await);
    let (state, code) = stage.provider.log_in(&mine.url, &Visitor::new(), Lie::None);
    let body = json!({"state": state, "code": code});
    let post = |path: &str| stage.instance.post(path, &body);
    let callback = "/api/auth/oidc/fake/callback";
    post(callback).problem(403, "oidc_flow_foreign").await;
    post(callback).header("cookie", &theirs.cookie).problem(403, "oidc_flow_foreign").await;
    let forged = format!("{}=x", mine.cookie.split('=').next().unwrap());
    post(callback).header("cookie", forged).problem(403, "oidc_flow_foreign").await;
    let other = post("/api/auth/oidc/doubtful/callback").header("cookie", &mine.cookie);
    other.problem(403, "oidc_flow_foreign").await;
    let person = stage.instance.register().await;
    let link = post("/api/auth/oidc/fake/link/callback").header("cookie", &mine.cookie);
    link.bearer_auth(&person.access_token).problem(403, "oidc_flow_foreign").await;
    let cross = post(callback).header("cookie", &mine.cookie).header("sec-fetch-site", "cross-site");
    cross.problem(403, "cross_site_request").await;
    post("/api/auth/oidc/nobody/callback").problem(404, "unknown_provider").await;
    mine.finish(&stage.instance, "fake", "never given", &code).problem(410, "oidc_flow_expired").await;
    let done = mine.finish(&stage.instance, "fake", &state, &code).answer(StatusCode::CREATED).await;
    let forgotten = done.headers.get_all("set-cookie").iter().any(|set| {
        let set = set.to_str().unwrap();
        set.starts_with(mine.cookie.split('=').next().unwrap()) && set.contains("Max-Age=0")
    });
    assert!(forgotten, "{done:?}");
}

#[tokio::test]
async fn a_flow_that_takes_too_long_is_over() {
    let stage = Stage::set().await;
    let begun = stage.start("fake").await;
    let (state, code) = stage.provider.log_in(&begun.url, &Visitor::new(), Lie::None);
    stage.database.execute("UPDATE oidc_flows SET expires_at = created_at");
    begun.finish(&stage.instance, "fake", &state, &code).problem(410, "oidc_flow_expired").await;
}

#[tokio::test]
async fn a_provider_that_is_away_stops_nobody_but_those_who_come_by_it() {
    let (database, provider) = (Database::new(), Provider::start().await);
    provider.be_sick(true);
    let instance = instance(&database, &provider, &Provider::start().await).await;
    let start = || instance.post("/api/auth/oidc/fake/start", &json!({}));
    start().problem(503, "provider_unavailable").await;
    instance.register().await;
    instance.get("/ready").answer(StatusCode::OK).await;
    let providers = instance.get("/api/auth/oidc/providers").answer(StatusCode::OK).await;
    let expected = json!({"items": [
        {"name": "doubtful", "label": "Doubtful"},
        {"name": "fake", "label": "The Fake"},
    ]});
    assert_eq!(providers.body, expected);
    provider.be_sick(false);
    let wait = super::super::api::harness::WAIT;
    testkit::eventually(wait, || async {
        let answer = start().done().await;
        if answer.status == StatusCode::OK { Ok(()) } else { Err(format!("{answer:?}")) }
    })
    .await;
}

#[tokio::test]
async fn changed_keys_are_asked_for_anew() {
    let stage = Stage::set().await;
    let visitor = Visitor::new();
    assert_eq!(stage.come("fake", &visitor, Lie::None).await.status, StatusCode::CREATED);
    stage.provider.change_key();
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    assert_eq!(stage.come("fake", &visitor, Lie::None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn bad_input_is_told_by_its_field() {
    let stage = Stage::set().await;
    let callback = |body| stage.instance.post("/api/auth/oidc/fake/callback", &body);
    for (body, field) in [
        (json!({"code": "x"}), "state"),
        (json!({"state": "x"}), "code"),
        (json!({"state": "x", "code": "y", "error": "z"}), "error"),
        (json!({"state": "x", "code": "y".repeat(5000)}), "code"),
        (json!({"state": "x", "code": "y", "redirect": "https://evil.example"}), "redirect"),
        (json!({"state": "x", "code": "y", "session": "url"}), "session"),
    ] {
        let refused = callback(body.clone()).problem(422, "validation_failed").await;
        assert!(refused.body["errors"][field].is_array(), "{body}: {refused:?}");
    }
    stage.instance.post("/api/auth/oidc/Fake/start", &json!({})).problem(404, "unknown_provider").await;
}
