//! The upgrade of the balancer, with requests that are half sent.

use std::{io, path::Path, time::Duration};

use serde_json::Value;
use tokio::{
    net::TcpStream,
    time::{Instant, sleep},
};

use super::{Cluster, ClusterError};
use crate::RawClient;

/// Requests whose bodies are under way during an upgrade.
const UPLOADS: usize = 5;
/// The body, which the service takes in whole before it refuses the token in it.
const BODY: &str = r#"{"refresh_token":"a token that was never given out"}"#;

/// Why an upgrade was not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum UpgradeError {
    /// The description of the cluster is gone or broken.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The order got no answer.
    #[error("the balancer does not answer")]
    Order(#[from] reqwest::Error),
    /// The balancer goes on as it is.
    #[error("the balancer was not upgraded: {0}")]
    Refused(Value),
    /// The description of the cluster still has the old process.
    #[error("cluster.json still has process {0} as the balancer's")]
    Unchanged(i32),
    /// A request that was half sent before the upgrade was cut off.
    #[error("a request that was under way during the upgrade was cut off")]
    Cut(#[source] io::Error),
    /// Such a request got an answer that is not the service's.
    #[error("a request that was under way during the upgrade was answered with {0} instead of 401")]
    Answer(u16),
}

/// Has the balancer upgraded and waits until the new process is known, and until what was under way has its answer.
pub(super) async fn once(manifest: &Path, patience: Duration) -> Result<(), UpgradeError> {
    let cluster = Cluster::read(manifest)?;
    let mut uploads = Vec::new();
    for _ in 0..UPLOADS {
        uploads.push(begin(&cluster.load_balancer).await.map_err(UpgradeError::Cut)?);
    }
    order(&cluster.admin).await?;
    let deadline = Instant::now() + patience;
    while Cluster::read(manifest)?.load_balancer_pid == cluster.load_balancer_pid {
        if Instant::now() > deadline {
            return Err(UpgradeError::Unchanged(cluster.load_balancer_pid));
        }
        sleep(Duration::from_millis(50)).await;
    }
    for upload in uploads {
        match end(upload).await.map_err(UpgradeError::Cut)? {
            401 => {}
            status => return Err(UpgradeError::Answer(status)),
        }
    }
    Ok(())
}

async fn order(admin: &str) -> Result<(), UpgradeError> {
    let answer =
        reqwest::Client::builder().no_proxy().build()?.post(format!("{admin}/api/upgrade")).send().await?;
    if answer.status().is_success() {
        return Ok(());
    }
    Err(UpgradeError::Refused(answer.json().await?))
}

/// Sends the head of a request and half of its body.
async fn begin(base: &str) -> io::Result<RawClient> {
    let host = base.trim_start_matches("http://");
    let mut client = RawClient::over(TcpStream::connect(host).await?);
    let (half, length) = (&BODY[..BODY.len() / 2], BODY.len());
    let head = "POST /api/auth/refresh HTTP/1.1\r\nContent-Type: application/json";
    client.send(format!("{head}\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{half}")).await?;
    Ok(client)
}

/// Sends the rest, and gives the status of the answer.
async fn end(mut client: RawClient) -> io::Result<u16> {
    client.send(&BODY[BODY.len() / 2..]).await?;
    Ok(client.read_response().await?.status)
}
