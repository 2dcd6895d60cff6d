//! Which commands there are, and how many of them run at a time.

use super::allowed::AllowedCommand;
use super::answer;
use super::arguments::arguments;
use super::run::run;
use crate::analysis::{NoData, Reading};
use crate::measure::asking::Asking;
use crate::measure::connections::{Connection, ConnectionKind};
use crate::measure::fetch::redacted;
use crate::rollout::{Ask, AskExec};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout_at;

/// The commands of one connection. Clones share how many run at a time.
#[derive(Debug, Clone)]
pub struct ExecConnection {
    commands: Arc<[AllowedCommand]>,
    seats: Arc<Semaphore>,
}

/// The same commands are the same connection, whatever runs at the moment.
impl PartialEq for ExecConnection {
    fn eq(&self, other: &Self) -> bool {
        self.commands == other.commands
    }
}

impl Eq for ExecConnection {}

impl ExecConnection {
    /// These commands, so many of them at a time.
    #[must_use]
    pub fn new(commands: Vec<AllowedCommand>, at_once: usize) -> Self {
        let seats = Arc::new(Semaphore::new(at_once.clamp(1, Semaphore::MAX_PERMITS)));
        Self { commands: commands.into(), seats }
    }

    /// How long the slowest of them may take.
    #[must_use]
    pub fn longest_timeout(&self) -> Duration {
        self.commands.iter().map(|command| command.timeout).max().unwrap_or_default()
    }
}

/// Runs a command and reads what it prints.
pub(in crate::measure) async fn read(connection: &Connection, ask: &AskExec, asking: &Asking) -> Reading {
    let ConnectionKind::Exec(commands) = &connection.kind else {
        return Reading::NoData(NoData::NoProvider(connection.name.to_string()));
    };
    value(commands, ask, asking).await.unwrap_or_else(Reading::NoData)
}

/// What is asked, with all names filled in: for people.
pub(in crate::measure) fn question(ask: &AskExec, asking: &Asking) -> String {
    let given = ask.arguments.iter().map(|(name, value)| {
        let value = value.replace("{{variant}}", asking.variant.as_str()).replace("{{flag}}", asking.flag.as_str());
        format!(" {name}={value}")
    });
    format!("{}{}", ask.command, given.collect::<String>())
}

async fn value(commands: &ExecConnection, ask: &AskExec, asking: &Asking) -> Result<Reading, NoData> {
    if asking.span.is_some() && !Ask::Exec(ask.clone()).any_window() {
        let why = "its arguments are without `{{window}}`: it cannot be asked over another time";
        return Err(NoData::NotAsked(why.to_owned()));
    }
    let command = commands.commands.iter().find(|command| *command.name == *ask.command);
    let command =
        command.ok_or_else(|| NoData::NotAsked(format!("the settings allow no command `{}`", ask.command)))?;
    let arguments = arguments(command, ask, asking)?;
    let Ok(Ok(_seat)) = timeout_at(asking.deadline, commands.seats.acquire()).await else {
        let why = format!("`{}` was not run: too many commands are running already", ask.command);
        return Err(NoData::Unreachable(why));
    };
    match timeout_at(asking.deadline, run(command, &arguments)).await {
        Ok(printed) => {
            // Programs put into their complaints what they were given, keys among it.
            let given: Vec<&str> = command.environment.iter().map(|(_, value)| value.as_str()).collect();
            answer::reading(&printed.map_err(|why| redacted(why, &given))?, ask, asking.now)
        }
        Err(_) => Err(NoData::TimedOut(command.timeout)),
    }
}

#[cfg(test)]
mod tests;
