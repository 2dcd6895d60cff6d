//! Asks a server with `wrk` and reads what it reports.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

/// What one run gave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) requests: f64,
    pub(crate) per_second: f64,
    pub(crate) p99_micros: f64,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Question {
    /// One flag.
    Single,
    /// All flags.
    Bulk,
}

/// The path of all flags.
pub(crate) const BULK: &str = "/ofrep/v1/evaluate/flags";

/// One of the contexts that are asked for.
pub(crate) const CONTEXT: &str = r#"{"context":{"targetingKey":"user-1","email":"user-1@mail.example","plan":"basic","country":"NO","version":"2.4.1"}}"#;

/// The requests, as a script for wrk: the same 256 users in turn, formatted once.
pub(crate) struct Script(PathBuf);

const LUA: &str = r#"
local requests = {}
init = function()
  local headers = { ["Host"] = wrk.headers["Host"], ["Content-Type"] = "application/json" }
  for user = 1, 256 do
    local body = string.gsub('CONTEXT', 'user%-1', 'user-' .. user)
    requests[user] = wrk.format("POST", "PATH", headers, body)
  end
end
local next_user = 0
request = function()
  next_user = next_user % 256 + 1
  return requests[next_user]
end
"#;

impl Script {
    pub(crate) fn written(question: Question) -> Result<Self, String> {
        let (name, path) = match question {
            Question::Single => ("single", "/ofrep/v1/evaluate/flags/checkout"),
            Question::Bulk => ("bulk", BULK),
        };
        let file = std::env::temp_dir().join(format!("tidegate-http-bench-{}-{name}.lua", std::process::id()));
        let text = LUA.replace("CONTEXT", CONTEXT).replace("PATH", path);
        std::fs::write(&file, text).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
        Ok(Self(file))
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Asks for some seconds over some connections from one thread.
pub(crate) fn run(script: &Script, server: SocketAddr, connections: u32, seconds: u32) -> Result<Asked, String> {
    let output = Command::new("wrk")
        .args(["--latency", "-t1", &format!("-c{connections}"), &format!("-d{seconds}s"), "-s"])
        .arg(&script.0)
        .arg(format!("http://{server}"))
        .output()
        .map_err(|error| format!("cannot run wrk: {error}; install it with `apt-get install wrk`"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let fault = ["Non-2xx", "Socket errors"].iter().any(|fault| text.contains(fault));
    if fault || !output.status.success() {
        return Err(format!("wrk met faults:\n{text}{}", String::from_utf8_lossy(&output.stderr)));
    }
    let word_after = |label: &str| text.lines().find_map(|line| line.trim().strip_prefix(label)).map(str::trim);
    let report = || {
        // "204512 requests in 4.00s, 58.51MB read"
        let requests = text.lines().find(|line| line.contains(" requests in "))?.split_whitespace().next()?;
        let per_second = word_after("Requests/sec:")?.parse().ok()?;
        Some(Asked { requests: requests.parse().ok()?, per_second, p99_micros: word_after("99%").and_then(micros)? })
    };
    report().ok_or_else(|| format!("wrk's report cannot be read:\n{text}"))
}

/// wrk writes `850.00us`, `1.25ms` or `2.00s`.
fn micros(text: &str) -> Option<f64> {
    let (number, scale) = [("us", 1.0), ("ms", 1e3), ("s", 1e6)]
        .into_iter()
        .find_map(|(unit, scale)| text.strip_suffix(unit).map(|number| (number, scale)))?;
    number.parse::<f64>().ok().map(|number| number * scale)
}
