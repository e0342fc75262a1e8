//! Waiting until a service answers 200.

use std::time::Duration;

use reqwest::Client;

const POLL: Duration = Duration::from_millis(25);

/// Returns once `url` has answered with success; callers bound it by what else may happen to the process.
pub(crate) async fn wait_until_ready(client: &Client, url: &str) {
    while !answers(client, url).await {
        tokio::time::sleep(POLL).await;
    }
}

async fn answers(client: &Client, url: &str) -> bool {
    client.get(url).send().await.is_ok_and(|response| response.status().is_success())
}
