//! A request to a route that has a cache.

use super::Exchange;
use super::conclusion::{CLIENT_LEFT, Conclusion};
use super::current_pool::CurrentPool;
use crate::cache::{self, CONDITIONS, Cache, Fields, Filling, Found, Recording, Stored, Terms, Verdict};
use crate::client::Client;
use crate::forward::{self, ExchangeError};
use crate::http1::length::Length;
use crate::respond::ErrorKind;
use std::sync::Arc;
use std::time::Instant;

impl<C: Client> Exchange<'_, C> {
    /// Answers from the cache, or from a server and keeps what may be kept.
    pub(super) async fn through_cache<'p>(
        &mut self,
        cache: &Arc<Cache>,
        pool: &'p CurrentPool<'p>,
    ) -> Conclusion<'p> {
        let key = cache::key(self.request.host(), self.request.target());
        let Some(terms) = self.terms() else { return self.past_cache(cache, &key, pool).await };
        let mut patience = true;
        loop {
            let fields = Fields(self.request.head());
            match cache.look(&key, fields, &terms, patience, Instant::now()) {
                Found::Hit(stored) => {
                    let answer = stored.answer(fields, "HIT", Instant::now());
                    return self.answer(&answer).await;
                }
                Found::Wait(news) => {
                    if self.wait(news, pool).await.is_err() {
                        // Only the client can break a wait.
                        self.client.abort();
                        return Conclusion::own(CLIENT_LEFT);
                    }
                    patience = false;
                }
                Found::Miss(filling) => return self.fill(cache, filling, terms, pool).await,
            }
        }
    }

    fn terms(&self) -> Option<Terms> {
        let has_body = !matches!(self.request.facts.length, Length::Empty | Length::Exact(0));
        cache::terms(self.request.method(), has_body, Fields(self.request.head()))
    }

    /// Handles a request that the cache must not answer. When the request has changed something, the cache forgets the
    /// target.
    async fn past_cache<'p>(
        &mut self,
        cache: &Cache,
        key: &[u8],
        pool: &'p CurrentPool<'p>,
    ) -> Conclusion<'p> {
        cache.bypass();
        let conclusion = self.forward(pool).await;
        let safe = matches!(self.request.method(), b"GET" | b"HEAD" | b"OPTIONS" | b"TRACE");
        if !safe && conclusion.is_success() {
            cache.invalidate(key);
        }
        conclusion
    }

    /// Waits for an answer that another request is fetching, as long as a server may take.
    async fn wait(
        &mut self,
        news: impl Future<Output = ()>,
        pool: &CurrentPool<'_>,
    ) -> Result<(), ExchangeError> {
        let limit = pool.policy().timeouts.first_byte;
        forward::unless_left(self.worker, self.client, self.request, self.timer, limit, news).await.map(drop)
    }

    async fn fill<'p>(
        &mut self,
        cache: &Cache,
        filling: Filling,
        terms: Terms,
        pool: &'p CurrentPool<'p>,
    ) -> Conclusion<'p> {
        if terms.only_if_cached {
            drop(filling);
            cache.miss();
            return self.refuse(ErrorKind::NotCached).await;
        }
        let is_own_question = filling.stale().is_some();
        if (terms.conditional && !is_own_question) || self.request.facts.is_head {
            // What comes back may be without its body.
            drop(filling);
            cache.miss();
            return self.forward(pool).await;
        }
        if let Some(stale) = filling.stale() {
            self.ask_about(stale);
        }
        let (conclusion, verdict) = self.fetch(filling, pool).await;
        match verdict {
            None => {
                cache.miss();
                conclusion
            }
            Some((Verdict::Holds(stored), filling)) => {
                cache.revalidated();
                self.answer_kept(&stored, filling, conclusion).await
            }
            Some((Verdict::Odd, filling)) => {
                cache.miss();
                self.fetch_whole(filling, conclusion, pool).await
            }
        }
    }

    /// Fetches an answer and keeps it as it passes, unless the answer is about a kept one.
    async fn fetch<'p>(
        &mut self,
        filling: Filling,
        pool: &'p CurrentPool<'p>,
    ) -> (Conclusion<'p>, Option<(Verdict, Filling)>) {
        let Self { worker, timer, began, .. } = *self;
        let mut recording = Recording::new(&mut *self.client, filling);
        let mut recorded = Exchange { worker, client: &mut recording, timer, request: self.request, began };
        let conclusion = recorded.forward(pool).await;
        (conclusion, recording.into_verdict())
    }

    /// Turns the request into a revalidation of the kept answer.
    fn ask_about(&mut self, stale: &Stored) {
        self.request.remove_fields(&CONDITIONS);
        for (name, value) in stale.validators() {
            self.request.add_field(name.as_bytes(), value.as_bytes());
        }
    }

    /// The kept answer holds: the client gets it, or a 304 if the client has it already.
    async fn answer_kept<'p>(
        &mut self,
        stored: &Stored,
        filling: Filling,
        asked: Conclusion<'p>,
    ) -> Conclusion<'p> {
        let answer = stored.answer(filling.request(), "REVALIDATED", Instant::now());
        // Whoever waits for the same need not wait until this client has its answer.
        drop(filling);
        self.answer(&answer).await.after(asked.attempts)
    }

    /// The server's answer does not fit the revalidation: the server is asked for the whole answer.
    async fn fetch_whole<'p>(
        &mut self,
        mut filling: Filling,
        asked: Conclusion<'p>,
        pool: &'p CurrentPool<'p>,
    ) -> Conclusion<'p> {
        filling.forget_stale();
        self.request.remove_fields(&CONDITIONS);
        self.request.rewind();
        let (conclusion, _) = self.fetch(filling, pool).await;
        conclusion.after(asked.attempts)
    }
}
