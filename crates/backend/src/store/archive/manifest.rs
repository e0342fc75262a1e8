//! The manifest beside a backup of SQLite, by which a copy of the backup can be checked anywhere.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// The manifest, which is the file `FILE.json` beside the backup `FILE`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format of the manifest: 1.
    pub format: u32,
    /// The beginning of the backup. The backup has every change that was acknowledged before.
    #[serde(with = "time::serde::rfc3339")]
    pub taken_at: OffsetDateTime,
    /// The size of the backup, in bytes.
    pub bytes: u64,
    /// SHA-256 of the backup, in hexadecimal.
    pub sha256: String,
    /// The version of the newest migration in the backup.
    pub schema_version: i64,
    /// The number of rows of each table.
    pub rows: BTreeMap<String, i64>,
    /// The version of the service that took the backup.
    pub made_by: String,
}

impl Manifest {
    /// The path of the manifest of `backup`.
    pub fn path_for(backup: &Path) -> PathBuf {
        let mut name = backup.as_os_str().to_owned();
        name.push(".json");
        name.into()
    }

    /// Reads the manifest of `backup`.
    ///
    /// # Errors
    ///
    /// The error of the file system, or `InvalidData` for a file that is no manifest.
    pub fn read(backup: &Path) -> io::Result<Self> {
        let text = fs::read(Self::path_for(backup))?;
        serde_json::from_slice(&text).map_err(io::Error::other)
    }

    /// Writes the manifest beside `backup`, whole or not at all.
    ///
    /// # Errors
    ///
    /// The error of the file system.
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

/// The size of a file in bytes, and its SHA-256 in hexadecimal.
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
