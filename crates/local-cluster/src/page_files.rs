//! The page's files, by whatever name somebody asks for them.

use std::io::{self, ErrorKind};
use std::path::Path;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, any};
use tower_http::services::{ServeDir, ServeFile};

use crate::page_headers;

/// Whatever lies here has a hash of its content in its name.
const ASSETS: &str = "/assets/";

/// How a request for a path is answered.
#[derive(Clone)]
struct Files {
    /// Hashed files: there, or not.
    assets: ServeDir,
    assets_headers: HeaderMap,
    /// All else: the page knows its own addresses.
    pages: ServeDir<ServeFile>,
    pages_headers: HeaderMap,
}

/// Serves the files in `folder`, and `index` for every other path but those of hashed files. What the build has
/// compressed goes out as it is.
pub(crate) fn files(folder: &Path, index: &Path) -> MethodRouter {
    let compressed = || ServeDir::new(folder).precompressed_br().precompressed_gzip();
    let index = ServeFile::new(index).precompressed_br().precompressed_gzip();
    let files = Files {
        assets: compressed(),
        assets_headers: page_headers::of_location(ASSETS),
        pages: compressed().fallback(index),
        pages_headers: page_headers::of_location("/"),
    };
    any(serve).with_state(files)
}

async fn serve(State(mut files): State<Files>, request: Request) -> Response {
    let is_asset = request.uri().path().starts_with(ASSETS);
    let (answer, headers) = if is_asset {
        (files.assets.try_call(request).await.map(|answer| answer.map(Body::new)), files.assets_headers)
    } else {
        (files.pages.try_call(request).await.map(|answer| answer.map(Body::new)), files.pages_headers)
    };
    match answer {
        Ok(answer) => with(headers, answer),
        Err(error) => refusal(&error).into_response(),
    }
}

/// As nginx does without `always`: an error bears none of them.
fn with(headers: HeaderMap, mut answer: Response) -> Response {
    if answer.status().is_success() || answer.status().is_redirection() {
        answer.headers_mut().extend(headers);
    }
    answer
}

/// A name that no file can have is the client's error; anything else is this machine's.
fn refusal(error: &io::Error) -> (StatusCode, String) {
    match error.kind() {
        ErrorKind::InvalidFilename
        | ErrorKind::InvalidInput
        | ErrorKind::NotADirectory
        | ErrorKind::NotFound => (StatusCode::NOT_FOUND, "there is no such file\n".to_owned()),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, format!("the file cannot be read: {error}\n")),
    }
}
