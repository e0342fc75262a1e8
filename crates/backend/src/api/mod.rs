//! The HTTP API. The modules in the order in which a request meets them: [`mod@router`] knows all paths; `observe`
//! names, counts and logs the request; `idempotent` makes the request repeatable; `body` and `fields` parse it; a
//! handler calls the domain and the store; `error` makes the answer of an error.

mod accept_language;
mod administrator;
mod again;
mod attempt;
mod authenticated;
mod body;
mod client;
mod cookie;
mod cursor;
mod device;
mod dto;
mod error;
mod etag;
mod field_errors;
mod fields;
mod freshness;
mod guard;
mod handlers;
mod idempotent;
mod keeping;
mod observe;
mod oidc_cookie;
mod oidc_refusal;
mod openapi;
mod passkey_refusal;
mod presented;
mod proof;
mod query;
mod readable_path;
mod request_id;
mod retry;
mod router;
mod same_site;
mod server_span;
mod step_up;
mod whole;
mod whole_state;

pub use openapi::document;
pub use router::router;
