//! Reads the output of a child. Lines are shown with the child's name, and the last ones are kept to say why the
//! child ended.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

use crate::terminal::Terminal;

const KEPT_LINES: usize = 5;

/// The last lines that a process wrote.
#[derive(Debug, Clone, Default)]
pub(crate) struct LastLines(Arc<Mutex<VecDeque<String>>>);

impl LastLines {
    fn push(&self, line: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(line.to_owned());
    }

    /// All kept lines, oldest first.
    pub(crate) fn joined(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

/// Reads `output` to its end; bytes that are no UTF-8 are shown as replacement characters rather than lost.
pub(crate) async fn relay(output: impl AsyncRead + Unpin, name: String, terminal: Terminal, kept: LastLines) {
    let mut reader = BufReader::new(output);
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                let text = String::from_utf8_lossy(&line);
                let text = text.trim_end();
                terminal.log_line(&name, text);
                kept.push(text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_lines_are_kept() {
        let kept = LastLines::default();
        let output = (1..=7).map(|n| format!("line {n}\n")).collect::<String>();
        relay(output.as_bytes(), "backend-1".into(), Terminal::new(), kept.clone()).await;
        assert_eq!(kept.joined(), "line 3\nline 4\nline 5\nline 6\nline 7");
    }
}
