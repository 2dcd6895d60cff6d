//! Programs under test: started with their output in a file, killed when the test is done with them.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running program.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts a program; what it prints is added to `log`.
    pub fn start(name: &'static str, command: &mut Command, log: &Path) -> Self {
        let open =
            || -> File { OpenOptions::new().create(true).append(true).open(log).expect("the log can be written") };
        let child = command
            .stdin(Stdio::null())
            .stdout(open())
            .stderr(open())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} could not be started: {error}; {}", advice(name)));
        Self { name, child, log: log.to_owned() }
    }

    /// Ends it at once, as `kill -9` or a power cut would, and waits until it is gone.
    pub fn kill(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// The reason for giving up when it ended by itself.
    pub fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok().flatten()?;
        Some(format!("{} ended by itself with {status}", self.name))
    }

    /// The end of what it printed.
    pub fn log_tail(&self, lines: usize) -> String {
        let log = fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let all: Vec<&str> = log.lines().collect();
        format!("--- {} ---\n{}", self.name, all[all.len().saturating_sub(lines)..].join("\n"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn advice(name: &str) -> &'static str {
    match name {
        "prometheus" => "install Debian's package `prometheus`",
        "prometheus-alertmanager" => "install Debian's package `prometheus-alertmanager`",
        _ => "build it first",
    }
}
