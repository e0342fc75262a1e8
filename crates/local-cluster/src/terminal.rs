//! Prints short lines with one colour for each process. Nothing else of the crate prints.

use std::fmt::Display;
use std::time::{Duration, Instant};

use anstream::eprintln;
use anstyle::{AnsiColor, Style};

const COLOURS: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Magenta,
    AnsiColor::Yellow,
    AnsiColor::Blue,
    AnsiColor::BrightGreen,
    AnsiColor::BrightRed,
];
const NAME_WIDTH: usize = 14;

/// The terminal on standard error. The lines of all processes go through one terminal.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    started: Instant,
}

impl Terminal {
    /// A terminal whose times count from now.
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }

    /// The head line of a start.
    pub fn title(&self, text: impl Display) {
        let bold = Style::new().bold();
        eprintln!("\n{bold}user-onboarding{bold:#}  {text}\n");
    }

    /// Prints a success of a process.
    pub fn good(&self, name: &str, text: impl Display) {
        self.event(AnsiColor::Green, "✔", name, text);
    }

    /// Prints an event that needs no action.
    pub fn note(&self, name: &str, text: impl Display) {
        self.event(AnsiColor::BrightBlack, "·", name, text);
    }

    /// Prints a problem that is being handled.
    pub fn bad(&self, name: &str, text: impl Display) {
        self.event(AnsiColor::Red, "✘", name, text);
    }

    /// Prints one line that a process has written.
    pub fn log_line(&self, name: &str, line: &str) {
        let colour = style(colour_of(name));
        eprintln!("          {colour}{name:<NAME_WIDTH$}│{colour:#} {line}");
    }

    /// Prints a label and a link, as in the list of addresses.
    pub fn address(&self, label: &str, url: impl Display) {
        let link = Style::new().underline();
        eprintln!("    {label:<15}{link}{url}{link:#}");
    }

    /// A line of plain text.
    pub fn text(&self, text: impl Display) {
        eprintln!("{text}");
    }

    fn event(&self, colour: AnsiColor, mark: &str, name: &str, text: impl Display) {
        let (mark_style, dim, own) = (style(colour), style(AnsiColor::BrightBlack), style(colour_of(name)));
        let at = seconds(self.started.elapsed());
        eprintln!(
            "{dim}{at:>8}{dim:#}  {own}{name:<NAME_WIDTH$}{own:#}{mark_style}{mark}{mark_style:#} {text}"
        );
    }
}

impl Default for Terminal {
    fn default() -> Self {
        Self::new()
    }
}

/// A duration for people: `85 ms`, `1.2 s`.
pub fn seconds(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        return format!("{} ms", duration.as_millis());
    }
    format!("{:.1} s", duration.as_secs_f64())
}

fn style(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(colour.into()))
}

/// The colour of a name. A name has the same colour in every run, and neighbours such as `backend-1` and `backend-2`
/// differ.
fn colour_of(name: &str) -> AnsiColor {
    let sum: usize = name.bytes().map(usize::from).sum();
    COLOURS[sum % COLOURS.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(seconds(Duration::from_millis(85)), "85 ms");
        assert_eq!(seconds(Duration::from_millis(1234)), "1.2 s");
    }

    #[test]
    fn neighbours_have_different_colours() {
        assert_ne!(colour_of("backend-1"), colour_of("backend-2"));
        assert_ne!(colour_of("backend-2"), colour_of("backend-3"));
    }
}
