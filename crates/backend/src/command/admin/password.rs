//! A password from whoever types it, never from an argument: arguments can be seen by everybody on the machine, and are
//! kept by shells.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use backend::domain::{Password, PasswordError};

/// More than any password has, in bytes.
const MAX_BYTES: u64 = 4096;

/// Why no password was read.
#[derive(Debug, thiserror::Error)]
pub(in crate::command) enum PasswordInputError {
    /// Standard input has ended without one.
    #[error("there is no password on standard input")]
    Missing,
    /// The two that were typed differ.
    #[error("the two passwords differ")]
    Differ,
    /// It is none that anybody may have.
    #[error("the password {0}")]
    Refused(#[from] PasswordError),
    /// It could not be read.
    #[error("the password cannot be read")]
    Io(#[from] io::Error),
}

/// Asks at the terminal, or reads the first line of what is not one.
pub(super) fn read() -> Result<Password, PasswordInputError> {
    let stdin = io::stdin();
    let text = if stdin.is_terminal() {
        let first = rpassword::prompt_password("Password: ")?;
        if first != rpassword::prompt_password("Password again: ")? {
            return Err(PasswordInputError::Differ);
        }
        first
    } else {
        let mut line = String::new();
        stdin.lock().take(MAX_BYTES).read_line(&mut line)?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    if text.is_empty() {
        return Err(PasswordInputError::Missing);
    }
    Ok(text.parse()?)
}
