//! Whatever a client sends, it hears what is wrong with it.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::RawClient;

use super::harness::{Instance, Send as _, alone, registration};

/// A registration with this body, as it is.
async fn raw(instance: &Instance, body: impl Into<reqwest::Body>) -> super::harness::Answer {
    let call = instance.call(Method::POST, "/api/auth/register").header("content-type", "application/json");
    call.body(body).done().await
}

#[tokio::test]
async fn what_is_no_json_is_told_with_its_place() {
    let (instance, _database) = alone().await;
    for body in ["", "{", "{\"email\" \"x\"}", "{'email': 1}", "nonsense", "{} {}"] {
        let answer = raw(&instance, body).await;
        super::harness::check_problem(&answer, 400, "malformed_json");
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(detail.contains("line 1, column"), "{detail}");
    }
    let answer = raw(&instance, &b"{\"email\":\"\xff\xfe\"}"[..]).await;
    super::harness::check_problem(&answer, 400, "invalid_utf8");
    assert!(answer.body["detail"].as_str().unwrap().contains("byte 10"), "{answer:?}");
    let deep = "[".repeat(5_000) + &"]".repeat(5_000);
    super::harness::check_problem(&raw(&instance, deep).await, 400, "malformed_json");
}

#[tokio::test]
async fn all_bad_fields_are_told_at_once() {
    let (instance, database) = alone().await;
    let errors = async |body: Value| {
        let answer = instance.post("/api/auth/register", &body).problem(422, "validation_failed").await;
        let errors = answer.body["errors"].as_object().unwrap().clone();
        assert!(
            errors.values().all(|reasons| reasons.as_array().is_some_and(|all| !all.is_empty())),
            "{errors:?}"
        );
        errors.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(errors(json!({})).await, ["email", "full_name", "password"]);
    assert_eq!(
        errors(json!({"email": 1, "password": [], "full_name": null})).await,
        ["email", "full_name", "password"]
    );
    assert_eq!(errors(json!([])).await, ["body"]);
    assert_eq!(errors(json!("text")).await, ["body"]);
    let mut with_more = registration();
    with_more["role"] = "admin".into();
    with_more["session"] = "carrier pigeon".into();
    assert_eq!(errors(with_more).await, ["role", "session"]);
    let bad = json!({"email": "not-an-email", "password": "short", "full_name": " "});
    assert_eq!(errors(bad).await, ["email", "full_name", "password"]);
    let own_address = json!({"email": "ada@example.com", "password": "ADA@example.com", "full_name": "Ada"});
    assert_eq!(errors(own_address).await, ["password"]);
    assert_eq!(database.count("users"), 0);
}

#[tokio::test]
async fn other_content_types_are_refused() {
    let (instance, _database) = alone().await;
    let body = registration().to_string();
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""] {
        let call = instance.call(Method::POST, "/api/auth/register").header("content-type", content_type);
        call.body(body.clone()).problem(415, "unsupported_media_type").await;
    }
    let encoded = instance.post("/api/auth/register", &registration()).header("content-encoding", "gzip");
    encoded.problem(415, "unsupported_media_type").await;
    let charset = instance.call(Method::POST, "/api/auth/register");
    charset
        .header("content-type", "Application/JSON; charset=utf-8")
        .body(body)
        .answer(StatusCode::CREATED)
        .await;
}

#[tokio::test]
async fn large_bodies_are_refused_and_the_answer_arrives() {
    let (instance, _database) = alone().await;
    let large = vec![b' '; 2 * 1024 * 1024];
    super::harness::check_problem(&raw(&instance, large.clone()).await, 413, "body_too_large");
    // Without a declared length, too.
    let chunks =
        large.chunks(10_000).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect::<Vec<_>>();
    let stream = reqwest::Body::wrap_stream(futures::stream::iter(chunks));
    super::harness::check_problem(&raw(&instance, stream).await, 413, "body_too_large");
    super::harness::check_problem(&raw(&instance, vec![b' '; 64 * 1024 + 1]).await, 413, "body_too_large");
    super::harness::check_problem(&raw(&instance, vec![b' '; 64 * 1024]).await, 400, "malformed_json");
}

#[tokio::test]
async fn who_waits_for_100_continue_is_refused_before_it_sends() {
    let (instance, _database) = alone().await;
    let mut client = RawClient::connect(instance.address).await.unwrap();
    let head = "POST /api/auth/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                Content-Length: 2097152\r\nExpect: 100-continue\r\n\r\n";
    client.send(head).await.unwrap();
    let response = client.read_response().await.unwrap();
    assert_eq!((response.status, &response.json()["code"]), (413, &json!("body_too_large")));
}

#[tokio::test]
async fn bytes_that_are_no_http_are_answered_with_400() {
    let (instance, _database) = alone().await;
    for bytes in ["nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nbad header\r\n\r\n"] {
        let mut client = RawClient::connect(instance.address).await.unwrap();
        client.send(bytes).await.unwrap();
        assert_eq!(client.read_response().await.unwrap().status, 400, "{bytes:?}");
    }
    let long_field = format!("x: {}\r\n", "x".repeat(100_000));
    for too_much in [long_field, "x: y\r\n".repeat(128)] {
        let mut client = RawClient::connect(instance.address).await.unwrap();
        client.send(format!("GET / HTTP/1.1\r\nHost: x\r\n{too_much}\r\n")).await.unwrap();
        assert_eq!(client.read_response().await.unwrap().status, 431, "{} bytes of fields", too_much.len());
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_told_apart() {
    let (instance, _database) = alone().await;
    for path in ["/", "/api", "/api/nothing", "/api/onboarding/steps", "/api/auth/register/"] {
        instance.get(path).problem(404, "not_found").await;
    }
    let answer = instance.call(Method::DELETE, "/api/auth/register").problem(405, "method_not_allowed").await;
    assert_eq!(answer.header("allow"), "POST");
    let answer = instance.call(Method::PATCH, "/health").problem(405, "method_not_allowed").await;
    assert_eq!(answer.header("allow"), "GET,HEAD");
}

#[tokio::test]
async fn paths_that_are_no_text_are_told_so_wherever_they_lead() {
    let (instance, _database) = alone().await;
    let person = instance.register().await;
    for path in ["/%ff", "/api/%C3", "/api/%zz", "/api/onboarding/steps/%FF", "/api/auth/me%", "/health%fe"] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let answer = instance.call(method, path).bearer_auth(&person.access_token);
            answer.problem(400, "malformed_path").await;
        }
    }
    instance.get("/api/caf%C3%A9").problem(404, "not_found").await;
}

#[tokio::test]
async fn a_body_that_may_be_left_out_may_be_null() {
    let (instance, _database) = alone().await;
    let person = instance.register().await;
    for body in ["", "null", " null ", "{}"] {
        let call = |path| instance.call(Method::POST, path).header("content-type", "application/json");
        call("/api/auth/refresh").body(body).problem(401, "refresh_token_invalid").await;
        let complete = call("/api/onboarding/complete").bearer_auth(&person.access_token).body(body);
        complete.problem(409, "onboarding_incomplete").await;
    }
    instance.post("/api/auth/login", &Value::Null).problem(422, "validation_failed").await;
}

#[tokio::test]
async fn request_ids_are_taken_over_where_they_are_harmless() {
    let (instance, _database) = alone().await;
    let ask = async |id: &str| {
        instance.get("/api/nothing").header("x-request-id", id).problem(404, "not_found").await
    };
    let kept = ask("trace-me.7_A").await;
    assert_eq!(
        (kept.header("x-request-id"), &kept.body["request_id"]),
        ("trace-me.7_A", &json!("trace-me.7_A"))
    );
    for id in ["has blanks", "", &"x".repeat(129), "{jndi}"] {
        let fresh = ask(id).await;
        assert_ne!(fresh.header("x-request-id"), id);
        assert_eq!(fresh.body["request_id"], fresh.header("x-request-id"));
    }
}

#[tokio::test]
async fn bad_keys_are_refused() {
    let (instance, _database) = alone().await;
    for key in ["", "has blanks", &"k".repeat(256)] {
        let call = instance.post("/api/auth/register", &registration()).header("idempotency-key", key);
        call.problem(400, "invalid_idempotency_key").await;
    }
    let twice = instance.post("/api/auth/register", &registration());
    let twice = twice.header("idempotency-key", "one").header("idempotency-key", "two");
    twice.problem(400, "invalid_idempotency_key").await;
}
