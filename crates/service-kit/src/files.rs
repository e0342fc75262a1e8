//! Watches files that a running process has read and that somebody may replace: certificates, configuration, secrets.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The looks in a row after which a missing file is gone; until then it is being replaced.
const PATIENCE: u32 = 5;

/// The state of a file. A file that is written anew has another time. A file that is renamed into its place, or reached
/// by a changed symbolic link (as Kubernetes changes `..data`), is another inode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    file: (u64, u64),
    length: u64,
    /// Seconds and nanoseconds.
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok()?;
        Some(Self {
            file: (metadata.dev(), metadata.ino()),
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        })
    }
}

/// Some files that belong together, such as a certificate and its key.
#[derive(Debug, Clone, Default)]
pub struct FileWatch(Vec<Watched>);

#[derive(Debug, Clone)]
struct Watched {
    path: PathBuf,
    /// The state; `None` where the file was missing from the beginning.
    stamp: Option<Stamp>,
    /// The looks in a row that have not found the file.
    missed: u32,
}

/// The result of a look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// Nothing has changed.
    Same,
    /// At least one of the files has been written or replaced since the last look.
    Changed,
    /// This file has been missing for some looks in a row; reported once.
    Gone(PathBuf),
}

impl FileWatch {
    /// Watches these files from now on. To be called before the files are read, so that no change is missed.
    pub fn new<P: Into<PathBuf>>(paths: impl IntoIterator<Item = P>) -> Self {
        let watched = |path: P| {
            let path = path.into();
            Watched { stamp: Stamp::of(&path), path, missed: 0 }
        };
        Self(paths.into_iter().map(watched).collect())
    }

    /// Looks at all files, without reading them.
    pub fn look(&mut self) -> Look {
        self.0.iter_mut().map(Watched::look).fold(Look::Same, |seen, look| match (seen, look) {
            (Look::Changed, _) | (_, Look::Changed) => Look::Changed,
            (Look::Same, look) => look,
            (gone, _) => gone,
        })
    }
}

impl Watched {
    fn look(&mut self) -> Look {
        let Some(now) = Stamp::of(&self.path) else {
            self.missed = self.missed.saturating_add(1);
            return if self.missed == PATIENCE { Look::Gone(self.path.clone()) } else { Look::Same };
        };
        self.missed = 0;
        if self.stamp.replace(now) == Some(now) { Look::Same } else { Look::Changed }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// What somebody does to the file `a` in a folder, beside which there is `b` of the same length and time.
    type Act = fn(&Path);

    #[test]
    fn every_way_to_change_a_file_is_seen_once() {
        let acts: [(&str, Act); 4] = [
            ("written", |dir| fs::write(dir.join("a"), "longer").unwrap()),
            ("renamed over", |dir| fs::rename(dir.join("b"), dir.join("a")).unwrap()),
            ("a link changed", |dir| {
                symlink("..new", dir.join("..data.new")).unwrap();
                fs::rename(dir.join("..data.new"), dir.join("..data")).unwrap();
            }),
            ("removed and made anew", |dir| {
                fs::remove_file(dir.join("a")).unwrap();
                fs::copy(dir.join("b"), dir.join("a")).map(drop).unwrap();
            }),
        ];
        for (what, act) in acts {
            let dir = tempfile::tempdir().unwrap();
            let dir = dir.path();
            for (name, text) in [("a", "one"), ("b", "two")] {
                fs::write(dir.join(name), text).unwrap();
            }
            for name in ["..old", "..new"] {
                fs::create_dir(dir.join(name)).unwrap();
                fs::write(dir.join(name).join("c"), "one").unwrap();
            }
            symlink("..old", dir.join("..data")).unwrap();
            let mut watch = FileWatch::new([dir.join("a"), dir.join("..data/c")]);
            assert_eq!(watch.look(), Look::Same, "{what}");
            act(dir);
            assert_eq!((watch.look(), watch.look()), (Look::Changed, Look::Same), "{what}");
        }
    }

    #[test]
    fn a_file_that_is_gone_is_told_once_and_its_return_is_a_change() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        fs::write(&path, "one").unwrap();
        let mut watch = FileWatch::new([&path]);
        fs::remove_file(&path).unwrap();
        let looks: Vec<Look> = (0..2 * PATIENCE).map(|_| watch.look()).collect();
        let gone = looks.iter().filter(|look| **look == Look::Gone(path.clone())).count();
        assert_eq!((gone, looks.contains(&Look::Changed)), (1, false), "{looks:?}");
        fs::write(&path, "one").unwrap();
        assert_eq!(watch.look(), Look::Changed);
    }
}
