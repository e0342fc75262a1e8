//! Reads TOML files that people write. A file is read key by key, and all errors are reported at once, each with file,
//! line and key.

mod reader;
mod values;

use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use self::reader::Reader;
pub use self::reader::Section;
pub use self::values::{Value, text, type_of};

/// A problem or a note, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1.
    pub line: usize,
    /// The key with its path, such as `pools[0].retry.max_retries`; empty for a file that is not TOML.
    pub key: String,
    /// The problem, and what would be right.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file.display(), self.line)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.reason)
    }
}

/// Reads the text of `file` by `read`, which takes the known keys from the file's table and notes problems. Gives the
/// result of `read`, and the notes.
///
/// # Errors
///
/// Everything that is wrong, in the order of the file. A text that is no TOML is told alone, since what the rest would
/// say about a half-read file only confuses.
pub fn read<T>(
    file: &Path,
    text: &str,
    read: impl FnOnce(&Section<'_>) -> T,
) -> Result<(T, Vec<Problem>), Vec<Problem>> {
    let reader = Reader::new(file, text);
    let (table, syntax) = DeTable::parse_recoverable(text);
    for error in &syntax {
        reader.reject(error.span().map_or(0, |span| span.start), "", error.message());
    }
    if !syntax.is_empty() {
        return Err(reader.finish().0);
    }
    let value = read(&Section::root(&reader, table.get_ref()));
    let (problems, notes) = reader.finish();
    if problems.is_empty() { Ok((value, notes)) } else { Err(problems) }
}
