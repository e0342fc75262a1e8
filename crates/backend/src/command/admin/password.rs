//! Reads a password from the terminal or standard input, never from an argument. Everybody on the machine can see
//! arguments, and shells keep them.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use backend::domain::{Password, PasswordError};

/// The longest input, in bytes. No password is longer.
const MAX_BYTES: u64 = 4096;

/// The reason why no password was read.
#[derive(Debug, thiserror::Error)]
pub(in crate::command) enum PasswordInputError {
    /// Standard input has no line.
    #[error("there is no password on standard input")]
    Missing,
    /// The two typed passwords differ.
    #[error("the two passwords differ")]
    Differ,
    /// The password is not allowed.
    #[error("the password {0}")]
    Refused(#[from] PasswordError),
    /// The input cannot be read.
    #[error("the password cannot be read")]
    Io(#[from] io::Error),
}

/// Asks at the terminal twice, or reads the first line of standard input where that is no terminal.
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
