//! What the settings allow to be started.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// A command that metrics may be asked of.
#[derive(Clone, PartialEq, Eq)]
pub struct AllowedCommand {
    /// How plans name it.
    pub name: String,
    /// The program, by its absolute path.
    pub program: PathBuf,
    /// What it is started with. `{{name}}` stands for what the plan gives under that name.
    pub arguments: Vec<String>,
    /// The variables that it gets, with their values; it has no others.
    pub environment: Vec<(String, String)>,
    /// How long it may take.
    pub timeout: Duration,
    /// How much it may print, in bytes.
    pub longest_output: usize,
}

/// Without the values of variables: some of them may be secrets.
impl fmt::Debug for AllowedCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variables: Vec<&str> = self.environment.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("AllowedCommand")
            .field("name", &self.name)
            .field("program", &self.program)
            .field("arguments", &self.arguments)
            .field("environment", &variables)
            .field("timeout", &self.timeout)
            .field("longest_output", &self.longest_output)
            .finish()
    }
}

impl AllowedCommand {
    /// The names of what a plan must give.
    pub fn wanted(&self) -> impl Iterator<Item = &str> {
        self.arguments.iter().flat_map(|argument| {
            argument.split("{{").skip(1).filter_map(|rest| rest.split_once("}}").map(|(name, _)| name))
        })
    }
}
