//! Every call of admins, as the document has them: who may make it, and which want a proof that is not old.

use std::collections::BTreeSet;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::harness::{Instance, NOBODY, PASSWORD, Send as _, admin, aged, alone};

const ROUTER: &str = include_str!("../../../src/api/router.rs");

/// A call of the document.
struct Call {
    method: Method,
    path: String,
    /// Whether it changes something, or gives everything at once.
    is_sensitive: bool,
    /// What the document says of its 403.
    refusal: String,
}

impl Call {
    fn of(path: &str, method: &str, described: &Value) -> Self {
        let method: Method = method.to_ascii_uppercase().parse().unwrap();
        let answer = &described["responses"]["200"]["content"];
        // Lists come in pages of JSON; what comes as something else is an export.
        let is_export = answer.is_object() && answer["application/json"].is_null();
        Self {
            is_sensitive: method != Method::GET || is_export,
            method,
            path: path.replace("{id}", NOBODY).replace("{domain}", "acme.example"),
            refusal: described["responses"]["403"]["description"].as_str().unwrap_or_default().to_owned(),
        }
    }

    fn by(&self, instance: &Instance, token: Option<&str>) -> RequestBuilder {
        let call = instance.call(self.method.clone(), &self.path).json(&json!({"reason": "why not"}));
        match token {
            Some(token) => call.bearer_auth(token),
            None => call,
        }
    }
}

/// All calls of admins.
fn calls() -> Vec<Call> {
    let document: Value = serde_json::from_str(&backend::api::document()).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    let of_admins = paths.filter(|(path, _)| path.starts_with("/api/admin/"));
    let calls = of_admins.flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(|(method, described)| Call::of(path, method, described))
    });
    calls.collect()
}

#[test]
fn the_document_has_every_call_of_admins() {
    let document: Value = serde_json::from_str(&backend::api::document()).unwrap();
    let described: BTreeSet<&str> =
        document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    let texts = ROUTER.split('"').skip(1).step_by(2);
    let routes: BTreeSet<&str> = texts.filter(|text| text.starts_with("/api/admin")).collect();
    assert!(routes.len() >= 16, "{routes:?}");
    assert!(routes.is_subset(&described), "{:?}", routes.difference(&described));
    assert!(
        calls().iter().any(|call| call.is_sensitive && call.method == Method::GET),
        "the export of people"
    );
}

#[tokio::test]
async fn only_admins_are_let_in_and_only_as_long_as_they_are() {
    let (instance, database) = alone().await;
    let admin = admin(&instance, &database).await;
    let user = instance.register().await;
    for call in calls() {
        call.by(&instance, None).problem(401, "token_missing").await;
        call.by(&instance, Some(&user.access_token)).problem(403, "forbidden").await;
        let answer = call.by(&instance, Some(&admin.access_token)).done().await;
        assert!(matches!(answer.status.as_u16(), 200 | 404), "{}: {answer:?}", call.path);
        assert!(call.refusal.contains("`forbidden`"), "{}", call.path);
    }
    // The token still says what its owner was.
    database.execute("UPDATE users SET role = 'user'");
    for call in calls() {
        call.by(&instance, Some(&admin.access_token)).problem(403, "forbidden").await;
    }
}

#[tokio::test]
async fn whatever_changes_something_or_gives_all_wants_a_proof_that_is_not_old() {
    let (instance, database) = alone().await;
    let admin = admin(&instance, &database).await;
    let old = aged(&instance, &database, &admin).await;
    for call in calls() {
        assert_eq!(call.refusal.contains("`step_up_required`"), call.is_sensitive, "{}", call.path);
        let answer = call.by(&instance, Some(&old.access_token)).done().await;
        if call.is_sensitive {
            assert_eq!(
                (answer.status.as_u16(), &answer.body["code"]),
                (403, &json!("step_up_required")),
                "{}",
                call.path
            );
        } else {
            assert!(matches!(answer.status.as_u16(), 200 | 404), "{}: {answer:?}", call.path);
        }
    }
    let proof = instance.post("/api/auth/step-up", &json!({"password": PASSWORD}));
    let fresh = proof.bearer_auth(&old.access_token).answer(StatusCode::OK).await;
    let fresh = fresh.body["access_token"].as_str().unwrap();
    for call in calls() {
        let answer = call.by(&instance, Some(fresh)).done().await;
        assert!(matches!(answer.status.as_u16(), 200 | 404), "{}: {answer:?}", call.path);
    }
}
