//! Writes mails into a folder, one file for each mail. The folder serves development, and mail systems that pick
//! files up.

use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::SendError;
use super::message::Letter;

/// The folder for mails.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Writes the file `ID.eml`. The name is the same for each attempt, so a repetition replaces the file by an equal
    /// one.
    pub(super) async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let (path, name, bytes) = (self.path.clone(), letter.id.to_string(), letter.bytes.clone());
        let written = tokio::task::spawn_blocking(move || write(&path, &name, &bytes)).await;
        let written = written.map_err(io::Error::other).and_then(|written| written);
        written.map_err(|error| SendError::Unavailable(format!("{}: {error}", self.path.display())))
    }
}

/// Writes a file in one step, so that readers of the folder see a whole file or none. Only the owner may read the
/// file, because it has codes and links.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let (draft, place) = (folder.join(format!(".{name}.draft")), folder.join(format!("{name}.eml")));
    // What an attempt that died has left.
    match std::fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&draft, &place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_mail_is_one_private_file_however_often_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join(".1.draft"), "left by one that died").unwrap();
        for _ in 0..2 {
            write(&path, "1", b"mail").unwrap();
        }
        let files: Vec<_> = std::fs::read_dir(&path).unwrap().map(Result::unwrap).collect();
        assert_eq!(files.len(), 1, "{files:?}");
        assert_eq!(
            (files[0].file_name().to_str(), std::fs::read(files[0].path()).unwrap()),
            (Some("1.eml"), b"mail".to_vec())
        );
        assert_eq!(files[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
