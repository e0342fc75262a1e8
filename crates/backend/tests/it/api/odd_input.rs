//! No input of a client is answered by a 5xx, and every refusal is one that the document knows.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use testkit::{RawClient, RawResponse};

use super::harness::{Instance, Person, alone, registration};

/// A request as bytes.
struct Odd {
    method: String,
    path: String,
    head: Vec<u8>,
    body: Vec<u8>,
}

impl Odd {
    fn new(method: &str, path: &str, headers: &[(&str, &[u8])], body: &[u8]) -> Self {
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: x\r\n").into_bytes();
        for (name, value) in headers {
            head.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        Self { method: method.into(), path: path.into(), head, body: body.into() }
    }

    /// With a JSON body.
    fn json(method: &str, path: &str, body: impl AsRef<[u8]>) -> Self {
        Self::new(method, path, &[("Content-Type", b"application/json")], body.as_ref())
    }

    fn by(mut self, person: &Person) -> Self {
        self.head.extend(format!("Authorization: Bearer {}\r\n", person.access_token).into_bytes());
        self
    }

    async fn send(&self, instance: &Instance) -> RawResponse {
        let mut client = RawClient::connect(instance.address).await.unwrap();
        let length = format!("Content-Length: {}\r\nConnection: close\r\n\r\n", self.body.len());
        let whole = [&self.head, length.as_bytes(), &self.body].concat();
        client.send(whole).await.unwrap();
        client.read_response_to(&self.method).await.unwrap()
    }

    /// The answer is no 5xx, is a problem where it is an error, and stands in the document where the call does.
    async fn check(&self, instance: &Instance, document: &Value) {
        let answer = self.send(instance).await;
        let shown = format!("{}{:?} gave {answer:?}", String::from_utf8_lossy(&self.head), self.body);
        assert!(answer.status < 500, "{shown}");
        let is_api_error = answer.status >= 400 && answer.header("x-request-id").is_some();
        if is_api_error && self.method != "HEAD" {
            assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{shown}");
            assert_eq!(answer.json()["status"], answer.status, "{shown}");
        }
        if let Some(known) = documented(document, &self.method, &self.path) {
            assert!(known.contains(&answer.status.to_string()), "{known:?} misses: {shown}");
        }
    }
}

/// The statuses that the document knows for a call; none where there is no such call.
fn documented(document: &Value, method: &str, path: &str) -> Option<BTreeSet<String>> {
    let path = if path.starts_with("/api/onboarding/steps/") { "/api/onboarding/steps/{key}" } else { path };
    // Methods are told by case (RFC 9110 section 9.1).
    let method = method.chars().all(|c| c.is_ascii_uppercase()).then(|| method.to_ascii_lowercase())?;
    let responses = document["paths"][path][method]["responses"].as_object()?;
    Some(responses.keys().cloned().collect())
}

const PATHS: &[&str] = &[
    "/",
    "//",
    "/%00",
    "/api/%00",
    "/..",
    "/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/api/../health",
    "/api/onboarding/steps/%00",
    "/api/onboarding/steps/..",
    "/api/onboarding/steps/%2e%2e%2fprofile",
    "/api/onboarding/steps/%ff",
    "/api/onboarding/steps/%F0%9F%98%80",
    "/api/onboarding/steps/",
    "/api/onboarding/steps/profile/x",
    "/api/auth/me?%ff=%00&a[]=1",
    "/health?x=%",
    "/api/static-data;x=1",
    "*",
];

const METHODS: &[&str] =
    &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get"];

#[tokio::test]
async fn odd_paths_and_methods() {
    let (instance, _database) = alone().await;
    let person = instance.register().await;
    let document = serde_json::from_str(&backend::api::document()).unwrap();
    let long = ["/", "/api/onboarding/steps/"].map(|start| format!("{start}{}", "x".repeat(20_000)));
    let own = document_paths(&document);
    let paths =
        PATHS.iter().copied().chain(long.iter().map(String::as_str)).chain(own.iter().map(String::as_str));
    for path in paths {
        for method in METHODS {
            Odd::new(method, path, &[], b"").by(&person).check(&instance, &document).await;
        }
    }
}

/// All paths of the document but the one that would end the session.
fn document_paths(document: &Value) -> Vec<String> {
    let paths = document["paths"].as_object().unwrap().keys();
    paths.filter(|path| !path.ends_with("/logout")).map(|path| path.replace("{key}", "profile")).collect()
}

const HEADERS: &[(&str, &[u8])] = &[
    ("Range", b"bytes=0-1"),
    ("Range", b"bytes=5-2,-0,99999999999999999999-"),
    ("Range", b"\xff"),
    ("If-Range", b"W/\"x\""),
    ("If-Match", b"*"),
    ("If-Match", b"\"\xff\""),
    ("If-Match", b"\""),
    ("If-Match", b",,,"),
    ("If-None-Match", b"*"),
    ("If-None-Match", b"W/"),
    ("If-None-Match", b"\xe9"),
    ("If-Modified-Since", b"Thu, 32 Foo 99999 25:61:61 GMT"),
    ("If-Unmodified-Since", b"0"),
    ("Idempotency-Key", b""),
    ("Idempotency-Key", b"\xff"),
    ("Idempotency-Key", b"\"quoted key\""),
    ("Idempotency-Key", b"a\tb"),
    ("Authorization", b""),
    ("Authorization", b"Bearer"),
    ("Authorization", b"Bearer \xff"),
    ("Authorization", b"Bearer a.b.c.d.e"),
    ("Authorization", b"Basic ="),
    ("Cookie", b"refresh_token="),
    ("Cookie", b"=;;\xff; refresh_token=\xff"),
    ("Accept", b"image/png"),
    ("Accept-Encoding", b"br;q=2, *;q=-1"),
    ("Accept-Language", b"\xff"),
    ("Content-Type", b"\xff"),
    ("Content-Type", b"application/json; charset=utf-16"),
    ("Content-Encoding", b"gzip"),
    ("X-Request-Id", b"\xff\xfe"),
    ("traceparent", b"00-zz"),
    ("traceparent", b"\xff"),
    ("tracestate", b"="),
    ("Host", b"\xff"),
    ("Expect", b"200-maybe"),
    ("Upgrade", b"h2c"),
    ("X-HTTP-Method-Override", b"DELETE"),
];

#[tokio::test]
async fn odd_headers() {
    let (instance, _database) = alone().await;
    let document = serde_json::from_str(&backend::api::document()).unwrap();
    let person = instance.register().await;
    let huge = vec![b'x'; 20_000];
    let large = ["Cookie", "Authorization", "Idempotency-Key", "If-Match", "X-Request-Id", "traceparent"];
    let headers = HEADERS.iter().copied().chain(large.map(|name| (name, huge.as_slice())));
    for header in headers {
        let json = ("Content-Type", &b"application/json"[..]);
        for (method, path) in [
            ("GET", "/api/onboarding"),
            ("GET", "/api/static-data"),
            ("GET", "/health"),
            ("GET", "/api/auth/me"),
            ("POST", "/api/auth/login"),
            ("POST", "/api/auth/refresh"),
            ("POST", "/api/onboarding/complete"),
            ("PUT", "/api/onboarding/steps/profile"),
        ] {
            let headers = if header.0 == "Content-Type" { vec![header] } else { vec![json, header] };
            let body: &[u8] = if method == "GET" { b"" } else { b"{}" };
            Odd::new(method, path, &headers, body).check(&instance, &document).await;
            if header.0 != "Authorization" {
                Odd::new(method, path, &headers, body).by(&person).check(&instance, &document).await;
            }
        }
    }
}

/// JSON that a careful client never sends.
fn values() -> Vec<String> {
    let deep = |open: &str, close: &str, levels: usize| open.repeat(levels) + "1" + &close.repeat(levels);
    let mut values: Vec<String> = [
        "null",
        "true",
        "0",
        "-0",
        "1e400",
        "-1e-400",
        "123456789012345678901234567890",
        "1.7976931348623157e309",
        "\"\"",
        "\" \"",
        "\"\\u0000\"",
        "\"a\\u0000b\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\\uD83D\\uDE00\"",
        "\"\u{0}\"",
        "\"\u{202e}\u{feff}\u{fffe}\"",
        "\"\u{10ffff}\"",
        "\"9999-12-31T23:59:60Z\"",
        "\"0000-00-00\"",
        "\"'; DROP TABLE users; --\"",
        "[]",
        "{}",
        "[null]",
        "{\"\":{}}",
        "{\"a\":1,\"a\":2}",
        "{\"$schema\":\"x\"}",
    ]
    .map(ToOwned::to_owned)
    .into();
    values.extend([
        deep("[", "]", 100),
        deep("[", "]", 127),
        deep("[", "]", 20_000),
        deep("{\"a\":", "}", 100),
    ]);
    values.extend([1_000, 15_000, 60_000].map(|length| format!("\"{}\"", "\u{1F600}".repeat(length / 4))));
    values
}

#[tokio::test]
async fn odd_values() {
    let (instance, _database) = alone().await;
    let document = serde_json::from_str(&backend::api::document()).unwrap();
    let person = instance.register().await;
    for value in values() {
        for (path, field) in [
            ("register", "email"),
            ("register", "full_name"),
            ("register", "session"),
            ("login", "email"),
            ("refresh", "refresh_token"),
            ("logout", "refresh_token"),
        ] {
            let body = with(registration(), path, field, &value);
            Odd::json("POST", &format!("/api/auth/{path}"), body).check(&instance, &document).await;
        }
        let step = "/api/onboarding/steps/profile";
        for body in [
            value.clone(),
            format!("{{\"status\":{value}}}"),
            format!("{{\"status\":\"in_progress\",\"data\":{value}}}"),
            format!("{{\"status\":\"in_progress\",\"data\":{{\"own\":{value}}}}}"),
            format!(
                "{{\"status\":\"in_progress\",\"data\":{{\"bio\":{value},\"country\":{value},\"time_zone\":{value}}}}}"
            ),
        ] {
            Odd::json("PUT", step, &body).by(&person).check(&instance, &document).await;
            Odd::json("POST", "/api/onboarding/complete", &body)
                .by(&person)
                .check(&instance, &document)
                .await;
        }
        // What was taken can be read again.
        let state = Odd::new("GET", "/api/onboarding", &[], b"").by(&person).send(&instance).await;
        assert_eq!(state.status, 200, "{value}: {state:?}");
    }
    for text in [&b"\xff"[..], b"{\"email\":\"\xed\xa0\x80\"}", b"\xef\xbb\xbf{}", b"{", b"\0", b"{}{}"] {
        Odd::json("POST", "/api/auth/login", text).check(&instance, &document).await;
    }
}

/// A good body with one field replaced, as text: not all values are JSON.
fn with(good: Value, path: &str, field: &str, value: &str) -> String {
    let mut fields = match path {
        "register" => good,
        "login" => json!({"email": "a@example.com", "password": "x"}),
        _ => json!({}),
    };
    fields.as_object_mut().unwrap().insert(field.to_owned(), json!("@placeholder@"));
    fields.to_string().replace("\"@placeholder@\"", value)
}

#[tokio::test]
async fn bodies_whose_length_is_a_lie() {
    let (instance, _database) = alone().await;
    let post = "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    let cases = [
        "Content-Length: 99999999999999999999\r\n\r\n{}",
        "Content-Length: -1\r\n\r\n{}",
        "Content-Length: 2, 3\r\n\r\n{}",
        "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "Content-Length: +2\r\n\r\n{}",
        "Content-Length: 1\r\n\r\n{}",
        "Content-Length: 5\r\n\r\n{}",
        "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        "Transfer-Encoding: chunked\r\n\r\n2\r\n{}",
        "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n",
        "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked, gzip\r\n\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    ];
    for case in cases {
        let mut client = RawClient::connect(instance.address).await.unwrap();
        client.send(format!("{post}{case}")).await.unwrap();
        client.half_close().await.unwrap();
        // Where there is no telling what was meant, the end of the connection is an answer, too.
        let heard = String::from_utf8_lossy(&client.read_to_end().await.unwrap()).into_owned();
        let statuses: Vec<&str> = heard.lines().filter_map(|line| line.strip_prefix("HTTP/1.1 ")).collect();
        assert!(statuses.iter().all(|status| status.starts_with('4')), "{case:?}: {heard}");
    }
}
