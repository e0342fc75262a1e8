//! Background tasks of a running instance.

use std::time::Duration;

use reqwest::StatusCode;
use testkit::eventually;

use super::harness::{Database, Instance, Send, WAIT};

/// Times to live that no configuration allows make the task panic that reads which sessions were ended: it counts back
/// from now by them.
#[tokio::test]
async fn a_background_task_that_panics_is_counted_and_started_again_and_the_instance_serves_on() {
    let database = Database::new();
    let instance =
        Instance::start_changed(&database, &[], |config| config.auth.access_token_ttl = Duration::MAX).await;
    let ends = async |task: &str, reason: &str| {
        let name = format!("background_task_ends_total{{reason=\"{reason}\",task=\"{task}\"}} ");
        let metrics = instance.get("/metrics").answer(StatusCode::OK).await.text;
        let line = metrics.lines().find_map(|line| line.strip_prefix(&name).map(str::to_owned));
        line.expect("each task is shown").parse::<u64>().unwrap()
    };
    // The second panic is that of the second start.
    eventually(WAIT, || async { ends("revocations", "panicked").await >= 2 }).await;
    assert_eq!(ends("revocations", "ended").await, 0);
    for other in ["clock", "maintenance", "funnel"] {
        assert_eq!(ends(other, "panicked").await, 0, "{other}");
    }
    instance.get("/health").answer(StatusCode::OK).await;
    instance.get("/ready").answer(StatusCode::OK).await;
    assert!(!instance.ended.is_finished());
}
