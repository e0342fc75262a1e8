//! A provider that says whatever a test wants, signed with keys of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

pub(super) const CLIENT_ID: &str = "our-client";
pub(super) const CLIENT_SECRET: &str = "our secret/at the provider";

/// What the provider does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lie {
    None,
    Issuer,
    Audience,
    FurtherAudience,
    AuthorizedParty,
    Nonce,
    NoNonce,
    Key,
    Unsigned,
    SharedSecret,
    Expired,
    LongAgo,
    Future,
    AccessToken,
    NoSubject,
    LongSubject,
    NoToken,
    Garbage,
}

/// Somebody with an account there.
#[derive(Debug, Clone)]
pub(super) struct Visitor {
    pub(super) subject: String,
    pub(super) email: Option<String>,
    pub(super) email_verified: Value,
    pub(super) name: Option<String>,
    /// Whether address and name are told by user info only.
    pub(super) by_user_info: bool,
}

impl Visitor {
    pub(super) fn new() -> Self {
        Self::with_email(&format!("Visitor.{}@Example.com", Uuid::new_v4().simple()))
    }

    pub(super) fn with_email(email: &str) -> Self {
        Self {
            subject: format!("Subject-{}", Uuid::new_v4()),
            email: Some(email.to_owned()),
            email_verified: true.into(),
            name: Some("Grace Hopper".into()),
            by_user_info: false,
        }
    }

    fn claims(&self) -> Value {
        let mut claims = json!({"email_verified": self.email_verified});
        for (name, value) in [("email", &self.email), ("name", &self.name)] {
            if let Some(value) = value {
                claims[name] = value.clone().into();
            }
        }
        claims
    }
}

struct Grant {
    visitor: Visitor,
    lie: Lie,
    nonce: String,
    challenge: String,
}

struct Inner {
    issuer: String,
    key: EcdsaKeyPair,
    kid: u32,
    grants: HashMap<String, Grant>,
    /// By access token.
    visitors: HashMap<String, Visitor>,
    /// Whether a code is good for more than one exchange.
    codes_last: bool,
    /// Whether every question is answered with 500.
    is_sick: bool,
}

/// A running provider.
#[derive(Clone)]
pub(super) struct Provider(Arc<Mutex<Inner>>);

impl Provider {
    pub(super) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let inner = Inner {
            issuer,
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            kid: 1,
            grants: HashMap::new(),
            visitors: HashMap::new(),
            codes_last: false,
            is_sick: false,
        };
        let provider = Self(Arc::new(Mutex::new(inner)));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(description))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/userinfo", get(user_info))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        provider
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    pub(super) fn issuer(&self) -> String {
        self.inner().issuer.clone()
    }

    pub(super) fn let_codes_last(&self) {
        self.inner().codes_last = true;
    }

    pub(super) fn be_sick(&self, is_sick: bool) {
        self.inner().is_sick = is_sick;
    }

    /// Takes another key in the place of the one before.
    pub(super) fn change_key(&self) {
        let mut inner = self.inner();
        inner.key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        inner.kid += 1;
    }

    /// Lets `visitor` log in at `authorization_url`, as a browser would show it; gives state and code.
    pub(super) fn log_in(&self, authorization_url: &str, visitor: &Visitor, lie: Lie) -> (String, String) {
        let url: Url = authorization_url.parse().unwrap();
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        for (name, value) in
            [("response_type", "code"), ("client_id", CLIENT_ID), ("code_challenge_method", "S256")]
        {
            assert_eq!(query[name], value, "{url}");
        }
        assert!(query["redirect_uri"].starts_with("https://app.example.com/oidc/"), "{url}");
        assert!(query["scope"].split(' ').any(|scope| scope == "openid"), "{url}");
        let code = format!("code-{}", Uuid::new_v4());
        let grant = Grant {
            visitor: visitor.clone(),
            lie,
            nonce: query["nonce"].clone(),
            challenge: query["code_challenge"].clone(),
        };
        self.inner().grants.insert(code.clone(), grant);
        (query["state"].clone(), code)
    }
}

async fn description(State(provider): State<Provider>) -> Result<Json<Value>, StatusCode> {
    let inner = provider.inner();
    if inner.is_sick {
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    let at = |path: &str| format!("{}/{path}", inner.issuer);
    Ok(Json(json!({
        "issuer": inner.issuer,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "jwks_uri": at("keys"),
        "userinfo_endpoint": at("userinfo"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "HS256"],
    })))
}

async fn keys(State(provider): State<Provider>) -> Json<Value> {
    let inner = provider.inner();
    // An uncompressed point: 4, x, y.
    let point = inner.key.public_key().as_ref();
    let [x, y] = [&point[1..33], &point[33..]].map(|part| URL_SAFE_NO_PAD.encode(part));
    let kid = inner.kid.to_string();
    Json(
        json!({"keys": [{"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid, "x": x, "y": y}]}),
    )
}

type TokenAnswer = (StatusCode, Json<Value>);

async fn token(State(provider): State<Provider>, headers: HeaderMap, body: String) -> TokenAnswer {
    let form: HashMap<String, String> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let mut inner = provider.inner();
    let refuse = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({"error": error})));
    if !knows_secret(&headers) {
        return refuse("invalid_client");
    }
    let code = form["code"].clone();
    let Some(grant) = inner.grants.remove(&code) else { return refuse("invalid_grant") };
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, form["code_verifier"].as_bytes()));
    if challenge != grant.challenge {
        return refuse("invalid_grant");
    }
    let access_token = format!("access-{}", Uuid::new_v4());
    inner.visitors.insert(access_token.clone(), grant.visitor.clone());
    let mut answer = json!({"access_token": access_token, "token_type": "Bearer", "expires_in": 60});
    match grant.lie {
        Lie::NoToken => {}
        Lie::Garbage => answer["id_token"] = "a.b.c".into(),
        _ => answer["id_token"] = id_token(&inner, &grant, &access_token).into(),
    }
    if inner.codes_last {
        inner.grants.insert(code, grant);
    }
    (StatusCode::OK, Json(answer))
}

/// By HTTP Basic, both parts encoded as in a form (RFC 6749 section 2.3.1).
fn knows_secret(headers: &HeaderMap) -> bool {
    let given = headers["authorization"].to_str().unwrap().strip_prefix("Basic ").unwrap();
    let given = String::from_utf8(STANDARD.decode(given).unwrap()).unwrap();
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    given == format!("{}:{}", encoded(CLIENT_ID), encoded(CLIENT_SECRET))
}

fn id_token(inner: &Inner, grant: &Grant, access_token: &str) -> String {
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let hash = URL_SAFE_NO_PAD.encode(&digest(&SHA256, access_token.as_bytes()).as_ref()[..16]);
    let mut claims = json!({
        "iss": inner.issuer, "aud": CLIENT_ID, "sub": grant.visitor.subject, "nonce": grant.nonce,
        "iat": now, "exp": now + 300, "at_hash": hash,
    });
    if !grant.visitor.by_user_info {
        let told = grant.visitor.claims();
        claims.as_object_mut().unwrap().extend(told.as_object().unwrap().clone());
    }
    let (name, value) = match grant.lie {
        Lie::Issuer => ("iss", json!("https://accounts.google.com")),
        Lie::Audience => ("aud", json!("another-client")),
        Lie::FurtherAudience => ("aud", json!([CLIENT_ID, "another-client"])),
        Lie::AuthorizedParty => ("azp", json!("another-client")),
        Lie::Nonce => ("nonce", json!("of another log-in")),
        Lie::NoNonce => ("nonce", Value::Null),
        Lie::Expired => ("exp", json!(now - 120)),
        Lie::LongAgo => ("iat", json!(now - 3600)),
        Lie::Future => ("iat", json!(now + 3600)),
        Lie::AccessToken => ("at_hash", json!(URL_SAFE_NO_PAD.encode([7; 16]))),
        Lie::NoSubject => ("sub", json!("")),
        Lie::LongSubject => ("sub", json!("x".repeat(256))),
        _ => ("typ", json!("ID")),
    };
    claims[name] = value;
    signed(inner, grant.lie, &claims)
}

fn signed(inner: &Inner, lie: Lie, claims: &Value) -> String {
    let alg = match lie {
        Lie::Unsigned => "none",
        Lie::SharedSecret => "HS256",
        _ => "ES256",
    };
    let header = json!({"alg": alg, "kid": inner.kid.to_string(), "typ": "JWT"});
    let [header, claims] = [&header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let message = format!("{header}.{claims}");
    let by = |key: &EcdsaKeyPair| {
        let signature = key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        URL_SAFE_NO_PAD.encode(signature)
    };
    let signature = match lie {
        Lie::Unsigned => String::new(),
        Lie::SharedSecret => {
            let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, CLIENT_SECRET.as_bytes());
            URL_SAFE_NO_PAD.encode(aws_lc_rs::hmac::sign(&key, message.as_bytes()))
        }
        Lie::Key => by(&EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()),
        _ => by(&inner.key),
    };
    format!("{message}.{signature}")
}

async fn user_info(State(provider): State<Provider>, headers: HeaderMap) -> Json<Value> {
    let inner = provider.inner();
    let token = headers["authorization"].to_str().unwrap().strip_prefix("Bearer ").unwrap();
    let visitor = &inner.visitors[token];
    let mut claims = visitor.claims();
    claims["sub"] = visitor.subject.clone().into();
    Json(claims)
}
