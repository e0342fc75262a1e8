//! A whole answer before it is sent, in a form to be stored.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::reference::{Completion, StateReference, digest_of};
use super::unreadable::Unreadable;

/// Status, headers and body of an answer. The headers are those that belong to the answer itself (type, `ETag`,
/// cookies). Headers that each try gets anew (request id, instance, date) are not among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers, in order.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body; empty for none.
    pub body: Bytes,
    /// The state that the body shows in whole. The reference is stored then, and not the body. None for other
    /// answers.
    pub tells: Option<StateReference>,
}

/// The stored form of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// The answer.
    Answer(Answer),
    /// A reference to the state that the answer showed.
    State(StateReference),
}

/// The serialized answer, before it is encrypted.
#[derive(Serialize, Deserialize)]
struct Wire {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    /// An answer with a JSON body.
    ///
    /// # Errors
    ///
    /// The error of the serializer.
    pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Self, serde_json::Error> {
        let headers = vec![(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        Ok(Self { status, headers, body: serde_json::to_vec(body)?.into(), tells: None })
    }

    /// An answer without a body.
    pub fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new(), tells: None }
    }

    /// The answer with one more header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The answer as one that shows the whole onboarding of a person in a version.
    #[must_use]
    pub fn telling(mut self, user_id: Uuid, version: i64, completion: Completion) -> Self {
        self.tells = Some(StateReference { user_id, version, completion, digest: digest_of(&self.body) });
        self
    }

    /// Whether this answer has, byte for byte, the body that `reference` was stored for.
    pub fn is_the_one_of(&self, reference: &StateReference) -> bool {
        digest_of(&self.body) == reference.digest
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, Unreadable> {
        let text = |value: &HeaderValue| Ok((value.to_str().map_err(|_| Unreadable)?).to_owned());
        let headers = self.headers.iter().map(|(name, value)| Ok((name.to_string(), text(value)?)));
        let wire = Wire {
            status: self.status.as_u16(),
            headers: headers.collect::<Result<_, Unreadable>>()?,
            body: String::from_utf8(self.body.to_vec()).map_err(|_| Unreadable)?,
        };
        serde_json::to_vec(&wire).map_err(|_| Unreadable)
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, Unreadable> {
        let wire: Wire = serde_json::from_slice(bytes).map_err(|_| Unreadable)?;
        let header = |(name, value): (String, String)| {
            let name = HeaderName::try_from(name).map_err(|_| Unreadable)?;
            Ok((name, HeaderValue::try_from(value).map_err(|_| Unreadable)?))
        };
        Ok(Self {
            status: StatusCode::from_u16(wire.status).map_err(|_| Unreadable)?,
            headers: wire.headers.into_iter().map(header).collect::<Result<_, Unreadable>>()?,
            body: wire.body.into(),
            tells: None,
        })
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        response
    }
}
