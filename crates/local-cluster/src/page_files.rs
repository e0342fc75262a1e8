//! The page's files, by whatever name somebody asks for them.

use std::io::{self, ErrorKind};
use std::path::Path;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, any};
use tower_http::services::{ServeDir, ServeFile};

type Files = ServeDir<ServeFile>;

/// Serves the files in `folder`, and `index` for every other path: the page knows its own.
pub(crate) fn files(folder: &Path, index: &Path) -> MethodRouter {
    let files = ServeDir::new(folder).precompressed_gzip().fallback(ServeFile::new(index));
    any(serve).with_state(files)
}

async fn serve(State(mut files): State<Files>, request: Request) -> Response {
    match files.try_call(request).await {
        Ok(answer) => answer.map(Body::new),
        Err(error) => refusal(&error).into_response(),
    }
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
