//! Interim answers that say something (103), as clients see them.

use super::site::Site;
use std::io::Write as _;
use std::process::Command;

/// curl prints every head that comes.
#[tokio::test(flavor = "multi_thread")]
async fn early_hints_come_before_the_answer() {
    let site = Site::start().await;
    for protocol in ["--http2", "--http1.1"] {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--include", protocol, "--cacert"]).arg(&site.certificate);
        let Ok(output) = command.arg(format!("https://{}/hints", site.https)).output() else {
            let _ = writeln!(std::io::stderr(), "\nskipped: early hints (curl is not installed)");
            return;
        };
        let text = String::from_utf8_lossy(&output.stdout).to_lowercase();
        let expected =
            ["103", "link: </a.css>; rel=preload", "103", "link: </b.js>; rel=preload", "200", "page"];
        let mut rest = text.as_str();
        for part in expected {
            rest = rest.split_once(part).unwrap_or_else(|| panic!("{protocol}, {part}: {text}")).1;
        }
    }
    site.stop().await;
}
