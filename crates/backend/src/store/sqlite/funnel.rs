//! The sums of the funnel, as SQL.

use std::collections::BTreeMap;

use async_trait::async_trait;
use rusqlite::{Connection, Error, Row, params};
use uuid::Uuid;

use super::SqliteStore;
use super::connection::store_error;
use super::job::Job;
use super::read::{self, millis, moment, parse};
use super::rows::changed;
use crate::domain::Timestamp;
use crate::domain::funnel::{Cell, CellKey, Cells, Dimension, Durations, Group};
use crate::store::funnel::{FunnelCount, Funnels, Uncounted, UncountedPerson, UncountedState};
use crate::store::{Outcome, StoreError};

/// The people who have changed since a time, in the order of their changes.
const CHANGED: &str = "SELECT o.user_id, o.updated_at FROM onboarding o
    LEFT JOIN funnel_people p ON p.user_id = o.user_id
    WHERE o.updated_at >= ?1 AND (p.version IS NULL OR p.version <> o.version) ORDER BY o.updated_at LIMIT ?2";
const DUE: &str = "SELECT user_id FROM funnel_people WHERE due_at <= ?1 LIMIT ?2";
const GONE: &str = "SELECT user_id FROM funnel_gone LIMIT ?1";

const CELLS: &str = "SELECT dimension, value, step, reached, completed, skipped, in_progress, stuck, times
    FROM funnel_cells WHERE dimension = ?1";

/// See [`Funnels::uncounted`].
fn uncounted(connection: &Connection, now: Timestamp, limit: u32) -> Result<Uncounted, StoreError> {
    let failed = |error| store_error("look for whom to count", error);
    let state = "SELECT counts, counted_to FROM funnel_state WHERE id = 1";
    let (count, counted_to): (i64, i64) = connection
        .prepare_cached(state)
        .and_then(|mut query| query.query_row([], |row| row.try_into()))
        .map_err(failed)?;
    let changed = || -> Result<Vec<(String, i64)>, Error> {
        let mut query = connection.prepare_cached(CHANGED)?;
        query.query_map(params![counted_to, limit], |row| row.try_into())?.collect()
    };
    let (changed, due, gone) = (
        changed().map_err(failed)?,
        ids(connection, DUE, params![millis(now), limit]).map_err(failed)?,
        ids(connection, GONE, [limit]).map_err(failed)?,
    );
    let is_full = |found: usize| found >= limit as usize;
    let last = changed.last().filter(|_| is_full(changed.len())).map(|(_, at)| moment(*at)).transpose()?;
    let more = [changed.len(), due.len(), gone.len()].into_iter().any(is_full);
    let mut people = BTreeMap::new();
    for id in changed.into_iter().map(|(id, _)| id).chain(due).chain(gone) {
        let user_id: Uuid = parse("user id", &id)?;
        if let std::collections::btree_map::Entry::Vacant(place) = people.entry(user_id) {
            place.insert(person(connection, user_id)?);
        }
    }
    Ok(Uncounted {
        count,
        counted_to: moment(counted_to)?,
        reaches: last.unwrap_or(now).min(now),
        more,
        people: people.into_values().collect(),
    })
}

fn ids(connection: &Connection, query: &str, params: impl rusqlite::Params) -> Result<Vec<String>, Error> {
    connection.prepare_cached(query)?.query_map(params, |row| row.get(0))?.collect()
}

fn person(connection: &Connection, user_id: Uuid) -> Result<UncountedPerson, StoreError> {
    let (id, action) = (user_id.to_string(), "read whom to count");
    let counted = "SELECT counted FROM funnel_people WHERE user_id = ?";
    let counted = read::one(connection, action, counted, [&id], |row| row.get(0))?;
    let times = "SELECT created_at, updated_at FROM onboarding WHERE user_id = ?";
    let times: Option<(i64, i64)> = read::one(connection, action, times, [&id], |row| row.try_into())?;
    let onboarding = read::onboarding(connection, user_id)?;
    let now = match times.zip(onboarding) {
        None => None,
        Some(((begun_at, changed_at), onboarding)) => {
            Some(UncountedState { begun_at: moment(begun_at)?, changed_at: moment(changed_at)?, onboarding })
        }
    };
    Ok(UncountedPerson { user_id, counted, now })
}

/// See [`Funnels::count_funnel`].
fn count(connection: &Connection, count: &FunnelCount) -> Result<Outcome, StoreError> {
    let store = || -> Result<Outcome, Error> {
        let next =
            "UPDATE funnel_state SET counts = counts + 1, counted_to = ?2 WHERE id = 1 AND counts = ?1";
        if !changed(connection, next, params![count.after, millis(count.counted_to)])? {
            return Ok(Outcome::Stale);
        }
        for person in &count.people {
            let id = person.user_id.to_string();
            if let Some(record) = &person.counted {
                let put =
                    "INSERT INTO funnel_people (user_id, version, counted, due_at) VALUES (?1, ?2, ?3, ?4)
                    ON CONFLICT (user_id) DO UPDATE SET version = ?2, counted = ?3, due_at = ?4";
                let row = params![id, record.version, record.counted, record.due_at.map(millis)];
                changed(connection, put, row)?;
            } else {
                changed(connection, "DELETE FROM funnel_people WHERE user_id = ?", [&id])?;
                changed(connection, "DELETE FROM funnel_gone WHERE user_id = ?", [&id])?;
            }
        }
        for (key, cell) in &count.cells.0 {
            put_cell(connection, key, cell)?;
        }
        Ok(Outcome::Committed)
    };
    store().map_err(|error| store_error("store a count", error))
}

fn put_cell(connection: &Connection, CellKey { group, step }: &CellKey, cell: &Cell) -> Result<(), Error> {
    let put = "INSERT INTO funnel_cells
            (dimension, value, step, reached, completed, skipped, in_progress, stuck, times)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        ON CONFLICT (dimension, value, step) DO UPDATE
        SET reached = ?4, completed = ?5, skipped = ?6, in_progress = ?7, stuck = ?8, times = ?9";
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let row = params![
        group.dimension.as_str(),
        group.value,
        step,
        number(cell.reached),
        number(cell.completed),
        number(cell.skipped),
        number(cell.in_progress),
        number(cell.stuck),
        cell.times.to_bytes(),
    ];
    changed(connection, put, row).map(drop)
}

struct CellRow {
    texts: [String; 3],
    counts: [i64; 5],
    times: Vec<u8>,
}

impl CellRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            texts: [row.get(0)?, row.get(1)?, row.get(2)?],
            counts: [row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?],
            times: row.get(8)?,
        })
    }

    fn into_cell(self) -> Result<(CellKey, Cell), StoreError> {
        let [dimension, value, step] = self.texts;
        let group = Group { dimension: parse("dimension", &dimension)?, value };
        let [reached, completed, skipped, in_progress, stuck] = self.counts.map(i64::unsigned_abs);
        let times =
            Durations::from_bytes(&self.times).map_err(|error| StoreError::corrupt("times", error))?;
        Ok((CellKey { group, step }, Cell { reached, completed, skipped, in_progress, stuck, times }))
    }
}

fn cells(connection: &Connection, query: &str, params: impl rusqlite::Params) -> Result<Cells, StoreError> {
    let rows = read::all(connection, "read the funnel", query, params, CellRow::read)?;
    Ok(Cells(rows.into_iter().map(CellRow::into_cell).collect::<Result<_, _>>()?))
}

fn of_groups(connection: &Connection, groups: &[Group]) -> Result<Cells, StoreError> {
    let mut found = Cells::default();
    let query = format!("{CELLS} AND value = ?2");
    for Group { dimension, value } in groups {
        found.0.extend(cells(connection, &query, params![dimension.as_str(), value])?.0);
    }
    Ok(found)
}

#[async_trait]
impl Funnels for SqliteStore {
    async fn uncounted(&self, now: Timestamp, limit: u32) -> Result<Uncounted, StoreError> {
        self.readers.submit(Job::new(move |connection| uncounted(connection, now, limit))).await
    }

    async fn funnel_groups(&self, groups: Vec<Group>) -> Result<Cells, StoreError> {
        self.readers.submit(Job::new(move |connection| of_groups(connection, &groups))).await
    }

    async fn funnel(&self, dimension: Dimension) -> Result<Cells, StoreError> {
        self.readers.submit(Job::new(move |connection| cells(connection, CELLS, [dimension.as_str()]))).await
    }

    async fn count_funnel(&self, counted: FunnelCount) -> Result<bool, StoreError> {
        let stored = self.writer.submit(Job::keeping(move |connection| count(connection, &counted))).await;
        Ok(stored? == Outcome::Committed)
    }
}

#[cfg(test)]
mod tests {
    use super::super::plans::Migrated;
    use super::*;

    #[test]
    fn whom_to_count_is_found_by_indexes() {
        let database = Migrated::new();
        let table = [
            (CHANGED, "ix_onboarding_updated_at"),
            (DUE, "ix_funnel_people_due_at"),
            (CELLS, "PRIMARY KEY (dimension=?)"),
        ];
        for (statement, index) in table {
            let steps = database.plan(statement);
            assert!(steps[0].starts_with("SEARCH") && steps[0].contains(index), "{steps:?}");
            assert!(steps.iter().all(|step| step.starts_with("SEARCH")), "{steps:?}");
        }
    }
}
