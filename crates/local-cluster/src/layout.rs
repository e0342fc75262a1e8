//! Ports, paths and environments, computed from the options without touching anything.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use crate::options::UpOptions;

const FRONTEND_PORT: u16 = 3000;
const TRAFFIC_PORT: u16 = 8080;
const ADMIN_PORT: u16 = 8081;
const FIRST_BACKEND_PORT: u16 = 5001;

/// The name and listen address of one backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The name: `backend-1`, `backend-2` and so on.
    pub name: String,
    /// The loopback address and port.
    pub address: SocketAddr,
}

/// All that is decided before the first process starts.
#[derive(Debug, Clone)]
pub struct Layout {
    /// The page's address.
    pub frontend: SocketAddr,
    /// The balancer's traffic address.
    pub traffic: SocketAddr,
    /// The balancer's admin address.
    pub admin: SocketAddr,
    /// All backends, first to last.
    pub instances: Vec<Instance>,
    /// The absolute path of the data directory.
    pub data_dir: PathBuf,
    /// The directory of the built page.
    pub frontend_dir: PathBuf,
    /// The value of the backends' `DATABASE_URL`.
    pub database_url: String,
    /// The collector of traces; `None` where traces are off.
    pub otlp_endpoint: Option<String>,
    /// Whether all log lines are shown.
    pub verbose: bool,
}

impl Layout {
    /// Computes the layout; `data_dir` must be absolute, because the services are given paths below it.
    ///
    /// # Errors
    /// The name of the first listener whose port would be over 65535.
    pub fn new(options: &UpOptions, data_dir: PathBuf) -> Result<Self, PortOutOfRange> {
        let at = |name: &str, port: u16| local(name, port, options.port_offset);
        let instances = (1..=options.instances)
            .map(|n| {
                let name = format!("backend-{n}");
                let address = at(&name, FIRST_BACKEND_PORT + n - 1)?;
                Ok(Instance { name, address })
            })
            .collect::<Result<_, _>>()?;
        let database_url = match &options.database_url {
            Some(url) => url.clone(),
            None => format!("sqlite://{}", data_dir.join("onboarding.db").display()),
        };
        Ok(Self {
            frontend: at("frontend", FRONTEND_PORT)?,
            traffic: at("load balancer", TRAFFIC_PORT)?,
            admin: at("load balancer admin", ADMIN_PORT)?,
            instances,
            data_dir,
            frontend_dir: options.frontend_dir.clone(),
            database_url,
            otlp_endpoint: options.otlp_endpoint.clone().filter(|endpoint| !endpoint.is_empty()),
            verbose: options.verbose,
        })
    }

    /// Every address that a start will listen on, with the name of its owner.
    pub fn listeners(&self) -> impl Iterator<Item = (&str, SocketAddr)> {
        [("frontend", self.frontend), ("load balancer", self.traffic), ("load balancer admin", self.admin)]
            .into_iter()
            .chain(self.instances.iter().map(|instance| (instance.name.as_str(), instance.address)))
    }

    /// The path of `cluster.json`.
    pub fn manifest_path(&self) -> PathBuf {
        self.data_dir.join("cluster.json")
    }

    /// The folder that backends write mails into; none where the environment names another destination.
    pub fn mail_dir(&self) -> Option<PathBuf> {
        let elsewhere = ["SMTP_URL", "SMTP_URL_FILE", "MAIL_OUTBOX_DIR", "MAIL_OUTBOX_DIR_FILE"];
        let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        (!elsewhere.iter().any(is_set)).then(|| self.data_dir.join("mails"))
    }

    /// The path of the balancer's configuration.
    pub fn balancer_config_path(&self) -> PathBuf {
        self.data_dir.join("load-balancer.toml")
    }

    /// The path of the signing secret.
    pub fn secret_path(&self) -> PathBuf {
        self.data_dir.join("jwt-secret")
    }

    /// The balancer's configuration: the shipped defaults, with checks as quick as loopback allows.
    pub fn balancer_config(&self) -> String {
        let servers: String = self
            .instances
            .iter()
            .map(|i| format!("  {{ name = \"{}\", address = \"{}\" }},\n", i.name, i.address))
            .collect();
        include_str!("load-balancer.toml.in")
            .replace("{traffic}", &self.traffic.to_string())
            .replace("{admin}", &self.admin.to_string())
            .replace("{servers}", &servers)
            .replace("{access_log}", &toml_path(&self.data_dir.join("access.log")))
    }
}

/// The port of a listener would be over 65535.
#[derive(Debug, thiserror::Error)]
#[error("--port-offset {offset} moves the {name} from port {port} past 65535; choose a smaller offset")]
pub struct PortOutOfRange {
    name: String,
    port: u16,
    offset: u16,
}

fn local(name: &str, port: u16, offset: u16) -> Result<SocketAddr, PortOutOfRange> {
    let moved =
        port.checked_add(offset).ok_or_else(|| PortOutOfRange { name: name.to_owned(), port, offset })?;
    Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, moved)))
}

fn toml_path(path: &Path) -> String {
    path.display().to_string().replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::options::{Cli, Command};

    fn layout(args: &[&str]) -> Result<Layout, PortOutOfRange> {
        let cli = Cli::try_parse_from(["local-cluster", "up"].iter().chain(args)).unwrap();
        let Command::Up(options) = cli.command;
        Layout::new(&options, PathBuf::from("/data"))
    }

    #[test]
    fn ports_are_those_of_the_contract() {
        let layout = layout(&["--database-url", "sqlite:///x.db"]).unwrap();
        let ports: Vec<u16> = layout.listeners().map(|(_, address)| address.port()).collect();
        assert_eq!(ports, [3000, 8080, 8081, 5001, 5002, 5003]);
        assert_eq!(layout.database_url, "sqlite:///x.db");
    }

    #[test]
    fn an_offset_moves_every_port() {
        let layout = layout(&["--port-offset", "100", "--instances", "1"]).unwrap();
        let ports: Vec<u16> = layout.listeners().map(|(_, address)| address.port()).collect();
        assert_eq!(ports, [3100, 8180, 8181, 5101]);
    }

    #[test]
    fn a_port_past_the_end_is_named() {
        let mut cli = UpOptions {
            instances: 3,
            data_dir: PathBuf::new(),
            port_offset: 60_000,
            database_url: None,
            otlp_endpoint: None,
            frontend_dir: PathBuf::new(),
            verbose: false,
        };
        let error = Layout::new(&cli, PathBuf::from("/data")).unwrap_err();
        assert!(error.to_string().contains("load balancer from port 8080"), "{error}");
        cli.port_offset = 1;
        assert_eq!(
            Layout::new(&cli, PathBuf::from("/data")).unwrap().database_url,
            "sqlite:///data/onboarding.db"
        );
    }

    #[test]
    fn the_balancer_is_told_of_every_backend() {
        let config = layout(&["--instances", "2"]).unwrap().balancer_config();
        assert!(config.contains(r#"{ name = "backend-2", address = "127.0.0.1:5002" }"#), "{config}");
        assert!(!config.contains("{traffic}") && !config.contains("{access_log}"), "{config}");
    }
}
