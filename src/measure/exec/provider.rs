//! Which commands there are, and how many of them run at a time.

use super::answer;
use super::arguments::arguments;
use super::run::run;
use crate::analysis::{NoData, Reading};
use crate::config::AllowedCommand;
use crate::measure::names::Names;
use crate::rollout::AskExec;
use crate::units::UnixMillis;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// The commands of one connection.
#[derive(Debug, Clone)]
pub struct Exec {
    commands: Arc<[AllowedCommand]>,
    seats: Arc<Semaphore>,
}

impl Exec {
    /// These commands, so many of them at a time.
    #[must_use]
    pub fn new(commands: Vec<AllowedCommand>, at_once: usize) -> Self {
        Self { commands: commands.into(), seats: Arc::new(Semaphore::new(at_once)) }
    }

    /// Runs a command and reads what it prints.
    pub(in crate::measure) async fn read(&self, ask: &AskExec, names: &Names<'_>, now: UnixMillis) -> Reading {
        self.value(ask, names, now).await.unwrap_or_else(Reading::NoData)
    }

    async fn value(&self, ask: &AskExec, names: &Names<'_>, now: UnixMillis) -> Result<Reading, NoData> {
        let command = self.commands.iter().find(|command| *command.name == *ask.command);
        let command = command.ok_or_else(|| {
            NoData::Refused(format!("the settings allow no command `{}`", ask.command))
        })?;
        let arguments = arguments(command, ask, names)?;
        let seat = timeout(command.timeout, self.seats.acquire()).await;
        let Ok(Ok(_seat)) = seat else {
            return Err(NoData::TimedOut(command.timeout));
        };
        answer::reading(&run(command, &arguments).await?, ask, now)
    }
}

#[cfg(test)]
mod tests;
