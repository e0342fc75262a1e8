//! The sources of values, and the list of problems with them.

use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
    fmt::Display,
    fs::File,
    io::{self, Read},
    str::FromStr,
};

use zeroize::Zeroizing;

use super::{ConfigErrors, Problem, Secret, ValueFiles};
use crate::files::FileWatch;

/// The longest value, in bytes: no key or certificate in a variable is longer.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// The variables of a process. Reading goes on after an error, and [`Sources::finish`] reports all problems.
#[derive(Debug)]
pub struct Sources {
    variables: HashMap<OsString, OsString>,
    problems: Vec<Problem>,
    files: ValueFiles,
}

impl Sources {
    /// The environment of this process.
    pub fn from_env() -> Self {
        Self { variables: std::env::vars_os().collect(), problems: Vec::new(), files: ValueFiles::default() }
    }

    /// The given pairs of name and value, for tests.
    pub fn from_map<N: Into<OsString>, V: Into<OsString>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let variables = pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { variables, problems: Vec::new(), files: ValueFiles::default() }
    }

    /// A value that must be there. `None` after a problem was noted.
    pub fn required<T>(&mut self, name: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let text = self.required_text(name)?;
        self.parse(name, &text)
    }

    /// A value that may be absent. `None` if the value is absent, or after a problem was noted.
    pub fn optional<T>(&mut self, name: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let text = self.text(name)?;
        self.parse(name, &text)
    }

    /// A value, or `default` where the value is absent (or wrong, which is noted).
    pub fn or<T>(&mut self, name: &str, default: T) -> T
    where
        T: FromStr,
        T::Err: Display,
    {
        self.optional(name).unwrap_or(default)
    }

    /// A secret that may be absent.
    pub fn secret(&mut self, name: &str) -> Option<Secret> {
        self.text(name).map(|text| Secret::new(text.as_str()))
    }

    /// A secret that must be there.
    pub fn required_secret(&mut self, name: &str) -> Option<Secret> {
        self.required_text(name).map(|text| Secret::new(text.as_str()))
    }

    /// A list of secrets, separated by commas or white space; empty where the variable is absent.
    pub fn secrets(&mut self, name: &str) -> Vec<Secret> {
        let Some(text) = self.text(name) else { return Vec::new() };
        text.split(|c: char| c == ',' || c.is_whitespace())
            .filter(|part| !part.is_empty())
            .map(Secret::new)
            .collect()
    }

    /// Notes a problem that only the caller can see, such as two values that contradict each other.
    pub fn reject(&mut self, name: impl Into<String>, reason: impl Display) {
        self.problems.push(Problem { name: name.into(), reason: reason.to_string() });
    }

    /// The names of all variables that begin with `prefix` and have a value, in order; for settings whose names the
    /// reader chooses.
    pub fn names_with_prefix(&self, prefix: &str) -> Vec<String> {
        let given = self.variables.iter().filter(|(_, value)| !value.is_empty());
        let names = given.filter_map(|(name, _)| name.to_str());
        let mut names: Vec<String> =
            names.filter(|name| name.starts_with(prefix)).map(str::to_owned).collect();
        names.sort_unstable();
        names
    }

    /// The files that values have been read from so far.
    pub fn files(&self) -> ValueFiles {
        self.files.clone()
    }

    /// Gives all problems so far, or that there are none.
    pub fn finish(self) -> Result<(), ConfigErrors> {
        if self.problems.is_empty() { Ok(()) } else { Err(ConfigErrors(self.problems)) }
    }

    fn parse<T>(&mut self, name: &str, text: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        text.parse().map_err(|error| self.reject(name, error)).ok()
    }

    fn required_text(&mut self, name: &str) -> Option<Zeroizing<String>> {
        let known = self.problems.len();
        let text = self.text(name);
        if text.is_none() && self.problems.len() == known {
            self.reject(name, format_args!("is required; give it, or {name}_FILE"));
        }
        text
    }

    /// The text of `X`, or of the file that `X_FILE` names.
    fn text(&mut self, name: &str) -> Option<Zeroizing<String>> {
        let file_name = format!("{name}_FILE");
        match (self.given(name), self.given(&file_name)) {
            (None, None) => None,
            (Some(_), Some(_)) => {
                self.reject(
                    name,
                    format_args!("is given twice, as {name} and as {file_name}; give one of them"),
                );
                None
            }
            (Some(value), None) => self.utf8(name, value),
            (None, Some(path)) => self.read_file(file_name, &path),
        }
    }

    fn read_file(&mut self, name: String, path: &OsStr) -> Option<Zeroizing<String>> {
        let watch = FileWatch::new([path]);
        match read(path) {
            Ok(text) => {
                self.files.push(name, path.into(), watch, &text);
                Some(text)
            }
            Err(error) => {
                self.reject(name, format_args!("cannot read {}: {error}", path.display()));
                None
            }
        }
    }

    fn given(&self, name: &str) -> Option<OsString> {
        self.variables.get(OsStr::new(name)).filter(|value| !value.is_empty()).cloned()
    }

    fn utf8(&mut self, name: &str, value: OsString) -> Option<Zeroizing<String>> {
        let text = value.into_string().map_err(|_| self.reject(name, "is not valid UTF-8")).ok();
        text.map(Zeroizing::new)
    }
}

/// Reads a file without the line ends at its end, which editors and `echo` put there.
pub(super) fn read(path: &OsStr) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    let read = File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_string(&mut text)?;
    if read as u64 > MAX_FILE_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is over 64 KiB"));
    }
    let kept = text.trim_end_matches(['\r', '\n']).len();
    text.truncate(kept);
    if text.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is empty"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;
    use crate::config::ValueChange;
    use crate::duration::HumanDuration;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn values_are_read_and_defaults_fill_the_gaps() {
        let mut sources = Sources::from_map([("PORT", "5000"), ("TTL", "10m"), ("EMPTY", "")]);
        assert_eq!(sources.required::<u16>("PORT"), Some(5000));
        assert_eq!(sources.or("TTL", HumanDuration(std::time::Duration::ZERO)).to_string(), "10m");
        assert_eq!(sources.or::<u32>("POOL", 10), 10);
        assert_eq!(sources.optional::<u32>("EMPTY"), None);
        assert_eq!(sources.names_with_prefix("P"), ["PORT"]);
        assert!(sources.names_with_prefix("E").is_empty());
        sources.finish().unwrap();
    }

    #[test]
    fn all_problems_are_told_at_once_and_no_value_among_them() {
        let mut sources = Sources::from_map([
            ("PORT", "70000"),
            ("TTL", "soon"),
            ("SECRET", "hunter2"),
            ("SECRET_FILE", "/nowhere"),
            ("KEY_FILE", "/no/such/file"),
            ("EMPTY", ""),
        ]);
        assert_eq!(sources.required::<u16>("PORT"), None);
        assert_eq!(
            sources.or("TTL", HumanDuration(std::time::Duration::ZERO)).get(),
            std::time::Duration::ZERO
        );
        assert_eq!(sources.required_secret("SECRET"), None);
        assert_eq!(sources.required_secret("KEY"), None);
        assert_eq!(sources.required::<String>("EMPTY"), None);
        assert_eq!(sources.required::<String>("DATABASE_URL"), None);
        sources.reject("DB_POOL_MIN", "is more than DB_POOL_MAX");
        let error = sources.finish().unwrap_err();
        let names: Vec<_> = error.0.iter().map(|problem| problem.name.as_str()).collect();
        assert_eq!(names, ["PORT", "TTL", "SECRET", "KEY_FILE", "EMPTY", "DATABASE_URL", "DB_POOL_MIN"]);
        let text = error.to_string();
        assert_eq!(text.lines().count(), 7, "{text}");
        assert!(text.contains("DATABASE_URL: is required; give it, or DATABASE_URL_FILE"), "{text}");
        assert!(!text.contains("hunter2") && !text.contains("70000"), "{text}");
    }

    #[test]
    fn any_value_may_come_from_a_file() {
        let (secret, port, none) = (file("s3cret value\r\n\n"), file("5001\n"), file("\n"));
        let mut sources = Sources::from_map([
            ("SECRET_FILE", secret.path()),
            ("PORT_FILE", port.path()),
            ("NONE_FILE", none.path()),
        ]);
        assert_eq!(sources.secret("SECRET").unwrap().expose(), "s3cret value");
        assert_eq!(sources.required::<u16>("PORT"), Some(5001));
        assert_eq!(sources.secret("NONE"), None);
        assert!(sources.finish().unwrap_err().to_string().starts_with("NONE_FILE: cannot read"));
    }

    #[test]
    fn a_file_with_another_value_is_told_once() {
        let (secret, same) = (file("one\n"), file("kept\n"));
        let mut sources = Sources::from_map([("SECRET_FILE", secret.path()), ("SAME_FILE", same.path())]);
        assert!(sources.secret("SECRET").is_some() && sources.secret("SAME").is_some());
        let mut files = sources.files();
        assert_eq!(files.look(), []);
        let change = |value: Option<&str>, differs| {
            let (variable, path) = ("SECRET_FILE".to_owned(), secret.path().to_owned());
            [ValueChange { variable, path, value: value.map(Secret::new), differs }]
        };
        std::fs::write(same.path(), "kept\n\n").unwrap();
        std::fs::write(secret.path(), "another").unwrap();
        assert_eq!(files.look(), change(Some("another"), true));
        std::fs::write(secret.path(), "another\n").unwrap();
        assert_eq!(files.look(), []);
        std::fs::write(secret.path(), "one").unwrap();
        assert_eq!(files.look(), change(Some("one"), false));
        std::fs::write(secret.path(), "").unwrap();
        assert_eq!(files.look(), change(None, true));
        assert!(!format!("{files:?}").contains("one"));
    }

    #[test]
    fn a_list_of_secrets() {
        let mut sources = Sources::from_map([("OTHERS", "one, two\nthree,,")]);
        let others = sources.secrets("OTHERS");
        assert_eq!(others.iter().map(Secret::expose).collect::<Vec<_>>(), ["one", "two", "three"]);
        assert!(sources.secrets("NONE").is_empty());
    }

    #[test]
    fn bytes_that_are_no_text_and_files_that_are_no_values() {
        let long = file(&"x".repeat(64 * 1024 + 1));
        let mut sources = Sources::from_map([
            ("NAME", OsString::from_vec(vec![0xff, 0xfe])),
            ("LONG_FILE", long.path().into()),
        ]);
        assert_eq!(sources.optional::<String>("NAME"), None);
        assert_eq!(sources.optional::<String>("LONG"), None);
        let text = sources.finish().unwrap_err().to_string();
        assert!(text.contains("NAME: is not valid UTF-8") && text.contains("over 64 KiB"), "{text}");
    }
}
