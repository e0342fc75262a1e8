//! The sums of the funnel, as SQL.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use async_trait::async_trait;
use tiberius::Row;
use uuid::Uuid;

use super::batch::{Batch, Value, values};
use super::failure::Failure;
use super::literal::text;
use super::read::rows;
use super::retry::CALL_LIMIT;
use super::stale::OR_STALE;
use super::{SqlServerStore, row};
use crate::domain::Timestamp;
use crate::domain::funnel::{Cell, CellKey, Cells, Dimension, Durations, Group};
use crate::domain::onboarding::Onboarding;
use crate::store::funnel::{FunnelCount, Funnels, Uncounted, UncountedPerson, UncountedState};
use crate::store::{Outcome, StoreError};

const ACTION: &str = "look for whom to count";

/// The largest number of people of each kind. The questions about them are parameters, and a batch has at most 2100.
const MAX_PEOPLE: u32 = 200;

/// The people who have changed, are due, or are gone, with the records that they are counted with.
const UNCOUNTED: &str = "SELECT d.kind, d.user_id, d.changed_at, p.counted FROM (
        SELECT N'changed' AS kind, c.user_id, c.updated_at AS changed_at FROM (
            SELECT TOP (CAST(? AS BIGINT)) o.user_id, o.updated_at FROM dbo.onboarding o
            LEFT JOIN dbo.funnel_people q ON q.user_id = o.user_id
            WHERE o.updated_at >= ? AND (q.version IS NULL OR q.version <> o.version) ORDER BY o.updated_at) c
        UNION ALL SELECT N'due', t.user_id, t.due_at FROM (
            SELECT TOP (CAST(? AS BIGINT)) user_id, due_at FROM dbo.funnel_people WHERE due_at <= ? ORDER BY due_at) t
        UNION ALL SELECT N'gone', g.user_id, CAST(NULL AS DATETIME2(3)) FROM (
            SELECT TOP (CAST(? AS BIGINT)) user_id FROM dbo.funnel_gone ORDER BY seq) g
    ) d LEFT JOIN dbo.funnel_people p ON p.user_id = d.user_id";

const STATES: &str = "SELECT o.user_id, o.created_at AS begun_at, o.updated_at AS changed_at, o.version,
        COALESCE(o.activated_at, o.completed_at) AS activated_at, o.completed_at AS onboarding_completed_at, o.template, o.template_version, o.progress_floor,
        s.step, s.status, s.data, s.completed_at, s.set_aside
    FROM dbo.onboarding o JOIN dbo.onboarding_steps s ON s.user_id = o.user_id WHERE o.user_id IN";

const CELLS: &str = "SELECT dimension, value, step, reached, completed, skipped, in_progress, stuck, times
    FROM dbo.funnel_cells WHERE";

/// See [`Funnels::uncounted`].
async fn uncounted(store: &SqlServerStore, now: Timestamp, limit: u32) -> Result<Uncounted, StoreError> {
    let limit = limit.min(MAX_PEOPLE);
    let state = Batch::of("SELECT counts, counted_to FROM dbo.funnel_state WHERE id = 1", values![]);
    let state = rows(&store.pool, ACTION, state).await?;
    let state = state.first().ok_or_else(|| StoreError::corrupt("funnel_state", NoRow))?;
    let (count, counted_to) = (row::required(state, "counts")?, row::moment(state, "counted_to")?);
    let top = i64::from(limit);
    let found = Batch::of(UNCOUNTED, values![top, counted_to, top, now, top]);
    let found = rows(&store.pool, ACTION, found).await?;
    let (mut people, mut counts, mut last) = (BTreeMap::new(), BTreeMap::new(), None);
    for row in &found {
        let kind: &str = row::required(row, "kind")?;
        *counts.entry(kind).or_insert(0_u32) += 1;
        if kind == "changed" {
            last = last.max(row::optional_moment(row, "changed_at")?);
        }
        let counted: Option<&[u8]> = row::optional(row, "counted")?;
        people.insert(row::required::<Uuid>(row, "user_id")?, counted.map(<[u8]>::to_vec));
    }
    let is_full = |kind: &str| counts.get(kind).is_some_and(|count| *count >= limit);
    let mut states = states(store, people.keys().copied().collect()).await?;
    let person = |(user_id, counted)| UncountedPerson { user_id, counted, now: states.remove(&user_id) };
    Ok(Uncounted {
        count,
        counted_to,
        reaches: last.filter(|_| is_full("changed")).unwrap_or(now).min(now),
        more: counts.keys().any(|kind| is_full(kind)),
        people: people.into_iter().map(person).collect(),
    })
}

#[derive(Debug, thiserror::Error)]
#[error("there is no row")]
struct NoRow;

async fn states(
    store: &SqlServerStore,
    ids: Vec<Uuid>,
) -> Result<BTreeMap<Uuid, UncountedState>, StoreError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let places = vec!["?"; ids.len()].join(", ");
    let ids = ids.into_iter().map(Value::from).collect();
    let found = Batch::of(&format!("{STATES} ({places}) ORDER BY o.user_id"), ids);
    let found = rows(&store.pool, ACTION, found).await?;
    let id = |row: &Row| row::required::<Uuid>(row, "user_id").ok();
    let one_by_one = found.chunk_by(|row, next| id(row) == id(next));
    let mut states = BTreeMap::new();
    for steps in one_by_one {
        let onboarding: Option<Onboarding> = row::onboarding(steps)?;
        if let (Some(first), Some(onboarding)) = (steps.first(), onboarding) {
            let (begun_at, changed_at) = (row::moment(first, "begun_at")?, row::moment(first, "changed_at")?);
            let state = UncountedState { begun_at, changed_at, onboarding };
            states.insert(row::required(first, "user_id")?, state);
        }
    }
    Ok(states)
}

/// The batch of a count: one transaction. All values but times are in the text, because a batch cannot have so many
/// parameters.
fn counting(count: &FunnelCount) -> Batch {
    let mut batch = Batch::of("SET XACT_ABORT ON", values![]);
    batch.add("SET NOCOUNT ON", values![]);
    batch.add("BEGIN TRANSACTION", values![]);
    batch.add(
        "UPDATE dbo.funnel_state SET counts = counts + 1, counted_to = ? WHERE id = 1 AND counts = ?",
        values![count.counted_to, count.after],
    );
    batch.add(OR_STALE, values![]);
    let mut text = String::new();
    for person in &count.people {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "DELETE FROM dbo.funnel_people WHERE user_id = '{}';", person.user_id);
        if person.counted.is_none() {
            let _ = writeln!(text, "DELETE FROM dbo.funnel_gone WHERE user_id = '{}';", person.user_id);
        }
    }
    batch.add_verbatim(&text);
    for person in &count.people {
        if let Some(record) = &person.counted {
            let insert = format!(
                "INSERT INTO dbo.funnel_people (user_id, version, counted, due_at) VALUES ('{}', {}, {}, ?)",
                person.user_id,
                record.version,
                hexadecimal(&record.counted)
            );
            batch.add(&insert, values![record.due_at]);
        }
    }
    for (key, cell) in &count.cells.0 {
        put_cell(&mut batch, key, cell);
    }
    batch.add("COMMIT TRANSACTION", values![]);
    batch.add("SELECT CAST(1 AS BIT) AS committed", values![]);
    batch
}

fn put_cell(batch: &mut Batch, CellKey { group, step }: &CellKey, cell: &Cell) {
    let key = [group.dimension.as_str(), &group.value, step].map(text);
    let [dimension, value, step] = &key;
    let Cell { reached, completed, skipped, in_progress, stuck, times } = cell;
    let times = hexadecimal(&times.to_bytes());
    batch.add_verbatim(&format!(
        "UPDATE dbo.funnel_cells SET reached = {reached}, completed = {completed}, skipped = {skipped},
             in_progress = {in_progress}, stuck = {stuck}, times = {times}
         WHERE dimension = {dimension} AND value = {value} AND step = {step};
         IF @@ROWCOUNT = 0 INSERT INTO dbo.funnel_cells
             (dimension, value, step, reached, completed, skipped, in_progress, stuck, times)
         VALUES ({dimension}, {value}, {step}, {reached}, {completed}, {skipped}, {in_progress}, {stuck}, {times});"
    ));
}

/// The bytes as a binary constant.
fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::from("0x"), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02X}");
        text
    })
}

async fn cells(store: &SqlServerStore, condition: &str, values: Vec<Value>) -> Result<Cells, StoreError> {
    let found = Batch::of(&format!("{CELLS} {condition}"), values);
    let found = rows(&store.pool, "read the funnel", found).await?;
    Ok(Cells(found.iter().map(cell).collect::<Result<_, _>>()?))
}

fn cell(row: &Row) -> Result<(CellKey, Cell), StoreError> {
    let text = |column| row::required::<&str>(row, column).map(str::to_owned);
    let number = |column| row::required::<i64>(row, column).map(i64::unsigned_abs);
    let times: &[u8] = row::required(row, "times")?;
    let group = Group { dimension: row::parsed(row, "dimension")?, value: text("value")? };
    let cell = Cell {
        reached: number("reached")?,
        completed: number("completed")?,
        skipped: number("skipped")?,
        in_progress: number("in_progress")?,
        stuck: number("stuck")?,
        times: Durations::from_bytes(times).map_err(|error| StoreError::corrupt("times", error))?,
    };
    Ok((CellKey { group, step: text("step")? }, cell))
}

#[async_trait]
impl Funnels for SqlServerStore {
    async fn uncounted(&self, now: Timestamp, limit: u32) -> Result<Uncounted, StoreError> {
        uncounted(self, now, limit).await
    }

    async fn funnel_groups(&self, groups: Vec<Group>) -> Result<Cells, StoreError> {
        let mut found = Cells::default();
        // Two parameters each.
        for groups in groups.chunks(1000) {
            let condition = vec!["(dimension = ? AND value = ?)"; groups.len()].join(" OR ");
            let values = groups.iter().flat_map(|Group { dimension, value }| {
                [Value::from(dimension.as_str()), Value::from(value.as_str())]
            });
            found.0.extend(cells(self, &condition, values.collect()).await?.0);
        }
        Ok(found)
    }

    async fn funnel(&self, dimension: Dimension) -> Result<Cells, StoreError> {
        cells(self, "dimension = ?", values![dimension.as_str()]).await
    }

    async fn count_funnel(&self, count: FunnelCount) -> Result<bool, StoreError> {
        match self.pool.run(&Arc::new(counting(&count)), CALL_LIMIT / 2).await {
            // Somebody else counts the same people.
            Err(Failure::Duplicate(_) | Failure::Transient(_)) => Ok(false),
            answer => {
                let rows = answer.map_err(|failure| failure.of_change("store a count"))?;
                Ok(row::outcome(&rows)? == Outcome::Committed)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_a_constant() {
        assert_eq!(hexadecimal(&[0, 10, 255]), "0x000AFF");
        assert_eq!(hexadecimal(&[]), "0x");
    }
}
