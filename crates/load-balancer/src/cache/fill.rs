//! Fills the cache: an answer goes to the client and is kept on its way.

use std::{
    ops::Range,
    sync::Arc,
    task::{Context, Poll},
    time::{Instant, SystemTime},
};

use super::{
    Cache, Fetch, Fields,
    head::{Head, lines, vary},
    refresh,
    rules::{self, Freshness},
    stored::Stored,
};
use crate::answer::Answer;
use crate::client::{Client, ClientError, Own};
use crate::http1::{response::ResponseHead, write::Added};
use crate::runtime::{Scratch, Timer};

/// A fetch under way. When the fetch is dropped, the requests that wait for it look again.
#[derive(Debug)]
pub(crate) struct Filling {
    cache: Arc<Cache>,
    key: Box<[u8]>,
    /// The request's head, which the answer may vary by.
    request: Vec<u8>,
    /// The kept answer that must be revalidated before it is given, if a server can be asked about it.
    stale: Option<Arc<Stored>>,
    fetch: Arc<Fetch>,
    /// Whether other requests wait for this fetch.
    leads: bool,
}

impl Filling {
    pub(super) fn new(cache: &Arc<Cache>, key: &[u8], fields: Fields<'_>, fetch: Arc<Fetch>) -> Self {
        let (cache, key, request) = (Arc::clone(cache), key.into(), fields.0.to_vec());
        Self { cache, key, request, stale: None, fetch, leads: false }
    }

    /// Begins the fetch that other requests wait for.
    pub(super) fn leading(mut self) -> Self {
        self.leads = true;
        self
    }

    /// Adds the kept answer that is to be revalidated, if a server can be asked about it.
    pub(super) fn about(mut self, stale: Option<Arc<Stored>>) -> Self {
        self.stale = stale.filter(|stored| stored.has_validator());
        self
    }

    /// The answer that is to be revalidated.
    pub(crate) fn stale(&self) -> Option<&Stored> {
        self.stale.as_deref()
    }

    /// The head of the request as the client sent it.
    pub(crate) fn request(&self) -> Fields<'_> {
        Fields(&self.request)
    }

    /// Asks for the whole answer from here on, without conditions.
    pub(crate) fn forget_stale(&mut self) {
        self.stale = None;
    }

    /// The part of an answer with this head that may be kept, if any.
    fn draft(&self, head: &ResponseHead<'_, '_>, date: &[u8]) -> Option<Draft> {
        let Head { fields, age } = Head::read(head, date)?;
        let mut text = lines(&fields);
        text.extend_from_slice(&age);
        let freshness = rules::keep(head.status, Fields(&text), self.cache.policy.ttl, SystemTime::now())?;
        let vary = vary(Fields(&text), self.request());
        Some(Draft { status: head.status, fields, vary, freshness, body: Vec::new() })
    }

    /// The outcome of a revalidation; `None` when the server's answer is to be passed on.
    fn verdict(&self, head: &ResponseHead<'_, '_>, date: &[u8]) -> Option<Verdict> {
        let stale = self.stale.as_ref()?;
        if head.status == 412 {
            return Some(Verdict::Odd);
        }
        if head.status != 304 {
            return None;
        }
        let Some(head) = Head::read(head, date).filter(|head| refresh::is_about(&head.fields, stale)) else {
            return Some(Verdict::Odd);
        };
        let (stored, keeps) = refresh::refreshed(stale, head, self.request(), self.cache.policy.ttl);
        let stored = Arc::new(stored);
        if keeps {
            self.cache.keep(&self.key, Arc::clone(&stored), &self.fetch);
        } else {
            self.cache.invalidate(&self.key);
        }
        Some(Verdict::Holds(stored))
    }

    fn keep(&self, draft: Draft) {
        let Draft { status, fields, vary, freshness, body } = draft;
        let stored = Stored { status, fields, body: body.into(), vary, freshness, since: Instant::now() };
        self.cache.keep(&self.key, Arc::new(stored), &self.fetch);
    }
}

impl Drop for Filling {
    fn drop(&mut self) {
        if self.leads {
            self.cache.fetched(&self.key, &self.fetch);
        }
    }
}

/// The outcome of a revalidation.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The kept answer still holds, with these fields.
    Holds(Arc<Stored>),
    /// The server's answer does not fit the question: the client needs another one.
    Odd,
}

/// The part of an answer that has come so far.
struct Draft {
    status: u16,
    fields: Vec<(String, String)>,
    vary: Vec<(String, Vec<u8>)>,
    freshness: Freshness,
    body: Vec<u8>,
}

/// A client whose answer is kept as it passes. A server's answer to a revalidation does not pass.
pub(crate) struct Recording<'a, C> {
    client: &'a mut C,
    filling: Option<Filling>,
    draft: Option<Draft>,
    verdict: Option<Verdict>,
}

impl<'a, C> Recording<'a, C> {
    pub(crate) fn new(client: &'a mut C, filling: Filling) -> Self {
        Self { client, filling: Some(filling), draft: None, verdict: None }
    }

    /// The server's answer to the revalidation, of which the client has had nothing.
    pub(crate) fn into_verdict(self) -> Option<(Verdict, Filling)> {
        self.verdict.zip(self.filling)
    }

    /// Nothing will be kept, so the requests that wait for this fetch need not wait for the rest.
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
        self.verdict = self.filling.as_ref().and_then(|filling| filling.verdict(head, added.date));
        if self.verdict.is_some() {
            return;
        }
        self.draft = self.filling.as_ref().and_then(|filling| filling.draft(head, added.date));
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
        if self.verdict.is_some() {
            return Ok(());
        }
        // Before the client frames it in place.
        self.take_in(scratch.bytes(&content), end.is_some());
        self.client.offer(cx, scratch, content, end)
    }

    fn answer(&mut self, answer: &Answer, own: &Own<'_>) {
        self.give_up();
        self.client.answer(answer, own);
    }

    fn abort(&mut self) {
        // With a verdict, the client has had nothing that could break off.
        if self.verdict.is_none() {
            self.give_up();
            self.client.abort();
        }
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

    fn poll_left(&mut self, cx: &mut Context<'_>, scratch: &mut Scratch, timer: &Timer) -> Poll<()> {
        self.client.poll_left(cx, scratch, timer)
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
