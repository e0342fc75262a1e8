//! The signing secret of the cluster, made once and kept, so that a restart logs nobody out.

use std::fs::{OpenOptions, read_to_string};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rand::RngExt as _;

/// Writes 32 random bytes as 64 hexadecimal digits to a new file that only the owner can read. An existing file
/// stays.
pub(crate) fn make_if_missing(path: &Path) -> io::Result<()> {
    if read_to_string(path).is_ok_and(|kept| kept.trim().len() >= 64) {
        return Ok(());
    }
    let bytes: [u8; 32] = rand::rng().random();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    // Written beside and renamed: a start that is interrupted leaves no half secret.
    let new = path.with_extension("new");
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?
        .write_all(hex.as_bytes())?;
    std::fs::rename(new, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_secret_is_made_once_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("jwt-secret");
        make_if_missing(&path).unwrap();
        let first = read_to_string(&path).unwrap();
        make_if_missing(&path).unwrap();
        assert_eq!(read_to_string(&path).unwrap(), first);
        assert_eq!(first.len(), 64);
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_broken_secret_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("jwt-secret");
        std::fs::write(&path, "short").unwrap();
        make_if_missing(&path).unwrap();
        assert_eq!(read_to_string(&path).unwrap().len(), 64);
    }
}
