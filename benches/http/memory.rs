//! What the whole server takes of the machine's memory: `tidegate serve` with the flags and no rollouts.

use crate::{flags, server};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Its resident memory in MiB: at rest after the start, and after the door has been asked for a while.
pub(crate) struct Resident {
    pub(crate) at_rest: f64,
    pub(crate) asked: f64,
}

/// Starts the server, lets `ask` use its evaluation door, and reads its memory before and after.
pub(crate) fn resident(ask: impl FnOnce(SocketAddr) -> Result<(), String>) -> Result<Resident, String> {
    let file = std::env::temp_dir().join(format!("tidegate-http-bench-{}.yaml", std::process::id()));
    std::fs::write(&file, flags::document()).map_err(|error| format!("cannot write {}: {error}", file.display()))?;
    let (evaluation, control) = (server::free_port()?, server::free_port()?);
    let process = Command::new(env!("CARGO_BIN_EXE_tidegate"))
        .args(["serve", "--ephemeral"])
        .args(["--evaluation", &evaluation.to_string(), "--control", &control.to_string()])
        .arg(&file)
        .stderr(Stdio::null())
        .spawn();
    let mut process = process.map_err(|error| format!("cannot start tidegate: {error}"))?;
    let read = measured(&process, evaluation, ask);
    let _ = process.kill();
    let _ = process.wait();
    let _ = std::fs::remove_file(&file);
    read
}

fn measured(
    process: &Child,
    door: SocketAddr,
    ask: impl FnOnce(SocketAddr) -> Result<(), String>,
) -> Result<Resident, String> {
    let began = Instant::now();
    while std::net::TcpStream::connect(door).is_err() {
        if began.elapsed() > Duration::from_secs(20) {
            return Err("tidegate does not listen".to_owned());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_secs(1));
    let at_rest = resident_mib(process)?;
    ask(door)?;
    Ok(Resident { at_rest, asked: resident_mib(process)? })
}

fn resident_mib(process: &Child) -> Result<f64, String> {
    let path = format!("/proc/{}/status", process.id());
    let text = std::fs::read_to_string(&path).map_err(|error| format!("cannot read {path}: {error}"))?;
    let kib = text.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse::<f64>().ok());
    kib.map(|kib| kib / 1_024.0).ok_or_else(|| format!("{path} has no VmRSS in it"))
}
