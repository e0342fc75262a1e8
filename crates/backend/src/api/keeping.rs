//! Decides which answers are stored for a request's key, so that nobody can fill the database with answers.

use std::net::IpAddr;

use uuid::Uuid;

use super::client;
use super::error::ApiError;
use crate::app::AppState;
use crate::domain::Timestamp;
use crate::idempotency::{Answer, MAX_LIVE_CHANGES, MAX_LIVE_REFUSALS, MAX_REFUSAL_BYTES, Request};
use crate::metrics::NotKept;
use crate::store::{Asker, IdempotencyRecord, KeptAnswer};

/// A request with a key.
#[derive(Debug)]
pub(super) struct Keyed {
    pub(super) request: Request,
    /// The asker of changes and the number of stored ones; none where the person is not logged in.
    changes: Option<(Asker, u32)>,
    /// The asker that refusals are counted by, and changes by nobody.
    refusals: Asker,
}

/// The fate of an answer.
#[derive(Debug)]
pub(super) enum Keep {
    /// This record is stored.
    Record(IdempotencyRecord),
    /// Nothing is stored.
    Nothing,
    /// There is a stored answer already.
    Found(KeptAnswer),
}

impl Keyed {
    /// Looks for a stored answer, by one query to the database that also gives the other facts.
    pub(super) async fn look_up(
        app: &AppState,
        request: Request,
        person: Option<Uuid>,
    ) -> Result<(Self, Option<KeptAnswer>), ApiError> {
        let refusals = match person {
            Some(id) => app.vault.asker("refusals of a person", id.as_bytes()),
            None => app.vault.asker("refusals to an address", &network(client::current_address())),
        };
        let Some(id) = person else {
            let kept = app.store.kept_answer(request.scope, app.now()).await?;
            return Ok((Self { request, changes: None, refusals }, kept));
        };
        let changes = changes_of(app, id);
        let found = app.store.look_up(request.scope, changes, app.now()).await?;
        Ok((Self { request, changes: Some((changes, found.live)), refusals }, found.kept))
    }

    /// The fate of the answer to a change. `person` is the person who has made the change.
    pub(super) async fn change(
        &self,
        app: &AppState,
        answer: &Answer,
        person: Option<Uuid>,
        at: Timestamp,
    ) -> Result<Keep, ApiError> {
        let (asker, live) = if let Some(known) = self.changes {
            known
        } else {
            let asker = person.map_or(self.refusals, |id| changes_of(app, id));
            let found = app.store.look_up(self.request.scope, asker, at).await?;
            if let Some(kept) = found.kept {
                return Ok(Keep::Found(kept));
            }
            (asker, found.live)
        };
        if live >= MAX_LIVE_CHANGES {
            return self.nothing(app, NotKept::Quota, at).await;
        }
        Ok(Keep::Record(app.vault.seal(&self.request, answer, Some(asker), at)?))
    }

    /// The fate of a refusal. A refusal has changed nothing, so a repetition may be judged again. Records are for
    /// clients that ask for them, small and few.
    pub(super) async fn refusal(
        &self,
        app: &AppState,
        answer: &Answer,
        at: Timestamp,
    ) -> Result<Keep, ApiError> {
        if self.request.key_by_proxy {
            return self.nothing(app, NotKept::ProxyKey, at).await;
        }
        let record = app.vault.seal(&self.request, answer, Some(self.refusals), at)?;
        if record.kept.answer.len() > MAX_REFUSAL_BYTES {
            return self.nothing(app, NotKept::TooLarge, at).await;
        }
        let found = app.store.look_up(self.request.scope, self.refusals, at).await?;
        if let Some(kept) = found.kept {
            return Ok(Keep::Found(kept));
        }
        if found.live >= MAX_LIVE_REFUSALS {
            return self.nothing(app, NotKept::Quota, at).await;
        }
        Ok(Keep::Record(record))
    }

    /// The fate of an answer that is not stored. The answer of an earlier or faster try counts, because it may be the
    /// cause of this refusal.
    async fn nothing(&self, app: &AppState, reason: NotKept, at: Timestamp) -> Result<Keep, ApiError> {
        app.metrics.answer_not_kept(reason);
        let kept = app.store.kept_answer(self.request.scope, at).await?;
        Ok(kept.map_or(Keep::Nothing, Keep::Found))
    }
}

fn changes_of(app: &AppState, person: Uuid) -> Asker {
    app.vault.asker("changes of a person", person.as_bytes())
}

/// The first half of an IPv6 address, because its owner chooses the rest; the whole of an IPv4 address.
fn network(address: Option<IpAddr>) -> Vec<u8> {
    match address {
        Some(IpAddr::V4(address)) => address.octets().to_vec(),
        Some(IpAddr::V6(address)) => address.octets()[..8].to_vec(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_of_many_addresses_is_one_asker() {
        let network = |text: &str| network(Some(text.parse().unwrap()));
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }
}
