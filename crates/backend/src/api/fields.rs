//! Reads JSON objects field by field. Every field is looked at, and all errors are reported at once.

use std::fmt::Display;
use std::str::FromStr;

use axum::body::Body;
use axum::extract::FromRequest;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, Request};
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::{Map, Value};

use super::body;
use super::error::{ApiError, FieldErrors};

/// The name of the whole body among the errors by field.
const WHOLE_BODY: &str = "body";

/// The longest reason, in characters. A parser's reason may repeat the whole text.
const MAX_REASON: usize = 200;

/// A request body that is read from the fields of a JSON object.
pub(super) trait FromFields: Sized {
    /// Whether a missing body, or `null`, counts as an empty object.
    const MAY_BE_EMPTY: bool = false;

    /// Takes the fields of the body. None where a required field is missing or a field is not valid; `fields` has the
    /// errors.
    fn from_fields(fields: &mut Fields) -> Option<Self>;
}

/// The checked body of a request.
#[derive(Debug)]
pub(super) struct Checked<T>(pub(super) T);

/// The fields of an object that were not taken yet, and the errors of those that were.
#[derive(Debug, Default)]
pub(super) struct Fields {
    left: Map<String, Value>,
    errors: FieldErrors,
}

impl Fields {
    fn new(left: Map<String, Value>) -> Self {
        Self { left, errors: FieldErrors::new() }
    }

    /// Takes a required text that parses as `T`.
    pub(super) fn required<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        if self.left.get(name).is_none_or(Value::is_null) {
            self.reject(name, "is required");
        }
        self.optional(name)
    }

    /// Takes an optional text that parses as `T`. `null` counts as absent.
    pub(super) fn optional<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        match self.left.remove(name)? {
            Value::Null => None,
            Value::String(text) => text.parse().map_err(|error| self.reject(name, error)).ok(),
            _ => {
                self.reject(name, "must be a string");
                None
            }
        }
    }

    /// Whether there is a value that was not taken yet.
    pub(super) fn has(&self, name: &str) -> bool {
        self.left.get(name).is_some_and(|value| !value.is_null())
    }

    /// Takes an optional object. `null` counts as absent.
    pub(super) fn object(&mut self, name: &str) -> Option<Map<String, Value>> {
        match self.left.remove(name)? {
            Value::Null => None,
            Value::Object(object) => Some(object),
            _ => {
                self.reject(name, "must be an object");
                None
            }
        }
    }

    /// Takes a required object that deserializes as `T`.
    pub(super) fn required_json<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        if !self.has(name) {
            self.left.remove(name);
            self.reject(name, "is required");
            return None;
        }
        let object = Value::Object(self.object(name)?);
        let shortened =
            |error: serde_json::Error| error.to_string().chars().take(MAX_REASON).collect::<String>();
        serde_json::from_value(object).map_err(|error| self.reject(name, shortened(error))).ok()
    }

    /// Takes an optional object with fields of its own. `null` counts as absent. Errors of its fields are named
    /// `name.field`.
    pub(super) fn nested<T: FromFields>(&mut self, name: &str) -> Option<T> {
        let mut inner = Self::new(self.object(name)?);
        let value = T::from_fields(&mut inner);
        let unknown: Vec<String> = inner.left.keys().cloned().collect();
        for field in &unknown {
            inner.reject(field, "is not a known field");
        }
        for (field, reasons) in inner.errors {
            for reason in reasons {
                self.reject(&format!("{name}.{field}"), reason);
            }
        }
        value
    }

    /// Takes an optional boolean. `null` counts as absent.
    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        match self.left.remove(name)? {
            Value::Null => None,
            Value::Bool(flag) => Some(flag),
            _ => {
                self.reject(name, "must be true or false");
                None
            }
        }
    }

    /// Adds a text. A second text of the same name is an error.
    pub(super) fn put(&mut self, name: &str, text: String) {
        if self.left.insert(name.to_owned(), Value::String(text)).is_some() {
            self.reject(name, "is there more than once");
        }
    }

    /// Notes an error of a field.
    pub(super) fn reject(&mut self, name: &str, reason: impl Display) {
        self.errors.note(name, reason.to_string());
    }

    /// The value, where there are no errors and no field is left.
    ///
    /// # Errors
    ///
    /// [`ApiError::Validation`] with all errors.
    pub(super) fn finish<T>(mut self, value: Option<T>) -> Result<T, ApiError> {
        let unknown: Vec<String> = self.left.keys().cloned().collect();
        for name in unknown {
            self.reject(&name, "is not a known field");
        }
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            _ => Err(ApiError::Validation(self.errors)),
        }
    }
}

impl<T: FromFields, S: Sync> FromRequest<S> for Checked<T> {
    type Rejection = ApiError;

    async fn from_request(mut request: Request<Body>, _: &S) -> Result<Self, ApiError> {
        let body = body::read(&mut request).await?;
        parse(request.headers(), &body).map(Self)
    }
}

fn parse<T: FromFields>(headers: &HeaderMap, body: &Bytes) -> Result<T, ApiError> {
    let object = if body.is_empty() && T::MAY_BE_EMPTY {
        Map::new()
    } else {
        check_media_type(headers)?;
        match parse_json(body)? {
            Value::Object(object) => object,
            Value::Null if T::MAY_BE_EMPTY => Map::new(),
            _ => return Err(no_object()),
        }
    };
    let mut fields = Fields::new(object);
    let value = T::from_fields(&mut fields);
    fields.finish(value)
}

fn check_media_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let json = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
    });
    if json && !headers.contains_key(CONTENT_ENCODING) { Ok(()) } else { Err(ApiError::UnsupportedMediaType) }
}

fn parse_json(body: &[u8]) -> Result<Value, ApiError> {
    let text = std::str::from_utf8(body)
        .map_err(|error| ApiError::InvalidUtf8 { valid_up_to: error.valid_up_to() })?;
    serde_json::from_str(text).map_err(|error| malformed(&error))
}

fn no_object() -> ApiError {
    let errors = vec!["must be an object".to_owned()];
    ApiError::Validation(FieldErrors::from([(WHOLE_BODY.to_owned(), errors)]))
}

fn malformed(error: &serde_json::Error) -> ApiError {
    let (line, column) = (error.line(), error.column());
    let reason = match error.classify() {
        Category::Eof => "it ends too early".to_owned(),
        Category::Io | Category::Syntax | Category::Data => {
            let text = error.to_string();
            text.split(" at line ").next().unwrap_or(&text).to_owned()
        }
    };
    ApiError::MalformedJson { reason, line, column }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Email, FullName};

    #[derive(Debug)]
    struct Sample;

    impl FromFields for Sample {
        fn from_fields(fields: &mut Fields) -> Option<Self> {
            let email = fields.required::<Email>("email");
            let name = fields.optional::<FullName>("name");
            let data = fields.object("data");
            drop((name, data));
            email.map(|_| Self)
        }
    }

    fn outcome(body: &'static [u8]) -> Result<(), ApiError> {
        let headers = [(CONTENT_TYPE, "application/json; charset=utf-8".parse().unwrap())];
        parse::<Sample>(&headers.into_iter().collect(), &Bytes::from_static(body)).map(|Sample| ())
    }

    fn errors(body: &'static [u8]) -> Vec<String> {
        match outcome(body) {
            Err(ApiError::Validation(errors)) => {
                errors.into_iter().map(|(name, reasons)| format!("{name} {}", reasons.join(", "))).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn all_errors_are_told_at_once() {
        assert!(outcome(br#"{"email":"a@example.com","data":{}}"#).is_ok());
        assert_eq!(
            errors(br#"{"name":7,"data":[],"emial":"x"}"#),
            [
                "data must be an object",
                "email is required",
                "emial is not a known field",
                "name must be a string"
            ]
        );
        assert_eq!(errors(br#"{"email":null}"#), ["email is required"]);
        assert!(outcome(br#"{"email":"a@example.com","name":null,"data":null}"#).is_ok());
        assert_eq!(errors(b"[]"), ["body must be an object"]);
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        assert!(matches!(
            outcome(b"{\n  \"email\": }"),
            Err(ApiError::MalformedJson { line: 2, column: 12, .. })
        ));
        for body in [&b""[..], b"{", b"{\"a\":1} x", b"nope"] {
            assert!(matches!(outcome(body), Err(ApiError::MalformedJson { .. })), "{body:?}");
        }
        assert!(matches!(outcome(b"{\"email\":\"\xff\"}"), Err(ApiError::InvalidUtf8 { valid_up_to: 10 })));
        let deep: &'static str = Box::leak("[".repeat(10_000).into_boxed_str());
        assert!(matches!(outcome(deep.as_bytes()), Err(ApiError::MalformedJson { .. })));
    }

    #[test]
    fn only_json_is_taken() {
        let body = Bytes::from_static(b"{\"email\":\"a@example.com\"}");
        for (value, good) in
            [("application/json", true), ("application/merge-patch+json", true), ("text/plain", false)]
        {
            let headers = [(CONTENT_TYPE, value.parse().unwrap())].into_iter().collect();
            assert_eq!(parse::<Sample>(&headers, &body).is_ok(), good, "{value}");
        }
        assert!(matches!(parse::<Sample>(&HeaderMap::new(), &body), Err(ApiError::UnsupportedMediaType)));
    }
}
