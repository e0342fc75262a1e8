//! Counts how far people come: whoever was changed since the last count is taken out of the sums and put in as they are.

use std::collections::BTreeSet;

use super::walk;
use crate::app::templates::Shelf;
use crate::domain::Timestamp;
use crate::domain::funnel::{Cells, Counted, NotCounted};
use crate::store::funnel::{CountedPerson, FunnelCount, LATE, PersonRecord, Uncounted, UncountedPerson};
use crate::store::{Store, StoreError};

/// How a round of counting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// All that was changed before this moment is counted, and whatever was committed by now.
    Done(Timestamp),
    /// There is more to do; all that was changed before this moment is counted.
    More(Timestamp),
}

/// One round: counts at most `limit` people of each kind ([`crate::store::funnel::Funnels::uncounted`]).
///
/// # Errors
///
/// The database cannot be asked, or holds records that are none.
pub async fn count(
    store: &dyn Store,
    templates: &Shelf,
    now: Timestamp,
    limit: u32,
) -> Result<Round, StoreError> {
    let found = store.uncounted(now, limit).await?;
    if found.people.is_empty() {
        return Ok(Round::Done(now));
    }
    let (counted_to, more, before) =
        (found.counted_to.max(found.reaches.min(now - LATE)), found.more, found.counted_to);
    let count = recounted(store, templates, (found, counted_to), now).await?;
    if !store.count_funnel(count).await? {
        return Ok(Round::More(before));
    }
    Ok(if more { Round::More(counted_to) } else { Round::Done(now) })
}

/// What is to be stored.
async fn recounted(
    store: &dyn Store,
    templates: &Shelf,
    (found, counted_to): (Uncounted, Timestamp),
    now: Timestamp,
) -> Result<FunnelCount, StoreError> {
    let mut changes = Vec::with_capacity(found.people.len());
    for person in &found.people {
        changes.push(Change::of(store, templates, person, now).await?);
    }
    let records = changes.iter().flat_map(|change| [&change.before, &change.after]).flatten();
    let groups: BTreeSet<_> = records.flat_map(Counted::groups).collect();
    let mut cells = store.funnel_groups(groups.into_iter().collect()).await?;
    for change in &changes {
        change.apply(&mut cells);
    }
    let people = found.people.iter().zip(&changes);
    let people = people.map(|(person, change)| change.record(person, now)).collect::<Result<_, _>>()?;
    Ok(FunnelCount { after: found.count, counted_to, people, cells })
}

/// What changes about one person.
struct Change {
    before: Option<Counted>,
    after: Option<Counted>,
}

impl Change {
    async fn of(
        store: &dyn Store,
        templates: &Shelf,
        person: &UncountedPerson,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let before = person.counted.as_deref().map(Counted::from_bytes).transpose().map_err(corrupt)?;
        let after = match &person.now {
            None => None,
            Some(state) => {
                // Where nobody knows the template, what was touched is counted: one lost text must not stop the others.
                let template = templates.find(store, &state.onboarding.template).await.ok();
                Some(Counted::of(&walk::of(state, template.as_deref(), now)))
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

    fn record(&self, person: &UncountedPerson, now: Timestamp) -> Result<CountedPerson, StoreError> {
        let record = match self.after.as_ref().zip(person.now.as_ref()) {
            None => None,
            Some((after, state)) => Some(PersonRecord {
                version: state.onboarding.version,
                counted: after.to_bytes().map_err(corrupt)?,
                due_at: walk::stuck_at(state).filter(|at| *at > now),
            }),
        };
        Ok(CountedPerson { user_id: person.user_id, counted: record })
    }
}

fn corrupt(error: NotCounted) -> StoreError {
    StoreError::corrupt("counted", error)
}
