//! The admin interface: a live page, status, metrics, requests explained, changes. It is never on the traffic port.

mod changes;
mod events;
mod exposition;
mod guard;
mod history;
mod origin;
mod page;
mod paths;
mod peer;
mod problem;
mod requests;
mod status;
mod throttle;

use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use http::header::CONTENT_TYPE;
use service_kit::{config::Secret, shutdown::Shutdown};

use self::{problem::Problem, throttle::Throttle};
use crate::{control::Control, route::HostMatch, tls::Certificates, upgrade::Orders};

/// The shortest admin token, in bytes.
pub(crate) const SHORTEST_TOKEN: usize = 16;
/// The variable that names the file of the admin token.
pub(crate) const TOKEN_FILE: &str = "LB_ADMIN_TOKEN_FILE";

/// The longest body of a change, in bytes.
const LONGEST_BODY: usize = 16 * 1024;

/// The facts of the start, to be shown.
#[derive(Debug)]
pub(crate) struct Facts {
    /// The certificates in use, where TLS is served.
    pub certificates: Option<Arc<Certificates>>,
    /// The most client connections in all.
    pub max_connections: usize,
    /// The most client connections of one address.
    pub max_connections_per_address: usize,
}

/// The state of the admin interface.
#[derive(Debug)]
pub(crate) struct Admin {
    control: Arc<Control>,
    facts: Facts,
    token: Option<ArcSwap<Secret>>,
    throttle: Throttle,
    hosts: Vec<HostMatch>,
    shutdown: Shutdown,
    orders: Orders,
}

impl Admin {
    /// The state of an admin interface. Without a `token`, anybody who reaches the address may change something, so the
    /// address must be a loopback one. The interface may be asked by the names `hosts`, beside addresses and
    /// `localhost`.
    pub(crate) fn new(
        control: Arc<Control>,
        token: Option<Secret>,
        hosts: Vec<HostMatch>,
        facts: Facts,
        shutdown: Shutdown,
        orders: Orders,
    ) -> Arc<Self> {
        let token = token.map(ArcSwap::from_pointee);
        Arc::new(Self { control, facts, token, throttle: Throttle::default(), hosts, shutdown, orders })
    }

    /// Replaces the token by `token`. An interface without a token at the start never gets one.
    pub(crate) fn renew_token(&self, token: Secret) {
        if let Some(known) = &self.token {
            known.store(Arc::new(token));
        }
    }
}

/// Every route of the admin interface. To be served with the address of each peer
/// ([`axum::extract::ConnectInfo`]).
pub(crate) fn router(admin: Arc<Admin>) -> Router {
    let changes = Router::new()
        .route("/api/reload", post(changes::reload))
        .route("/api/upgrade", post(changes::upgrade))
        .route("/api/pools/{pool}/servers", post(changes::add))
        .route(
            "/api/pools/{pool}/servers/{name}",
            put(changes::change).post(changes::add_named).delete(changes::remove),
        )
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(middleware::from_fn_with_state(Arc::clone(&admin), guard::changes));
    Router::new()
        .route("/", get(page::html))
        .route("/{file}", get(page::file))
        .route("/api/status", get(status::status))
        .route("/api/history", get(history::history))
        .route("/api/events", get(events::events))
        .route("/api/requests", get(requests::list))
        .route("/api/requests/ref/{reference}", get(requests::explain_listed))
        .route("/api/requests/{request_id}", get(requests::explain))
        .route("/metrics", get(metrics))
        .merge(changes)
        .fallback(async || Problem::new(404, "not_found", "There is no such page or call."))
        .method_not_allowed_fallback(async || {
            Problem::new(405, "method_not_allowed", "That method is not for this address.")
        })
        .layer(middleware::from_fn_with_state(Arc::clone(&admin), origin::check))
        .with_state(admin)
}

async fn metrics(State(admin): State<Arc<Admin>>) -> Response {
    let text = exposition::text(&admin);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
