//! Reads the server's own views, whose statements are in the folder `views`. Each view is a statement of its own, so
//! that a missing or forbidden view does not keep the others from being read.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tiberius::Row;

use super::batch::Batch;
use super::failure::Failure;
use super::pool::Pool;
use super::row;
use crate::store::StoreError;
use crate::store::observation::{Sample, ViewReading};

/// The longest time for one view. The views are small.
const VIEW_LIMIT: Duration = Duration::from_secs(2);

struct View {
    name: &'static str,
    sql: &'static str,
    /// Whether the view hides rows that the login may not see, instead of refusing.
    hides: bool,
}

const VIEWS: [View; 13] = [
    View { name: "server", sql: include_str!("views/server.sql"), hides: false },
    View { name: "sessions", sql: include_str!("views/sessions.sql"), hides: true },
    View { name: "limits", sql: include_str!("views/limits.sql"), hides: false },
    View { name: "workers", sql: include_str!("views/workers.sql"), hides: false },
    View { name: "requests", sql: include_str!("views/requests.sql"), hides: true },
    View { name: "waits", sql: include_str!("views/waits.sql"), hides: false },
    View { name: "transactions", sql: include_str!("views/transactions.sql"), hides: false },
    View { name: "locks", sql: include_str!("views/locks.sql"), hides: false },
    View { name: "counters", sql: include_str!("views/counters.sql"), hides: false },
    View { name: "files", sql: include_str!("views/files.sql"), hides: false },
    View { name: "volumes", sql: include_str!("views/volumes.sql"), hides: false },
    View { name: "replicas", sql: include_str!("views/replicas.sql"), hides: false },
    View { name: "backups", sql: include_str!("views/backups.sql"), hides: false },
];

impl View {
    fn batch(&self) -> Batch {
        let mut batch = Batch::default();
        if self.hides {
            batch.add_verbatim(include_str!("views/may_read.sql"));
        }
        batch
            .add_verbatim(&self.sql.replace("{wait_class}", include_str!("views/wait_class.sql").trim_end()));
        batch
    }
}

/// Reads the views one after the other. Each one waits for a connection of the pool like any call, and has its own
/// time limit. An error only where the server cannot be asked at all.
pub(super) async fn observe(pool: &Pool) -> Result<Vec<ViewReading>, StoreError> {
    let mut readings = Vec::with_capacity(VIEWS.len());
    for view in &VIEWS {
        let started = Instant::now();
        let answer = pool.run(&Arc::new(view.batch()), VIEW_LIMIT).await;
        let took = started.elapsed();
        let samples = match answer {
            Ok(rows) => rows.iter().map(sample).collect(),
            Err(failure) if is_of_the_view(pool, &failure).await => {
                Err(failure.of_read("read a view of the server"))
            }
            Err(failure) => return Err(failure.of_read("read the views of the server")),
        };
        readings.push(ViewReading { view: view.name, samples, took });
    }
    Ok(readings)
}

/// Whether the failure concerns one view only. After a time-out or a lost connection, the server is asked something
/// else over another connection.
async fn is_of_the_view(pool: &Pool, failure: &Failure) -> bool {
    match failure {
        Failure::Refused(_) | Failure::Duplicate(_) | Failure::Transient(_) | Failure::Exhausted(_) => true,
        Failure::Lost(_) => {
            let alive = Batch::of("SELECT CAST(1 AS INT) AS alive", vec![]);
            pool.run(&Arc::new(alive), VIEW_LIMIT).await.is_ok()
        }
        Failure::NotConnected(..) => false,
    }
}

fn sample(row: &Row) -> Result<Sample, StoreError> {
    let labels: [Option<&str>; 2] = [row::optional(row, "label_1")?, row::optional(row, "label_2")?];
    let labels = labels.into_iter().flatten().map(str::to_owned).collect();
    let name: &str = row::required(row, "metric")?;
    Ok(Sample::new(name, labels, row::required(row, "value")?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::observation::DEFINITIONS;

    #[test]
    fn every_metric_of_a_view_is_defined_and_every_row_has_its_columns() {
        for view in &VIEWS {
            let batch = view.batch();
            for (at, _) in batch.text().match_indices("N'db_server_") {
                let name = batch.text()[at + 2..].split('\'').next().unwrap();
                assert!(DEFINITIONS.iter().any(|known| known.name == name), "{name} in {}", view.name);
            }
            for column in ["metric", "label_1", "label_2", "value"] {
                assert!(batch.text().contains(column), "{column} in {}", view.name);
            }
            assert!(!batch.text().contains('{'), "{}", view.name);
        }
    }

    #[test]
    fn what_hides_its_rows_is_asked_for_the_permission_first() {
        let texts: Vec<bool> = VIEWS.iter().map(|view| view.batch().text().contains("THROW")).collect();
        assert_eq!(texts, VIEWS.iter().map(|view| view.hides).collect::<Vec<_>>());
    }
}
