//! How a process ends: its code, and one text on standard error that says why.

use std::{error::Error, io::Write, process::ExitCode};

/// The work succeeded.
pub const OK: u8 = 0;
/// The work failed: a taken port, a database that cannot be had.
pub const FAILED: u8 = 1;
/// The configuration cannot be used, and nothing was started.
pub const BAD_CONFIGURATION: u8 = 2;

/// Prints `error` with its causes to standard error and gives `code` to return from `main`.
pub fn report(code: u8, error: &(dyn Error + 'static)) -> ExitCode {
    // Standard error may be closed; then there is no one left to tell.
    let _ = writeln!(std::io::stderr().lock(), "error: {}", chain(error));
    ExitCode::from(code)
}

/// The error and its sources as one text, `what: why: why`, each cause once.
///
/// Some errors repeat their source in their own text; such a source is not said again.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot listen on 127.0.0.1:5000")]
    struct Listen(#[source] io::Error);

    #[derive(Debug, thiserror::Error)]
    #[error("start-up failed: {0}")]
    struct Start(#[source] Listen);

    #[test]
    fn each_cause_is_told_once() {
        let error = Start(Listen(io::Error::other("address in use")));
        assert_eq!(chain(&error), "start-up failed: cannot listen on 127.0.0.1:5000: address in use");
    }
}
