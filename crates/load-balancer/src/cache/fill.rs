//! An answer on its way to the client, kept as it passes.

use std::{
    io::Write,
    ops::Range,
    sync::Arc,
    task::{Context, Poll},
    time::{Instant, SystemTime},
};

use tokio::sync::Notify;

use super::{
    Cache, Fields,
    rules::{self, Freshness},
    stored::{Stored, varying},
};
use crate::{
    forward::{Client, ClientError, Own},
    http1::{response::ResponseHead, write::Added},
    respond::Answer,
    worker::{Alarm, Scratch},
};

/// Fields that are written anew with each answer.
const OUR_OWN: [&str; 5] = ["age", "date", "x-cache", "x-request-id", "x-served-by"];

/// A fetch under way. When it is dropped, whoever waits for it looks again.
#[derive(Debug)]
pub(crate) struct Filling {
    cache: Arc<Cache>,
    key: Box<[u8]>,
    /// The request's head, for what the answer turns out to vary by.
    request: Vec<u8>,
    /// Who waits; nobody does when somebody else fetches the same.
    news: Option<Arc<Notify>>,
}

impl Filling {
    pub(super) fn new(cache: &Arc<Cache>, key: &[u8], fields: Fields<'_>, news: Option<Arc<Notify>>) -> Self {
        Self { cache: Arc::clone(cache), key: key.into(), request: fields.0.to_vec(), news }
    }

    /// What to keep of an answer with this head, if anything.
    fn draft(&self, head: &ResponseHead<'_, '_>) -> Option<Draft> {
        let mut lines = Vec::with_capacity(256);
        for (position, field) in head.fields.iter().enumerate() {
            if !head.consumed.contains(position) {
                // Writing to a vector does not fail.
                let _ = write!(lines, "{}: ", field.name);
                lines.extend_from_slice(field.value);
                lines.extend_from_slice(b"\r\n");
            }
        }
        let answer = Fields(&lines);
        let freshness = rules::keep(head.status, answer, self.cache.policy.ttl, SystemTime::now())?;
        let names =
            answer.all("Vary").flat_map(|value| value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
        let vary = names
            .filter(|name| !name.is_empty())
            .map(|name| {
                let name = String::from_utf8_lossy(name).to_ascii_lowercase();
                let value = varying(&name, Fields(&self.request));
                (name, value)
            })
            .collect();
        let ours = |name: &str| OUR_OWN.iter().any(|own| name.eq_ignore_ascii_case(own));
        let passing =
            head.fields.iter().enumerate().filter(|(position, _)| !head.consumed.contains(*position));
        let fields = passing
            .filter(|(_, field)| !ours(field.name))
            .map(|(_, field)| Some((field.name.to_owned(), String::from_utf8(field.value.to_vec()).ok()?)))
            .collect::<Option<_>>()?;
        Some(Draft { status: head.status, fields, vary, freshness, body: Vec::new() })
    }

    fn keep(&self, draft: Draft) {
        let Draft { status, fields, vary, freshness, body } = draft;
        let stored = Stored { status, fields, body: body.into(), vary, freshness, since: Instant::now() };
        self.cache.keep(&self.key, stored);
    }
}

impl Drop for Filling {
    fn drop(&mut self) {
        if let Some(news) = &self.news {
            self.cache.fetched(&self.key, news);
        }
    }
}

/// What has come of an answer so far.
struct Draft {
    status: u16,
    fields: Vec<(String, String)>,
    vary: Vec<(String, Vec<u8>)>,
    freshness: Freshness,
    body: Vec<u8>,
}

/// A client whose answer is kept as it passes.
pub(crate) struct Recording<'a, C> {
    client: &'a mut C,
    filling: Option<Filling>,
    draft: Option<Draft>,
}

impl<'a, C> Recording<'a, C> {
    pub(crate) fn new(client: &'a mut C, filling: Filling) -> Self {
        Self { client, filling: Some(filling), draft: None }
    }

    /// Nothing will be kept: whoever waits need not wait for the rest.
    fn give_up(&mut self) {
        (self.filling, self.draft) = (None, None);
    }

    fn take_in(&mut self, content: &[u8], ended: bool) {
        let (Some(draft), Some(filling)) = (&mut self.draft, &self.filling) else { return };
        let most = usize::try_from(filling.cache.policy.max_size / 4).unwrap_or(usize::MAX);
        if draft.body.len() + content.len() > most {
            return self.give_up();
        }
        draft.body.extend_from_slice(content);
        if ended {
            if let Some(draft) = self.draft.take() {
                filling.keep(draft);
            }
            self.give_up();
        }
    }
}

impl<C: Client> Client for Recording<'_, C> {
    fn begin(&mut self, head: &ResponseHead<'_, '_>, added: &Added<'_>, out: &mut Vec<u8>) {
        self.draft = self.filling.as_ref().and_then(|filling| filling.draft(head));
        if self.draft.is_none() {
            self.give_up();
        }
        self.client.begin(head, &Added { cache: Some("MISS"), ..*added }, out);
    }

    fn offer(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
        content: Range<usize>,
        end: Option<&[u8]>,
    ) -> Result<(), ClientError> {
        // Before the client frames it in place.
        self.take_in(scratch.bytes(&content), end.is_some());
        self.client.offer(cx, scratch, content, end)
    }

    fn answer(&mut self, answer: &Answer, own: &Own<'_>) {
        self.give_up();
        self.client.answer(answer, own);
    }

    fn abort(&mut self) {
        self.give_up();
        self.client.abort();
    }

    fn poll_content(
        &mut self,
        cx: &mut Context<'_>,
        scratch: &mut Scratch,
    ) -> Poll<Result<Range<usize>, ClientError>> {
        self.client.poll_content(cx, scratch)
    }

    fn request_ended(&self) -> bool {
        self.client.request_ended()
    }

    fn trailers(&self) -> &[u8] {
        self.client.trailers()
    }

    fn poll_left(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch, alarm: &Alarm) -> Poll<()> {
        self.client.poll_left(cx, scratch, alarm)
    }

    fn interim(&mut self, cx: &mut Context<'_>, head: &ResponseHead<'_, '_>) -> Result<(), ClientError> {
        self.client.interim(cx, head)
    }

    fn switch(&mut self) {
        self.client.switch();
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ClientError>> {
        self.client.poll_flush(cx)
    }

    fn backlog(&self) -> usize {
        self.client.backlog()
    }

    fn content_out(&self) -> u64 {
        self.client.content_out()
    }
}
