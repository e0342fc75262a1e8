//! `load-balancer upgrade`: orders an upgrade by the admin interface and waits for its outcome.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::Value;
use service_kit::config::Secret;
use service_kit::exit;
use service_kit::health::reachable;
use service_kit::http::{Answer, AskError, Question, order};

use super::{refuse, say};
use crate::config;

/// How long the answer may take beyond `upgrade_timeout`.
const SLACK: Duration = Duration::from_secs(5);

/// Why there was no upgrade.
#[derive(Debug, thiserror::Error)]
enum OrderError {
    #[error("no runtime can be made")]
    Runtime(#[source] std::io::Error),
    #[error("the balancer at {address} does not answer; is it running with this configuration?")]
    Ask { address: String, source: AskError },
    #[error("the balancer answered {status}: {detail}")]
    Refused { status: u16, detail: String },
}

/// Orders the upgrade of the balancer that runs with this configuration.
pub(super) fn run(file: &Path, token: Option<&Secret>) -> ExitCode {
    // A bad configuration is told before anything is started; a token is this command's own matter.
    let config = match config::load(file, false) {
        Ok(config) => config,
        Err(error) => return refuse(exit::BAD_CONFIGURATION, &error),
    };
    let address = reachable(config.listen.admin);
    let limit = config.listen.upgrade_timeout + SLACK;
    let host = address.to_string();
    let question = Question {
        host: &host,
        path: "/api/upgrade",
        agent: concat!("load-balancer/", env!("CARGO_PKG_VERSION")),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit::report(exit::FAILED, &OrderError::Runtime(error)),
    };
    let answer = runtime.block_on(order(address, question, token, limit));
    match answer
        .map_err(|source| OrderError::Ask { address: host.clone(), source })
        .and_then(|answer| outcome(&answer))
    {
        Ok(line) => {
            say(&line);
            ExitCode::from(exit::OK)
        }
        Err(error) => exit::report(exit::FAILED, &error),
    }
}

/// The outcome in words.
fn outcome(answer: &Answer) -> Result<String, OrderError> {
    let body: Value = serde_json::from_slice(&answer.content).unwrap_or_default();
    if answer.status != 200 {
        let detail = body["detail"]
            .as_str()
            .map_or_else(|| String::from_utf8_lossy(&answer.content).into_owned(), str::to_owned);
        return Err(OrderError::Refused { status: answer.status, detail });
    }
    Ok(format!("process {} serves in the place of process {}", body["new_pid"], body["old_pid"]))
}
