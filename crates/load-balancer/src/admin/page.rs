//! The live page: static files, with nothing loaded from elsewhere. The page asks the calls beside it to stay fresh.

use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};

use super::problem::Problem;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// The files beside the page itself: name, type, text.
const FILES: [(&str, &str, &str); 12] = [
    ("page.css", CSS, include_str!("page/page.css")),
    ("page.js", JAVASCRIPT, include_str!("page/page.js")),
    ("calls.js", JAVASCRIPT, include_str!("page/calls.js")),
    ("chart.js", JAVASCRIPT, include_str!("page/chart.js")),
    ("charts.js", JAVASCRIPT, include_str!("page/charts.js")),
    ("circuits.js", JAVASCRIPT, include_str!("page/circuits.js")),
    ("dom.js", JAVASCRIPT, include_str!("page/dom.js")),
    ("events.js", JAVASCRIPT, include_str!("page/events.js")),
    ("orders.js", JAVASCRIPT, include_str!("page/orders.js")),
    ("pools.js", JAVASCRIPT, include_str!("page/pools.js")),
    ("requests.js", JAVASCRIPT, include_str!("page/requests.js")),
    ("setup.js", JAVASCRIPT, include_str!("page/setup.js")),
];

fn text(content_type: &'static str, text: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, content_type),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, text).into_response()
}

/// `GET /`
pub(super) async fn html() -> Response {
    text("text/html; charset=utf-8", include_str!("page/page.html"))
}

/// `GET /page.js` and the like
pub(super) async fn file(Path(name): Path<String>) -> Response {
    let found = FILES.iter().find(|(known, ..)| *known == name);
    found.map_or_else(
        || Problem::new(404, "not_found", "There is no such page or call.").into_response(),
        |(_, content_type, file)| text(content_type, file),
    )
}
