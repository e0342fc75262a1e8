//! Decides which answers are kept for a request's key, so that nobody can fill the database with answers.

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
    /// Of a person who is logged in: what their changes are counted by, and how many are kept.
    changes: Option<(Asker, u32)>,
    /// What the asker's refusals are counted by, and what is nobody's change.
    refusals: Asker,
}

/// What becomes of an answer.
#[derive(Debug)]
pub(super) enum Keep {
    /// This record is kept.
    Record(IdempotencyRecord),
    /// Nothing is.
    Nothing,
    /// There is one already.
    Found(KeptAnswer),
}

impl Keyed {
    /// Looks whether there is an answer already, in one question to the database with whatever else is to be known.
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

    /// What is to be kept of the answer to a change. `person` is whose change it turned out to be.
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

    /// What is to be kept of a refusal. It has changed nothing, so that a repetition may as well be judged anew: records
    /// are for clients that ask for them, small and few.
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

    /// An earlier or faster try may be what this one was refused for, and its answer counts.
    async fn nothing(&self, app: &AppState, reason: NotKept, at: Timestamp) -> Result<Keep, ApiError> {
        app.metrics.answer_not_kept(reason);
        let kept = app.store.kept_answer(self.request.scope, at).await?;
        Ok(kept.map_or(Keep::Nothing, Keep::Found))
    }
}

fn changes_of(app: &AppState, person: Uuid) -> Asker {
    app.vault.asker("changes of a person", person.as_bytes())
}

/// Of an IPv6 address the first half: the rest is whatever its owner likes.
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
