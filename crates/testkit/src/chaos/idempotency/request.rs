//! A request that can be made many times over, byte for byte, and the answers that have to be one.

use std::{collections::BTreeSet, net::SocketAddr};

use serde_json::Value;
use uuid::Uuid;

use crate::{RawClient, RawResponse};

/// A request with its key.
#[derive(Debug, Clone)]
pub(super) struct Request {
    method: &'static str,
    path: String,
    key: Uuid,
    token: Option<String>,
    body: String,
}

/// The parts that all answers of one key must share: status, content type, entity tag and body.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Essence {
    pub(super) status: u16,
    content_type: Option<String>,
    etag: Option<String>,
    body: Vec<u8>,
}

impl Request {
    pub(super) fn new(method: &'static str, path: &str, body: &Value) -> Self {
        Self { method, path: path.to_owned(), key: Uuid::new_v4(), token: None, body: body.to_string() }
    }

    pub(super) fn bearer(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    /// A read.
    pub(super) fn get(path: &str) -> Self {
        Self { body: String::new(), ..Self::new("GET", path, &Value::Null) }
    }

    /// The request with the same key and another body.
    pub(super) fn with_body(&self, body: &Value) -> Self {
        Self { body: body.to_string(), ..self.clone() }
    }

    /// The request with a fresh key.
    pub(super) fn anew(&self) -> Self {
        Self { key: Uuid::new_v4(), ..self.clone() }
    }

    /// Head and body, as they go to the wire.
    pub(super) fn parts(&self, host: SocketAddr) -> (Vec<u8>, Vec<u8>) {
        let Self { method, path, key, token, body } = self;
        let token =
            token.as_ref().map_or(String::new(), |token| format!("Authorization: Bearer {token}\r\n"));
        let content = match body.len() {
            0 => String::new(),
            length => format!("Content-Type: application/json\r\nContent-Length: {length}\r\n"),
        };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nIdempotency-Key: {key}\r\n{token}\
             {content}\r\n"
        );
        (head.into_bytes(), body.clone().into_bytes())
    }

    /// Makes it once, on a connection of its own.
    pub(super) async fn send(&self, to: SocketAddr) -> Result<Essence, String> {
        let mut client = connect(to).await?;
        let (mut bytes, body) = self.parts(to);
        bytes.extend(body);
        client.send(bytes).await.map_err(|error| error.to_string())?;
        answer(&mut client).await
    }
}

pub(super) async fn connect(to: SocketAddr) -> Result<RawClient, String> {
    RawClient::connect(to).await.map_err(|error| format!("{to}: {error}"))
}

pub(super) async fn answer(client: &mut RawClient) -> Result<Essence, String> {
    client.read_response().await.map(Essence::from).map_err(|error| format!("no answer: {error}"))
}

impl From<RawResponse> for Essence {
    fn from(response: RawResponse) -> Self {
        let header = |name| response.header(name).map(str::to_owned);
        Self {
            status: response.status,
            content_type: header("content-type"),
            etag: header("etag"),
            body: response.body,
        }
    }
}

impl Essence {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// The one answer that all are, if it has the expected status.
pub(super) fn one(answers: Vec<Result<Essence, String>>, expected: u16) -> Result<Essence, String> {
    let answers: BTreeSet<Essence> = answers.into_iter().collect::<Result<_, _>>()?;
    let mut different = answers.iter();
    match (different.next(), different.next()) {
        (Some(answer), None) if answer.status == expected => Ok(answer.clone()),
        _ => {
            let seen: Vec<_> = answers
                .iter()
                .map(|answer| format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body)))
                .collect();
            Err(format!("{} different answers: {}", seen.len(), seen.join(" | ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_one_or_told_apart() {
        let answer = |status, body: &str| {
            Ok(Essence { status, content_type: None, etag: None, body: body.as_bytes().to_vec() })
        };
        assert_eq!(one(vec![answer(201, "a"), answer(201, "a")], 201).unwrap().status, 201);
        for wrong in [
            vec![answer(201, "a"), answer(201, "b")],
            vec![answer(201, "a"), answer(409, "a")],
            vec![answer(503, "a"), answer(503, "a")],
            vec![answer(201, "a"), Err("reset".into())],
            vec![],
        ] {
            one(wrong, 201).unwrap_err();
        }
    }
}
