//! The manifest beside a backup of SQLite, by which a copy of the backup can be checked anywhere.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// `FILE.json` beside the backup `FILE`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Its format; 1.
    pub format: u32,
    /// When the backup began: everything that was acknowledged before is in it.
    #[serde(with = "time::serde::rfc3339")]
    pub taken_at: OffsetDateTime,
    /// Size of the file.
    pub bytes: u64,
    /// SHA-256 of the file in hexadecimal.
    pub sha256: String,
    /// The newest migration that the database has.
    pub schema_version: i64,
    /// How many rows each table has.
    pub rows: BTreeMap<String, i64>,
    /// The version of the service that took it.
    pub made_by: String,
}

impl Manifest {
    /// The place of the manifest of `backup`.
    pub fn path_for(backup: &Path) -> PathBuf {
        let mut name = backup.as_os_str().to_owned();
        name.push(".json");
        name.into()
    }

    /// Reads the manifest of `backup`.
    pub fn read(backup: &Path) -> io::Result<Self> {
        let text = fs::read(Self::path_for(backup))?;
        serde_json::from_slice(&text).map_err(io::Error::other)
    }

    /// Writes it beside `backup`, whole or not at all.
    pub fn write(&self, backup: &Path) -> io::Result<()> {
        let (path, mut new) = (Self::path_for(backup), Self::path_for(backup).into_os_string());
        new.push(".partial");
        let mut file = File::create(&new)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(new, path)
    }
}

/// Size and SHA-256 (hexadecimal) of a file.
pub(crate) fn digest_of(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let (mut context, mut bytes, mut buffer) = (Context::new(&SHA256), 0, vec![0; 64 * 1024]);
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        context.update(&buffer[..count]);
        bytes += count as u64;
    }
    Ok((bytes, context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()))
}
