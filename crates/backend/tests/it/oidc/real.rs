//! Log-in by a real provider: the certified `oidc-provider` of npm, in a process of its own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use reqwest::StatusCode;
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use url::Url;

use super::super::api::harness::{Answer, Database, Instance, Send as _};
use super::Begun;

const CLIENT_ID: &str = "onboarding";
const CLIENT_SECRET: &str = "a secret/of the client, with odd characters";
const BACK: &str = "https://app.example.com/oidc/real";

/// The folder with the server, where its packages are installed (`just test` does that).
fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc-provider");
    folder.join("node_modules/oidc-provider").is_dir().then_some(folder)
}

async fn start(folder: &Path) -> (Child, String) {
    let mut child = Command::new("node")
        .arg("server.mjs")
        .current_dir(folder)
        .envs([("CLIENT_ID", CLIENT_ID), ("CLIENT_SECRET", CLIENT_SECRET), ("REDIRECT_URI", BACK)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    loop {
        let line = lines.next_line().await.unwrap().expect("the provider ends before it listens");
        if let Ok(told) = serde_json::from_str::<Value>(&line) {
            // It says more, and must not end for want of a listener.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return (child, told["issuer"].as_str().unwrap().to_owned());
        }
    }
}

/// A browser at the provider.
struct Browser {
    client: reqwest::Client,
    cookies: HashMap<String, String>,
}

impl Browser {
    fn new() -> Self {
        let client = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
        Self { client, cookies: HashMap::new() }
    }

    /// Follows redirections from `url` on, fills in the provider's forms as `login`, and gives the query it is sent back
    /// with.
    async fn log_in(&mut self, url: &str, login: &str) -> HashMap<String, String> {
        let (mut at, mut form) = (Url::parse(url).unwrap(), None);
        for _ in 0..20 {
            if at.as_str().starts_with(BACK) {
                return at.query_pairs().into_owned().collect();
            }
            let (status, to, page) = self.ask(&at, form.take()).await;
            if let Some(to) = to {
                at = at.join(&to).unwrap();
                continue;
            }
            assert_eq!(status, StatusCode::OK, "{at}: {page}");
            let prompt = if page.contains("name=\"login\"") { "login" } else { "consent" };
            form = Some(vec![("prompt", prompt), ("login", login), ("password", "any")]);
            at = at.join(attribute(&page, "action")).unwrap();
        }
        panic!("the provider leads nowhere: {at}");
    }

    async fn ask(
        &mut self,
        at: &Url,
        form: Option<Vec<(&str, &str)>>,
    ) -> (StatusCode, Option<String>, String) {
        let request = match form {
            Some(fields) => {
                let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                let form = "application/x-www-form-urlencoded";
                self.client.post(at.clone()).header("content-type", form).body(body)
            }
            None => self.client.get(at.clone()),
        };
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let answer = request.header(COOKIE, cookies.join("; ")).send().await.unwrap();
        for set in answer.headers().get_all(SET_COOKIE) {
            let pair = set.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let to = answer.headers().get(LOCATION).map(|to| to.to_str().unwrap().to_owned());
        (answer.status(), to, answer.text().await.unwrap())
    }
}

fn attribute<'p>(page: &'p str, name: &str) -> &'p str {
    let start = page.find(&format!("{name}=\"")).unwrap_or_else(|| panic!("no {name} in {page}"));
    page[start + name.len() + 2..].split('"').next().unwrap()
}

async fn come(instance: &Instance, login: &str) -> Answer {
    let begun = Begun::of(&instance.post("/api/auth/oidc/real/start", &json!({})).done().await);
    let query = Browser::new().log_in(&begun.url, login).await;
    // The page hands on what it knows of the query.
    let mut body = json!({"session": "token"});
    for name in ["state", "code", "error", "iss"] {
        if let Some(value) = query.get(name) {
            body[name] = value.clone().into();
        }
    }
    assert!(query.contains_key("iss"), "this provider tells who it is: {query:?}");
    let back = instance.post("/api/auth/oidc/real/callback", &body).header("cookie", &begun.cookie);
    let answer = back.done().await;
    let again = instance.post("/api/auth/oidc/real/callback", &body).header("cookie", &begun.cookie);
    again.problem(410, "oidc_flow_used").await;
    answer
}

#[tokio::test]
async fn people_come_by_a_real_provider() {
    let Some(folder) = folder() else {
        return eprintln!("skipped: `npm ci` was not run in crates/backend/tests/oidc-provider");
    };
    let (_provider, issuer) = start(&folder).await;
    let database = Database::new();
    let settings = [
        ("PUBLIC_URL", "https://app.example.com"),
        ("OIDC_REAL_ISSUER", issuer.as_str()),
        ("OIDC_REAL_CLIENT_ID", CLIENT_ID),
        ("OIDC_REAL_CLIENT_SECRET", CLIENT_SECRET),
        ("OIDC_REAL_TRUST_EMAIL", "true"),
    ];
    let instance = Instance::start_with(&database, &settings).await;
    let first = come(&instance, "grace").await;
    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    let user = &first.body["user"];
    assert_eq!((&user["email"], &user["full_name"]), (&json!("grace@example.com"), &json!("Person grace")));
    assert_eq!(user["email_verified"], true);
    let again = come(&instance, "grace").await;
    assert_eq!((again.status, &again.body["user"]), (StatusCode::OK, user));
    let other = come(&instance, "ada").await;
    assert_eq!(
        (other.status, &other.body["user"]["email"]),
        (StatusCode::CREATED, &json!("ada@example.com"))
    );
}
