//! The operator's side: a live page, status, metrics, requests explained, changes. Never on the traffic port.

mod changes;
mod exposition;
mod guard;
mod page;
mod problem;
mod process;
mod requests;
mod status;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use http::header::CONTENT_TYPE;
use service_kit::{config::Secret, shutdown::Shutdown};

use self::problem::Problem;
use crate::control::Control;

/// No change needs more, in bytes.
const LONGEST_BODY: usize = 16 * 1024;

/// What the handlers work with.
#[derive(Debug)]
pub struct Admin {
    control: Arc<Control>,
    token: Option<Secret>,
    shutdown: Shutdown,
}

impl Admin {
    /// Without a `token`, changes are open to whoever reaches the address, which must be a loopback address then.
    pub fn new(control: Arc<Control>, token: Option<Secret>, shutdown: Shutdown) -> Arc<Self> {
        Arc::new(Self { control, token, shutdown })
    }
}

/// Every route of the admin interface.
pub fn router(admin: Arc<Admin>) -> Router {
    let changes = Router::new()
        .route("/api/reload", post(changes::reload))
        .route("/api/pools/{pool}/servers", post(changes::add))
        .route(
            "/api/pools/{pool}/servers/{name}",
            put(changes::change).post(changes::add_named).delete(changes::remove),
        )
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(middleware::from_fn_with_state(Arc::clone(&admin), guard::changes));
    Router::new()
        .route("/", get(page::html))
        .route("/page.css", get(page::css))
        .route("/page.js", get(page::js))
        .route("/api/status", get(status::status))
        .route("/api/requests/{request_id}", get(requests::explain))
        .route("/metrics", get(metrics))
        .merge(changes)
        .fallback(async || Problem::new(404, "not_found", "There is no such page or call."))
        .method_not_allowed_fallback(async || {
            Problem::new(405, "method_not_allowed", "That method is not for this address.")
        })
        .with_state(admin)
}

async fn metrics(State(admin): State<Arc<Admin>>) -> Response {
    let text = exposition::text(&admin.control);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
