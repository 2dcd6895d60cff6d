//! Debian's Prometheus and Alertmanager on loopback.

use super::deployed::adapted;
use super::ports::free_address;
use super::process::Process;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Prometheus, scraping the shop and Tidegate each second.
#[derive(Debug)]
pub struct Prometheus {
    pub address: String,
    home: PathBuf,
    pub process: Process,
}

impl Prometheus {
    /// Starts it with the shipped configuration and rules.
    pub fn start(home: &Path, shop: &str, control: &str, alertmanager: &str) -> Self {
        let home = home.join("prometheus");
        fs::create_dir_all(&home).expect("a folder");
        let config = adapted(
            "prometheus.yml",
            &[
                ("scrape_interval: 5s", "scrape_interval: 1s"),
                ("scrape_timeout: 4s", "scrape_timeout: 1s"),
                ("evaluation_interval: 5s", "evaluation_interval: 1s"),
                ("127.0.0.1:9093", alertmanager),
                ("127.0.0.1:8000", shop),
                ("127.0.0.1:8080", control),
            ],
        );
        let rules = adapted("tidegate.rules.yml", &[("for: 10s", "for: 2s"), ("[1m]", "[10s]")]);
        fs::write(home.join("prometheus.yml"), config).expect("written");
        fs::write(home.join("tidegate.rules.yml"), rules).expect("written");
        let address = free_address();
        let process = Self::run(&home, &address);
        Self { address, home, process }
    }

    /// Starts it again, with the data it had.
    pub fn restart(&mut self) {
        self.process.kill();
        self.process = Self::run(&self.home, &self.address);
    }

    /// Where it is asked.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn run(home: &Path, address: &str) -> Process {
        let mut command = Command::new("prometheus");
        command
            .arg(format!("--config.file={}", home.join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", home.join("data").display()))
            .arg(format!("--web.listen-address={address}"));
        Process::start("prometheus", &mut command, &home.join("log"))
    }
}

/// Alertmanager, posting to Tidegate.
#[derive(Debug)]
pub struct Alertmanager {
    pub address: String,
    pub process: Process,
}

impl Alertmanager {
    /// Starts it with the shipped configuration.
    pub fn start(home: &Path, control: &str) -> Self {
        let home = home.join("alertmanager");
        fs::create_dir_all(&home).expect("a folder");
        let config = adapted("alertmanager.yml", &[("127.0.0.1:8080", control)]);
        fs::write(home.join("alertmanager.yml"), config).expect("written");
        let address = free_address();
        let mut command = Command::new("prometheus-alertmanager");
        command
            .arg(format!("--config.file={}", home.join("alertmanager.yml").display()))
            .arg(format!("--storage.path={}", home.join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            // Without a cluster it needs no second port.
            .arg("--cluster.listen-address=");
        let process = Process::start("prometheus-alertmanager", &mut command, &home.join("log"));
        Self { address, process }
    }
}
