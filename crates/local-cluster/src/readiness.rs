//! Waits until services can work.

use std::time::Duration;

use serde::Deserialize;
use service_kit::health::get;

const POLL: Duration = Duration::from_millis(25);
/// The longest wait for one answer, after which the service is asked again.
const ANSWER: Duration = Duration::from_secs(2);

/// Waits until `url` answers with success. Callers bound the wait by other events of the process.
pub(crate) async fn wait_until_ready(url: &str) {
    while get(url, ANSWER).await.is_err() {
        tokio::time::sleep(POLL).await;
    }
}

/// Waits until the process with this id answers at `url`.
pub(crate) async fn wait_until_serving(url: &str, pid: u32) {
    // Of a long answer the end is missing, so the answer is searched and not read.
    let field = format!("\"pid\":{pid},");
    let says = |content: &[u8]| content.windows(field.len()).any(|bytes| bytes == field.as_bytes());
    while !get(url, ANSWER).await.is_ok_and(|answer| says(&answer.content)) {
        tokio::time::sleep(POLL).await;
    }
}

/// Waits until the balancer's view of the instances at `url` has all `names` up.
pub(crate) async fn wait_until_all_up(url: &str, names: &[String]) {
    while !get(url, ANSWER).await.is_ok_and(|answer| are_up(&answer.content, names)) {
        tokio::time::sleep(POLL).await;
    }
}

fn are_up(view: &[u8], names: &[String]) -> bool {
    #[derive(Deserialize)]
    struct View {
        instances: Vec<Instance>,
    }
    #[derive(Deserialize)]
    struct Instance {
        name: String,
        state: String,
    }
    let Ok(View { instances }) = serde_json::from_slice(view) else { return false };
    names.iter().all(|name| instances.iter().any(|it| it.name == *name && it.state == "up"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_up_when_each_of_them_is() {
        let names = ["a".to_owned(), "b".to_owned()];
        let (up, starting) = (r#"{"name":"a","state":"up","x":1}"#, r#"{"name":"b","state":"starting"}"#);
        let rows = [
            (format!(r#"{{"status":"healthy","instances":[{up},{{"name":"b","state":"up"}}]}}"#), true),
            (format!(r#"{{"instances":[{up},{starting}]}}"#), false),
            (format!(r#"{{"instances":[{up}]}}"#), false),
            (r#"{"instances":[]}"#.to_owned(), false),
            ("starting".to_owned(), false),
        ];
        for (view, expected) in rows {
            assert_eq!(are_up(view.as_bytes(), &names), expected, "{view}");
        }
    }
}
