//! Builds the server from its configuration and runs it to its end.

mod arrival;
mod background;
mod build;
mod canonical;
mod clock;
mod database;
mod events;
pub mod funnel;
mod maintenance;
mod outbox;
mod reads;
mod reminders;
mod replica;
mod reseal;
mod revocations;
mod serve;
mod settling;
mod state;
mod supervise;
mod templates;
mod value_files;
mod watch;
mod webhook;

pub use arrival::StartFailure;
pub use build::{Application, BuildError, migrate, open_store};
pub use events::Written;
pub use reads::Answering;
pub use replica::{Freshness, Replica};
pub use reseal::{Resealed, reseal};
pub use state::{App, AppState};
pub use templates::{Shelf, ShelfError, Way};
