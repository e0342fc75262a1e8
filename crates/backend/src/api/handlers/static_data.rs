//! Reference data for forms. The data is the same for everybody, so caches may keep it.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::api::dto::{ChoiceBody, CountryBody, StaticDataBody};
use crate::api::etag;
use crate::domain::reference::{self, Choice};

/// The body and its entity tag, made once.
struct Rendered {
    body: Bytes,
    tag: HeaderValue,
}

static RENDERED: LazyLock<Rendered> = LazyLock::new(|| {
    // Texts alone, which always serialise.
    let body = serde_json::to_vec(&data()).unwrap_or_default();
    let hash: String =
        digest(&SHA256, &body).as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    let tag =
        HeaderValue::try_from(format!("\"{hash}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"0\""));
    Rendered { body: body.into(), tag }
});

/// Countries, time zones, organization sizes and roles
#[utoipa::path(
    get, path = "/api/static-data", tag = "onboarding", operation_id = "get_static_data",
    params(("If-None-Match" = Option<String>, Header, description = "The `ETag` of the data that the client has")),
    responses(
        (status = 200, description = "What a person chooses from", body = StaticDataBody, headers(
            ("ETag" = String, description = "Changes with the data"),
            ("Cache-Control" = String, description = "`public, max-age=300`"),
        )),
        (status = 304, description = "The client has this data already"),
    )
)]
pub(in crate::api) async fn show(headers: HeaderMap) -> Response {
    let Rendered { body, tag } = &*RENDERED;
    let caching = [(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")), (ETAG, tag.clone())];
    if etag::has_already(&headers, tag) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(CONTENT_TYPE, "application/json")], body.clone()).into_response()
}

fn data() -> StaticDataBody {
    let choices = |choices: &[Choice]| {
        choices.iter().map(|choice| ChoiceBody { value: choice.value, label: choice.label }).collect()
    };
    StaticDataBody {
        countries: reference::countries().map(|(code, name)| CountryBody { code, name }).collect(),
        time_zones: reference::time_zones().to_vec(),
        organization_sizes: choices(&reference::ORGANIZATION_SIZES),
        roles: choices(&reference::ORGANIZATION_ROLES),
    }
}
