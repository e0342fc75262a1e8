//! Reads the time of a backup from its file's header.

use tiberius::Row;
use time::{Duration, PrimitiveDateTime};
use uuid::Uuid;

use super::backup::Server;
use super::literal::text;
use super::reading::{column, missing_answer};
use crate::domain::Timestamp;
use crate::store::archive::{self, BackupError, Source};

/// The facts in the header of a backup's file.
pub(super) struct Header {
    /// The end of the backup.
    pub(super) finished: Timestamp,
    /// The offset of the server's local time from UTC on that day.
    offset: Duration,
}

impl Header {
    /// Reads the header of `path`. Its times are in the server's local time of that day.
    pub(super) async fn read(server: &mut Server<'_>, path: &str) -> Result<Self, BackupError> {
        let header = format!("RESTORE HEADERONLY FROM DISK = {}", text(path));
        let rows = server.run("read the header of a backup of", &header).await?;
        let first = first(server, &rows)?;
        let finished: PrimitiveDateTime = column(server, first, "BackupFinishDate")?;
        let id: Uuid = column(server, first, "BackupSetGUID")?;
        let offset = offset(server, id, finished).await?;
        Ok(Self { finished: finished.assume_utc() - offset, offset })
    }

    /// `moment` in the server's local time, as a log of that day has it.
    pub(super) fn on_the_wall(&self, moment: Timestamp) -> String {
        let moment = moment.to_offset(time::UtcOffset::UTC) + self.offset;
        let (date, time) = (moment.date(), moment.time());
        let (hour, minute, second, millisecond) = time.as_hms_milli();
        format!("{date}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}")
    }
}

/// The offset of a backup: as the server remembers it for this backup, or for the one nearest in time, or as it is
/// now.
async fn offset(
    server: &mut Server<'_>,
    id: Uuid,
    finished: PrimitiveDateTime,
) -> Result<Duration, BackupError> {
    let (date, time) = (finished.date(), finished.time());
    let finished = format!("{date}T{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second());
    let select = format!(
        "SELECT CAST(COALESCE(
             (SELECT TOP (1) time_zone * 15 FROM msdb.dbo.backupset
              WHERE backup_set_uuid = '{id}' AND time_zone BETWEEN -48 AND 56),
             (SELECT TOP (1) time_zone * 15 FROM msdb.dbo.backupset WHERE time_zone BETWEEN -48 AND 56
              ORDER BY ABS(DATEDIFF(MINUTE, backup_finish_date, '{finished}'))),
             DATEDIFF(MINUTE, GETUTCDATE(), GETDATE())) AS INT) AS minutes"
    );
    let rows = server.run("ask the time zone of", &select).await?;
    let minutes: i32 = column(server, first(server, &rows)?, "minutes")?;
    Ok(Duration::minutes(minutes.into()))
}

fn first<'r>(server: &Server<'_>, rows: &'r [Row]) -> Result<&'r Row, BackupError> {
    rows.first().ok_or_else(|| missing_answer(server))
}

/// The moment to stop at, in the local time of each log. A moment that the backups do not hold is refused before
/// anything is changed.
pub(super) async fn stops(
    server: &mut Server<'_>,
    source: &Source,
) -> Result<Vec<Option<String>>, BackupError> {
    let Some(moment) = source.stop_at else { return Ok(vec![None; source.logs.len()]) };
    let whole = Header::read(server, &source.from).await?;
    if moment < whole.finished {
        let (moment, since) = (archive::shown(moment), archive::shown(whole.finished));
        return Err(BackupError::NotInBackups {
            moment,
            reach: format!("{} begins with {since}", source.from),
        });
    }
    let mut stops = Vec::new();
    let mut end = whole.finished;
    for log in &source.logs {
        let header = Header::read(server, log).await?;
        stops.push(Some(header.on_the_wall(moment)));
        end = end.max(header.finished);
    }
    if moment > end {
        let (moment, end) = (archive::shown(moment), archive::shown(end));
        return Err(BackupError::NotInBackups { moment, reach: format!("the last log ends with {end}") });
    }
    Ok(stops)
}
