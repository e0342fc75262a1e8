//! The page's server: what `nginx/frontend.conf` does in containers, on this machine.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{map_response, map_response_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::any;
use futures::TryStreamExt as _;
use reqwest::{Client, Url};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::layout::Layout;
use crate::{page_files, page_traces};

/// RFC 9110 7.6.1: these speak of one connection and are never passed on.
const HOP_BY_HOP: [HeaderName; 7] = [
    header::CONNECTION,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];
/// By these, and by all that begin with `x-forwarded-`, a proxy tells where a request comes from and what it is called.
const CLIENTS_WORD: [&str; 5] = ["forwarded", "x-real-ip", "x-request-id", "x-client-ip", "true-client-ip"];
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Why the page cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum FrontendError {
    /// The address cannot be bound.
    #[error("the frontend cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// No HTTP client towards the balancer could be made.
    #[error("cannot make an HTTP client")]
    Client(#[from] reqwest::Error),
}

/// The running server.
pub struct Frontend {
    stop: oneshot::Sender<()>,
    server: JoinHandle<io::Result<()>>,
}

/// Where `/api` goes.
#[derive(Clone)]
struct Upstream {
    client: Client,
    base: String,
}

impl Frontend {
    /// Listens on the frontend's address and serves until [`Frontend::stop`].
    pub async fn start(layout: &Layout) -> Result<Self, FrontendError> {
        let address = layout.frontend;
        let listener =
            TcpListener::bind(address).await.map_err(|source| FrontendError::Bind { address, source })?;
        let upstream = Upstream {
            client: Client::builder().redirect(reqwest::redirect::Policy::none()).build()?,
            base: format!("http://{}", layout.traffic),
        };
        let router = router(layout, upstream).into_make_service_with_connect_info::<SocketAddr>();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = axum::serve(listener, router).with_graceful_shutdown(async {
            // An error means that the handle was dropped: stop as well.
            stopped.await.ok();
        });
        Ok(Self { stop, server: tokio::spawn(server.into_future()) })
    }

    /// Ends the server. Idle keep-alive connections of browsers are cut rather than waited for.
    pub async fn stop(self) {
        let abort = self.server.abort_handle();
        if self.stop.send(()).is_ok() {
            tokio::time::timeout(std::time::Duration::from_millis(500), self.server).await.ok();
        }
        abort.abort();
    }
}

fn router(layout: &Layout, upstream: Upstream) -> Router {
    let client = upstream.client.clone();
    let api = any(proxy).with_state(upstream);
    let router = with_page(layout, Router::new().route("/api", api.clone()).route("/api/{*path}", api));
    let Some(endpoint) = &layout.otlp_endpoint else { return router };
    let tell = map_response_with_state(page_traces::share(), page_traces::tell);
    router.layer(tell).merge(page_traces::collector(endpoint, client))
}

fn with_page(layout: &Layout, router: Router) -> Router {
    let index = layout.frontend_dir.join("index.html");
    if !index.is_file() {
        return router.fallback(page_is_not_built);
    }
    router
        .layer(map_response(forbid_guessing))
        .fallback_service(page_files::files(&layout.frontend_dir, &index))
}

async fn page_is_not_built() -> Response {
    let page = Html(
        "<!doctype html><title>Not built</title><p>The page has not been built. Run <code>just build</code> and start again.</p>",
    );
    (StatusCode::SERVICE_UNAVAILABLE, page).into_response()
}

/// What the API says is of the type that it says it is of.
async fn forbid_guessing(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    response
}

async fn proxy(
    State(upstream): State<Upstream>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let url = match target(&upstream.base, &parts) {
        Ok(url) => url,
        Err(refusal) => return refusal.into_response(),
    };
    let has_body =
        [header::CONTENT_LENGTH, header::TRANSFER_ENCODING].iter().any(|h| parts.headers.contains_key(h));
    let mut headers = end_to_end(parts.headers);
    add_forwarding(&mut headers, client);
    let mut passed_on = upstream.client.request(parts.method, url).headers(headers);
    let broken = Arc::new(AtomicBool::new(false));
    if has_body {
        let told = Arc::clone(&broken);
        let body = body.into_data_stream().inspect_err(move |_| told.store(true, Ordering::Relaxed));
        passed_on = passed_on.body(reqwest::Body::wrap_stream(body));
    }
    match passed_on.send().await {
        Ok(answer) => pass_on(answer),
        Err(_) if broken.load(Ordering::Relaxed) => {
            (StatusCode::BAD_REQUEST, "the body broke off\n").into_response()
        }
        Err(error) if error.is_builder() => {
            (StatusCode::URI_TOO_LONG, "the target is too long\n").into_response()
        }
        Err(error) => {
            (StatusCode::BAD_GATEWAY, format!("the load balancer does not answer: {error}\n")).into_response()
        }
    }
}

/// Where the balancer is asked for the same path. A library of the web would put one with dots or odd characters right,
/// and the balancer would see another one, outside of `/api`.
fn target(base: &str, parts: &Parts) -> Result<Url, (StatusCode, &'static str)> {
    if parts.method == Method::CONNECT {
        return Err((StatusCode::METHOD_NOT_ALLOWED, "nothing is tunnelled here\n"));
    }
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let url = Url::parse(&format!("{base}{path}")).ok();
    let same = url.filter(|url| url.path() == parts.uri.path());
    same.ok_or((StatusCode::BAD_REQUEST, "the path has dots or characters that must be percent-encoded\n"))
}

fn pass_on(answer: reqwest::Response) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answer.status();
    *response.headers_mut() = end_to_end(answer.headers().clone());
    *response.body_mut() = Body::from_stream(answer.bytes_stream());
    response
}

fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    let named: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
    headers
}

/// The balancer believes this server, so nothing that a client says of itself goes through.
fn strip_forged(headers: &mut HeaderMap) {
    let forged = |name: &&HeaderName| {
        name.as_str().starts_with("x-forwarded-") || CLIENTS_WORD.contains(&name.as_str())
    };
    let forged: Vec<HeaderName> = headers.keys().filter(forged).cloned().collect();
    for name in forged {
        headers.remove(name);
    }
}

/// Says whose request it is: from the connection alone.
fn add_forwarding(headers: &mut HeaderMap, client: SocketAddr) {
    strip_forged(headers);
    if let Ok(value) = HeaderValue::from_str(&client.ip().to_canonical().to_string()) {
        headers.insert(FORWARDED_FOR, value);
    }
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static("http"));
    if let Some(host) = headers.get(header::HOST).cloned() {
        headers.insert(FORWARDED_HOST, host);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_client_says_of_itself_goes_through() {
        let forged = [
            ("x-forwarded-for", "6.6.6.6"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "evil"),
            ("x-forwarded-port", "666"),
            ("x-forwarded-prefix", "/evil"),
            ("forwarded", "for=6.6.6.6"),
            ("x-real-ip", "6.6.6.6"),
            ("x-client-ip", "6.6.6.6"),
            ("true-client-ip", "6.6.6.6"),
            ("x-request-id", "forged"),
        ];
        let mut headers = HeaderMap::new();
        for (name, value) in forged.into_iter().chain(forged) {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers.insert(header::HOST, HeaderValue::from_static("localhost:3000"));
        headers.insert("traceparent", HeaderValue::from_static("00-1"));
        add_forwarding(&mut headers, "[::ffff:192.0.2.1]:5000".parse().unwrap());
        let mut left: Vec<_> =
            headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        left.sort_unstable();
        assert_eq!(
            left,
            [
                ("host", "localhost:3000"),
                ("traceparent", "00-1"),
                ("x-forwarded-for", "192.0.2.1"),
                ("x-forwarded-host", "localhost:3000"),
                ("x-forwarded-proto", "http"),
            ]
        );
    }
}
