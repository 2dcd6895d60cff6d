//! Running a command within bounds of time and output.

use super::allowed::AllowedCommand;
use crate::analysis::NoData;
use crate::measure::fetch::shown;
use rustix::process::{Pid, Signal, kill_process_group};
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use tokio::time::timeout;

/// How much of what a command complains of is kept, in bytes.
const COMPLAINT: usize = 1_000;

/// Starts a command and gives what it printed. Whatever happens, nothing of it is left behind that has not gone out of
/// its way to stay: it and all that it started are one process group, which is killed.
///
/// # Errors
/// With what went wrong, and at most one short line of what it complained of.
pub(super) async fn run(command: &AllowedCommand, arguments: &[String]) -> Result<Vec<u8>, NoData> {
    let mut child = Command::new(&command.program)
        .args(arguments)
        .env_clear()
        .envs(command.environment.iter().map(|(name, value)| (name, value)))
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| not_started(command, &error))?;
    let group = Group(Mutex::new(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?))));
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let work = async {
        let ended = async {
            let status = child.wait().await;
            // What it left in the background would hold its output open.
            group.kill();
            status.map_err(Broken::Io)
        };
        tokio::try_join!(printed(stdout, command.longest_output), complaint(stderr), ended)
    };
    match timeout(command.timeout, work).await {
        Err(_) => Err(NoData::TimedOut(command.timeout)),
        Ok(Err(Broken::TooMuch)) => {
            Err(NoData::Malformed(format!("it prints more than {} bytes", command.longest_output)))
        }
        Ok(Err(Broken::Io(error))) => Err(NoData::Unreachable(format!("`{}`: {}", command.name, error.kind()))),
        Ok(Ok((printed, complaint, status))) => match ended_badly(status) {
            None => Ok(printed),
            Some(how) => Err(NoData::Refused(with_complaint(&command.name, &how, &complaint))),
        },
    }
}

/// A process group, killed when it is let go, and only once: when nobody is left of it, its number may be given to
/// another one.
struct Group(Mutex<Option<Pid>>);

impl Group {
    fn kill(&self) {
        if let Some(leader) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // It fails when nobody is left, which is what is wanted.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

enum Broken {
    TooMuch,
    Io(io::Error),
}

/// All that it prints, unless that is too much.
async fn printed(from: Option<impl AsyncRead + Unpin>, longest: usize) -> Result<Vec<u8>, Broken> {
    let mut printed = Vec::new();
    let Some(from) = from else { return Ok(printed) };
    let most = u64::try_from(longest).unwrap_or(u64::MAX).saturating_add(1);
    from.take(most).read_to_end(&mut printed).await.map_err(Broken::Io)?;
    if printed.len() > longest { Err(Broken::TooMuch) } else { Ok(printed) }
}

/// The beginning of what it complains of. The rest is read as well, or it would wait for somebody who reads it.
async fn complaint(from: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, Broken> {
    let mut kept = Vec::new();
    let Some(mut from) = from else { return Ok(kept) };
    let mut piece = [0_u8; 1_024];
    loop {
        let length = from.read(&mut piece).await.map_err(Broken::Io)?;
        let read = piece.get(..length).unwrap_or_default();
        if read.is_empty() {
            return Ok(kept);
        }
        let room = COMPLAINT.saturating_sub(kept.len());
        kept.extend_from_slice(read.get(..room).unwrap_or(read));
    }
}

fn ended_badly(status: ExitStatus) -> Option<String> {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(0), _) => None,
        (Some(code), _) => Some(format!("ended with the exit code {code}")),
        (None, Some(signal)) => Some(format!("was ended by the signal {signal}")),
        (None, None) => Some("ended in an unknown way".to_owned()),
    }
}

fn with_complaint(name: &str, how: &str, complaint: &[u8]) -> String {
    let complaint = String::from_utf8_lossy(complaint);
    let first = complaint.lines().map(str::trim).find(|line| !line.is_empty()).map(shown).unwrap_or_default();
    if first.is_empty() { format!("`{name}` {how}") } else { format!("`{name}` {how}: {first}") }
}

fn not_started(command: &AllowedCommand, error: &io::Error) -> NoData {
    let path = command.program.display();
    let kind = error.kind();
    let why = if kind == io::ErrorKind::NotFound {
        format!("there is no program {path}, or what it needs is not there")
    } else if kind == io::ErrorKind::PermissionDenied {
        format!("{path} cannot be executed")
    } else {
        format!("{path}: {kind}")
    };
    NoData::Unreachable(format!("`{}`: {why}", command.name))
}
