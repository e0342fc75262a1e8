//! The place and the name of a backup.

use time::format_description::StaticFormatDescription;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use crate::domain::Timestamp;

/// The format of times in names, such as `20261125T090405123Z`. Names sort by time, and all file systems allow them.
const TIME: StaticFormatDescription =
    format_description!("[year][month][day]T[hour][minute][second][subsecond digits:3]Z");

/// The content of a backup, by the ending of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A SQLite database.
    Sqlite,
    /// A full SQL Server database.
    Full,
    /// A part of a SQL Server transaction log.
    Log,
}

impl Kind {
    fn ending(self) -> &'static str {
        match self {
            Self::Sqlite => ".db",
            Self::Full => ".bak",
            Self::Log => ".trn",
        }
    }
}

/// The time in the format of names.
pub(crate) fn stamp(at: Timestamp) -> String {
    // Every part of the format is a part of every time.
    at.to_offset(time::UtcOffset::UTC).format(TIME).unwrap_or_default()
}

/// The time for people (RFC 3339).
pub(crate) fn shown(at: Timestamp) -> String {
    at.to_offset(time::UtcOffset::UTC).format(&Rfc3339).unwrap_or_default()
}

/// The path for a backup of the database `name`: `to` itself where it has the ending of a backup, or a new name in
/// the folder `to`.
pub(crate) fn target(to: &str, kind: Kind, name: &str, at: Timestamp) -> String {
    if to.ends_with(kind.ending()) {
        return to.to_owned();
    }
    // A server on Windows has other separators than this machine.
    let separator = if to.contains('\\') { '\\' } else { '/' };
    let folder = to.trim_end_matches(separator);
    format!("{folder}{separator}{name}-{}{}", stamp(at), kind.ending())
}

/// Whether `file` is a name that [`target`] gives to backups of the database `name`.
pub(crate) fn is_backup_of(name: &str, file: &str) -> bool {
    let time = file.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
    let time = time.and_then(|rest| rest.strip_suffix(Kind::Sqlite.ending()));
    time.is_some_and(|time| time::PrimitiveDateTime::parse(time, TIME).is_ok())
}

/// The path of `file` in the folder of `path`, where `path` may be one of another machine.
pub(crate) fn beside(path: &str, file: &str) -> String {
    let folder = path.rfind(['/', '\\']).map_or("", |end| &path[..=end]);
    format!("{folder}{file}")
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const AT: Timestamp = datetime!(2026-11-25 10:04:05.123 +01:00);

    #[test]
    fn a_folder_gets_a_name_by_the_time_and_a_file_keeps_its_own() {
        let table = [
            ("backups", Kind::Sqlite, "backups/onboarding-20261125T090405123Z.db"),
            ("/backups/", Kind::Sqlite, "/backups/onboarding-20261125T090405123Z.db"),
            ("/backups/before.db", Kind::Sqlite, "/backups/before.db"),
            ("/var/opt/mssql/backup", Kind::Full, "/var/opt/mssql/backup/onboarding-20261125T090405123Z.bak"),
            ("D:\\backup\\", Kind::Log, "D:\\backup\\onboarding-20261125T090405123Z.trn"),
            ("/backup/x.bak", Kind::Full, "/backup/x.bak"),
        ];
        for (to, kind, expected) in table {
            assert_eq!(target(to, kind, "onboarding", AT), expected);
        }
    }

    #[test]
    fn only_names_of_ours_are_backups() {
        let name = format!("onboarding-{}.db", stamp(AT));
        assert!(is_backup_of("onboarding", &name));
        assert!(!is_backup_of("other", &name));
        for other in [
            "onboarding.db",
            "onboarding-.db",
            "onboarding-yesterday.db",
            "onboarding-20261125T090405123Z.db.json",
        ] {
            assert!(!is_backup_of("onboarding", other), "{other}");
        }
    }

    #[test]
    fn a_companion_lies_in_the_same_folder() {
        assert_eq!(beside("/a/b.bak", "c.bak"), "/a/c.bak");
        assert_eq!(beside("D:\\a\\b.bak", "c.bak"), "D:\\a\\c.bak");
        assert_eq!(beside("b.bak", "c.bak"), "c.bak");
    }
}
