//! Counts the funnel: takes people who have changed since the last count out of the sums, and puts their present
//! state in.

use std::collections::BTreeSet;

use time::Duration;

use super::walk;
use crate::app::templates::Shelf;
use crate::domain::Timestamp;
use crate::domain::funnel::{Cells, Counted, NotCounted};
use crate::store::funnel::{CountedPerson, FunnelCount, LATE, PersonRecord, Uncounted, UncountedPerson};
use crate::store::{Store, StoreError};

/// The rules of counting.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// The templates of all onboardings.
    pub templates: &'a Shelf,
    /// The time without a change after which a person is stuck, before the first completion.
    pub stuck_after: Duration,
}

/// The result of one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// All changes before this moment are counted, and all that was committed by now.
    Done(Timestamp),
    /// There is more to count. All changes before this moment are counted.
    More(Timestamp),
}

/// Counts one round: at most `limit` people of each kind ([`crate::store::funnel::Funnels::uncounted`]).
///
/// # Errors
///
/// A [`StoreError`] where the database does not answer, or holds records that cannot be read.
pub async fn count(
    store: &dyn Store,
    rules: Rules<'_>,
    now: Timestamp,
    limit: u32,
) -> Result<Round, StoreError> {
    let found = store.uncounted(now, limit).await?;
    if found.people.is_empty() {
        return Ok(Round::Done(now));
    }
    let (counted_to, more, before) =
        (found.counted_to.max(found.reaches.min(now - LATE)), found.more, found.counted_to);
    let count = recounted(store, rules, (found, counted_to), now).await?;
    if !store.count_funnel(count).await? {
        return Ok(Round::More(before));
    }
    Ok(if more { Round::More(counted_to) } else { Round::Done(now) })
}

/// The changes to store.
async fn recounted(
    store: &dyn Store,
    rules: Rules<'_>,
    (found, counted_to): (Uncounted, Timestamp),
    now: Timestamp,
) -> Result<FunnelCount, StoreError> {
    let mut changes = Vec::with_capacity(found.people.len());
    for person in &found.people {
        changes.push(Change::of(store, rules, person, now).await?);
    }
    let records = changes.iter().flat_map(|change| [&change.before, &change.after]).flatten();
    let groups: BTreeSet<_> = records.flat_map(Counted::groups).collect();
    let mut cells = store.funnel_groups(groups.into_iter().collect()).await?;
    for change in &changes {
        change.apply(&mut cells);
    }
    let people = found.people.iter().zip(&changes);
    let people = people
        .map(|(person, change)| change.record(person, rules.stuck_after, now))
        .collect::<Result<_, _>>()?;
    Ok(FunnelCount { after: found.count, counted_to, people, cells })
}

/// The change of one person.
struct Change {
    before: Option<Counted>,
    after: Option<Counted>,
}

impl Change {
    async fn of(
        store: &dyn Store,
        rules: Rules<'_>,
        person: &UncountedPerson,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let before = person.counted.as_deref().map(Counted::from_bytes).transpose().map_err(corrupt)?;
        let after = match &person.now {
            None => None,
            Some(state) => {
                // Where nobody knows the template, what was touched is counted: one lost text must not stop the others.
                let template = rules.templates.find(store, &state.onboarding.template).await.ok();
                Some(Counted::of(&walk::of(state, template.as_deref(), rules.stuck_after, now)))
            }
        };
        Ok(Self { before, after })
    }

    fn apply(&self, cells: &mut Cells) {
        if let Some(before) = &self.before
            && !cells.remove(before)
        {
            // Somebody has changed the sums by hand. They are right again once all is counted anew.
            tracing::error!("the sums of the funnel are not those of the people who were counted");
        }
        if let Some(after) = &self.after {
            cells.add(after);
        }
    }

    fn record(
        &self,
        person: &UncountedPerson,
        stuck_after: Duration,
        now: Timestamp,
    ) -> Result<CountedPerson, StoreError> {
        let record = match self.after.as_ref().zip(person.now.as_ref()) {
            None => None,
            Some((after, state)) => Some(PersonRecord {
                version: state.onboarding.version,
                counted: after.to_bytes().map_err(corrupt)?,
                due_at: state.facts().stuck_at(stuck_after).filter(|at| *at > now),
            }),
        };
        Ok(CountedPerson { user_id: person.user_id, counted: record })
    }
}

fn corrupt(error: NotCounted) -> StoreError {
    StoreError::corrupt("counted", error)
}
