//! The programs that drive the SDKs: a JSON object per line in, one per line out.

use crate::packages::installed;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/clients");

/// Whose SDK it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sdk {
    Python,
    Node,
    Web,
    Rust,
}

impl Sdk {
    /// Those that ask for each flag when it is needed.
    pub const SERVERS: [Self; 3] = [Self::Python, Self::Node, Self::Rust];

    /// As the cases name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Node => "node",
            Self::Web => "web",
            Self::Rust => "rust",
        }
    }

    fn program(self) -> Command {
        match self {
            Self::Python => {
                let packages = installed("tests/real/clients/python/requirements.txt");
                let mut command = Command::new(packages.join("venv/bin/python"));
                command.arg(Path::new(HERE).join("python/driver.py"));
                command
            }
            Self::Node => node("server.mjs"),
            Self::Web => node("web.mjs"),
            Self::Rust => Command::new(rust_driver()),
        }
    }
}

fn node(script: &str) -> Command {
    let packages = installed("tests/real/clients/node/package.json");
    let mut command = Command::new("node");
    command.arg(Path::new(HERE).join("node").join(script)).env("CLIENT_PACKAGES", packages);
    command
}

/// It is built beside the server.
fn rust_driver() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_tidegate")).with_file_name("tidegate-real-client");
    let build = "cargo build --locked --manifest-path tests/real/clients/rust/Cargo.toml";
    assert!(program.is_file(), "{} is not built: run `tests/run`, or `{build}`", program.display());
    program
}

/// A running driver; it ends with this.
#[derive(Debug)]
pub struct Driver {
    sdk: Sdk,
    child: Child,
    calls: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Driver {
    /// Starts it with its first line, which says where the server is.
    pub fn start(sdk: Sdk, settings: &Value) -> Self {
        let mut command = sdk.program();
        // A machine's proxy is for the world outside.
        for variable in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
            command.env_remove(variable);
        }
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.unwrap_or_else(|error| panic!("{command:?}: {error}; run `tests/run`, it installs it"));
        let (calls, answers) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        let mut driver = Self { sdk, child, calls, answers: BufReader::new(answers) };
        driver.send(settings);
        driver
    }

    /// One call and its answer.
    pub fn call(&mut self, call: &Value) -> Value {
        self.send(call);
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("an answer");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("the {} driver ended at {call}", self.sdk.name()))
    }

    fn send(&mut self, line: &Value) {
        writeln!(self.calls, "{line}").unwrap_or_else(|_| panic!("the {} driver ended early", self.sdk.name()));
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
