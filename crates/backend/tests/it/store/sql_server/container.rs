//! The official image in a container, where an engine and the image are here already. Nothing is
//! ever pulled.

use std::process::Output;
use std::time::Duration;

use testkit::eventually;
use tokio::process::Command;

const IMAGE: &str = "mcr.microsoft.com/mssql/server";
const NAME: &str = "user-onboarding-test-db";
/// A throw-away password, for a container that only this machine reaches.
const PASSWORD: &str = "Test-Passw0rd";
/// The container outlives a test run, so that the next finds it ready, but not for ever.
const LIFETIME: &str = "1800";

/// Starts the container, or finds it running, and gives its URL; or says why not.
pub(super) async fn url() -> Result<String, String> {
    let engine = engine().await.ok_or("there is no container engine here")?;
    let images = run(engine, &["image", "ls", "--quiet", "--filter", &format!("reference={IMAGE}")]).await;
    let image = images.lines().next().map(str::to_owned).ok_or(format!("no {IMAGE} image is here"))?;
    if port(engine).await.is_none() {
        start(engine, &image).await;
    }
    let port = eventually(Duration::from_secs(30), || port(engine)).await;
    wait_for_login(engine).await;
    Ok(format!("sqlserver://sa:{PASSWORD}@127.0.0.1:{port}/onboarding?trust_server_certificate=true"))
}

async fn engine() -> Option<&'static str> {
    for engine in ["docker", "podman"] {
        // `docker` may be here without its daemon.
        let list = Command::new(engine).arg("ps").output().await;
        if list.is_ok_and(|output| output.status.success()) {
            return Some(engine);
        }
    }
    None
}

async fn start(engine: &str, image: &str) {
    let command = format!(
        "run --detach --rm --name {NAME} --publish 127.0.0.1::1433 --env ACCEPT_EULA=Y \
         --env MSSQL_SA_PASSWORD={PASSWORD} --env MSSQL_MEMORY_LIMIT_MB=1500 \
         --entrypoint timeout {image} {LIFETIME} /opt/mssql/bin/sqlservr"
    );
    run(engine, &command.split_whitespace().collect::<Vec<_>>()).await;
}

async fn port(engine: &str) -> Option<u16> {
    run(engine, &["port", NAME, "1433/tcp"]).await.lines().next()?.rsplit(':').next()?.trim().parse().ok()
}

async fn wait_for_login(engine: &str) {
    let sqlcmd = [
        "exec",
        NAME,
        "/opt/mssql-tools18/bin/sqlcmd",
        "-C",
        "-U",
        "sa",
        "-P",
        PASSWORD,
        "-b",
        "-Q",
        "SELECT 1",
    ];
    eventually(Duration::from_mins(2), || async {
        let Output { status, stderr, .. } = output(engine, &sqlcmd).await;
        status.success().then_some(()).ok_or_else(|| String::from_utf8_lossy(&stderr).into_owned())
    })
    .await;
}

async fn run(engine: &str, arguments: &[&str]) -> String {
    String::from_utf8_lossy(&output(engine, arguments).await.stdout).into_owned()
}

async fn output(engine: &str, arguments: &[&str]) -> Output {
    Command::new(engine).args(arguments).output().await.expect("the container engine runs")
}
