//! Reads the configuration file as a whole.

use std::path::Path;

use service_kit::toml_file::{self, Section};

use super::{AccessLog, Config, ConfigError, Problem, beside, listen, pools, routes};
use crate::record::access_log::Format;

/// Reads and checks a configuration file.
///
/// `admin_is_open` says that no admin token is set, so that only a loopback admin address is acceptable.
pub(crate) fn load(path: &Path, admin_is_open: bool) -> Result<Config, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    parse(path, &text, admin_is_open).map_err(ConfigError::Invalid)
}

/// Checks a configuration text; `path` is named in problems, and relative paths start from its folder.
pub fn parse(path: &Path, text: &str, admin_is_open: bool) -> Result<Config, Vec<Problem>> {
    let (config, notes) = toml_file::read(path, text, |root| read(root, admin_is_open))?;
    Ok(Config { notes, ..config })
}

fn read(root: &Section<'_>, admin_is_open: bool) -> Config {
    let listen = listen::read(root, admin_is_open);
    let pools = pools::read(root);
    let routes = routes::read(root, &pools);
    let access_log = access_log(root);
    root.unknown();
    Config { listen, pools, routes, access_log, notes: Vec::new() }
}

fn access_log(root: &Section<'_>) -> AccessLog {
    let mut log = AccessLog { enabled: true, format: Format::Json, path: None };
    let Some(section) = root.section("access_log") else { return log };
    log.enabled = section.or("enabled", log.enabled);
    log.format = section.or("format", log.format);
    let path = section.or("path", "stdout".to_owned());
    log.path = (path != "stdout").then(|| beside(section.file(), &path));
    section.unknown();
    log
}
