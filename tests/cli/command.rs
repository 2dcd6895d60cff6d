//! Runs the built command, and a server to talk to.

use std::ffi::OsStr;
use std::process::Stdio;
use tempfile::TempDir;
use tidegate::app::Server;
use tidegate::clock::Clock;
use tidegate::config::{Key, Origin, Raw, load};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

pub(crate) const FLAGS: &str = "flags:
  search:
    state: ENABLED
    variants: { 'on': true, 'off': false }
    defaultVariant: 'off'
";

pub(crate) const ROLLOUT: &str = "kind: Rollout
name: search-v2
flag: search
candidate: 'on'
stable: 'off'
metrics:
  errors: { provider: outcomes, measure: error_ratio, window: 1m }
waves:
  - { name: some, exposure: 50%, bake: 1h, every: 1m, advance_when: [ errors < 1% ] }
";

/// What a run of the command left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The command with nothing of ours in its environment.
pub(crate) fn tidegate<S: AsRef<OsStr>>(args: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidegate"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TIDEGATE_")) {
        command.env_remove(name);
    }
    command.env("USER", "ann").args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.kill_on_drop(true);
    command
}

pub(crate) async fn run<S: AsRef<OsStr>>(args: &[S]) -> Ran {
    ran(tidegate(args).spawn().unwrap()).await
}

pub(crate) async fn ran(child: Child) -> Ran {
    let output = child.wait_with_output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

/// A server with the flag and a folder for files; stops when dropped.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) server: Server,
    shutdown: CancellationToken,
    pub(crate) folder: TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl Running {
    pub(crate) async fn start(variables: &[(&str, &str)]) -> Self {
        Self::start_with(FLAGS, variables).await
    }

    pub(crate) async fn start_with(flags: &str, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("flags.yaml");
        std::fs::write(&file, flags).unwrap();
        let mut raw = Raw::default();
        raw.set(Key::Paths, vec![file.to_string_lossy().into_owned()], Origin::Flag("PATH"));
        for (key, value) in [(Key::Evaluation, "127.0.0.1:0"), (Key::Control, "127.0.0.1:0"), (Key::Ephemeral, "true")]
        {
            raw.set_flag(key, Some(value.to_owned()));
        }
        let variables: Vec<_> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let settings = load(raw, None, &variables).unwrap();
        let shutdown = CancellationToken::new();
        let server = Server::start(&settings, Clock::system(), shutdown.clone()).await.unwrap();
        Self { server, shutdown, folder }
    }

    /// With the rollout applied, and started.
    pub(crate) async fn rolling() -> Self {
        let running = Self::start(&[]).await;
        running.apply().await;
        let started = running.run(&["rollout", "start", "search-v2"]).await;
        assert_eq!(started.code, 0, "{started:?}");
        running
    }

    pub(crate) async fn apply(&self) {
        let file = self.write("search.yaml", ROLLOUT);
        let applied = self.run(&["rollout", "apply", &file]).await;
        assert_eq!(applied.code, 0, "{applied:?}");
    }

    pub(crate) fn write(&self, name: &str, content: &str) -> String {
        let file = self.folder.path().join(name);
        std::fs::write(&file, content).unwrap();
        file.to_string_lossy().into_owned()
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = tidegate(args);
        command.env("TIDEGATE_SERVER", format!("http://{}", self.server.control));
        command
    }

    pub(crate) async fn run(&self, args: &[&str]) -> Ran {
        ran(self.command(args).spawn().unwrap()).await
    }
}
