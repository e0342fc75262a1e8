//! Requests to the API, each with its key, its answer and its figures.

use std::{
    fmt,
    net::Ipv4Addr,
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::{Client, Method, RequestBuilder, header};
use serde_json::Value;
use uuid::Uuid;

use super::{Failure, Figures, Mailbox, Reason};

/// The longest wait for an answer, which is as long as the balancer's own limit on a request.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The kind of a request, by which latencies are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// `POST /api/auth/register`
    Register,
    /// `POST /api/auth/login`
    Login,
    /// `POST /api/auth/refresh`
    Refresh,
    /// `GET /api/auth/me`
    Me,
    /// `GET /api/auth/sessions`
    Sessions,
    /// `DELETE /api/auth/sessions/{id}`
    EndSession,
    /// `GET /api/onboarding`
    Read,
    /// `PUT /api/onboarding/steps/{key}`
    Step,
    /// `POST /api/onboarding/complete`
    Complete,
    /// `POST /api/auth/email/verify`
    Verify,
    /// `POST /api/auth/password/change`
    ChangePassword,
}

impl Operation {
    /// All kinds, in the order of a journey.
    pub const ALL: [Self; 11] = [
        Self::Register,
        Self::Login,
        Self::Refresh,
        Self::Me,
        Self::Sessions,
        Self::EndSession,
        Self::Read,
        Self::Step,
        Self::Complete,
        Self::Verify,
        Self::ChangePassword,
    ];
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Register => "register",
            Self::Login => "log in",
            Self::Refresh => "refresh",
            Self::Me => "who am I",
            Self::Sessions => "list sessions",
            Self::EndSession => "end a session",
            Self::Read => "read onboarding",
            Self::Step => "save a step",
            Self::Complete => "complete",
            Self::Verify => "verify address",
            Self::ChangePassword => "new password",
        })
    }
}

/// A request to make.
#[derive(Debug, Clone)]
pub struct Call {
    operation: Operation,
    method: Method,
    path: String,
    body: Option<Value>,
    token: Option<String>,
    if_match: Option<i64>,
    key: Option<Uuid>,
    expected: u16,
}

impl Call {
    /// A read.
    pub fn get(operation: Operation, path: &str) -> Self {
        Self {
            operation,
            method: Method::GET,
            path: path.to_owned(),
            body: None,
            token: None,
            if_match: None,
            key: None,
            expected: 200,
        }
    }

    /// A change, with a fresh idempotency key.
    pub fn post(operation: Operation, path: &str, body: Option<Value>) -> Self {
        Self { method: Method::POST, body, key: Some(Uuid::new_v4()), ..Self::get(operation, path) }
    }

    /// A change of what is there, with a fresh idempotency key.
    pub fn put(operation: Operation, path: &str, body: Value) -> Self {
        Self { method: Method::PUT, ..Self::post(operation, path, Some(body)) }
    }

    /// A removal, with a fresh idempotency key.
    pub fn delete(operation: Operation, path: &str) -> Self {
        Self { method: Method::DELETE, ..Self::post(operation, path, None) }
    }

    /// The call with an access token.
    #[must_use]
    pub fn bearer(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// The call on the condition that the onboarding still has this version.
    #[must_use]
    pub fn if_version(mut self, version: Option<i64>) -> Self {
        self.if_match = version;
        self
    }

    /// The call with another expected status than 200.
    #[must_use]
    pub fn expect(mut self, status: u16) -> Self {
        self.expected = status;
        self
    }
}

/// The answer to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers that matter to a client: content type and entity tag.
    pub headers: [Option<String>; 2],
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON; `null` where the body is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// One client of the API, with connections of its own.
#[derive(Debug, Clone)]
pub struct Api {
    client: Client,
    base: String,
    figures: Arc<Figures>,
    mailbox: Option<Mailbox>,
    address: Option<Ipv4Addr>,
}

impl Api {
    /// A client of the server at `base` (such as `http://127.0.0.1:8080`) whose requests are counted in
    /// `figures`.
    pub fn new(base: &str, figures: &Arc<Figures>) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .timeout(TIMEOUT)
            .no_proxy()
            // Retries are the balancer's business, and what is measured here.
            .retry(reqwest::retry::never())
            .build()?;
        Ok(Self {
            client,
            base: base.trim_end_matches('/').to_owned(),
            figures: Arc::clone(figures),
            mailbox: None,
            address: None,
        })
    }

    /// The client with the mailboxes of its people, where they can be read.
    #[must_use]
    pub fn with_mailbox(mut self, mailbox: Option<Mailbox>) -> Self {
        self.mailbox = mailbox;
        self
    }

    /// The client as the person `number`, with an address of its own (198.18.0.0/15 is for tests of devices, RFC
    /// 2544). The balancer of `local-cluster` trusts this machine as a proxy and believes the address. For any other
    /// server, all people of a run have the address of this machine.
    #[must_use]
    pub fn of_person(&self, number: usize) -> Self {
        let place = u32::try_from(number % (1 << 17)).unwrap_or(0);
        let address = Ipv4Addr::from_bits(Ipv4Addr::new(198, 18, 0, 0).to_bits() + place);
        Self { address: Some(address), ..self.clone() }
    }

    /// The mailboxes of the client's people.
    pub fn mailbox(&self) -> Option<&Mailbox> {
        self.mailbox.as_ref()
    }

    /// Makes a request once. An answer without the expected status is a failure, which is counted.
    ///
    /// # Errors
    ///
    /// The [`Failure`].
    pub async fn call(&self, call: &Call) -> Result<Answer, Failure> {
        let request_id = Uuid::now_v7();
        let start = Instant::now();
        let outcome = self.exchange(call, request_id).await;
        self.figures.request(call.operation, start.elapsed());
        outcome.map_err(|reason| self.fail(call.operation, Some(request_id), reason))
    }

    /// Counts an answer whose content is wrong.
    pub fn fail(&self, operation: Operation, request_id: Option<Uuid>, reason: Reason) -> Failure {
        self.figures.failure(operation, request_id, reason)
    }

    /// The account of all requests.
    pub fn figures(&self) -> &Arc<Figures> {
        &self.figures
    }

    async fn exchange(&self, call: &Call, request_id: Uuid) -> Result<Answer, Reason> {
        let response = self.request(call, request_id).send().await.map_err(|error| transport(&error))?;
        let text = |name| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        let headers = [text("content-type"), text("etag")];
        if let Some(server) = text("x-served-by").or_else(|| text("x-instance-id")) {
            self.figures.served_by(&server);
        }
        let status = response.status().as_u16();
        let body = response.bytes().await.map_err(|error| transport(&error))?.to_vec();
        if status == call.expected {
            return Ok(Answer { status, headers, body });
        }
        Err(Reason::Status { status, body: String::from_utf8_lossy(&body).chars().take(300).collect() })
    }

    fn request(&self, call: &Call, request_id: Uuid) -> RequestBuilder {
        let url = format!("{}{}", self.base, call.path);
        let mut request = self.client.request(call.method.clone(), url);
        request = request.header("X-Request-Id", request_id.to_string());
        if let Some(address) = self.address {
            request = request.header("X-Forwarded-For", address.to_string());
        }
        if let Some(token) = &call.token {
            request = request.bearer_auth(token);
        }
        if let Some(key) = call.key {
            request = request.header("Idempotency-Key", key.to_string());
        }
        if let Some(version) = call.if_match {
            request = request.header(header::IF_MATCH, format!("\"{version}\""));
        }
        match &call.body {
            Some(body) => request.json(body),
            None => request,
        }
    }
}

/// The error of a request with its causes. reqwest's own text says little without them.
fn transport(error: &reqwest::Error) -> Reason {
    Reason::Transport(service_kit::exit::chain(error))
}
