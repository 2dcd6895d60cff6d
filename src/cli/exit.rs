//! How a command ends: its exit code and, when it failed, what is said about it.

use std::io::{self, Write as _};
use std::process::ExitCode;

/// The exit codes, which scripts rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// It did not work.
    Error,
    /// Wrong usage or wrong settings.
    Usage,
    /// The rollout was rolled back.
    RolledBack,
    /// Out of time.
    TimedOut,
    /// Nothing goes on without a person.
    NeedsPerson,
    /// Ctrl-C.
    Interrupted,
}

impl Exit {
    const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Error => 1,
            Self::Usage => 2,
            Self::RolledBack => 3,
            Self::TimedOut => 5,
            Self::NeedsPerson => 6,
            Self::Interrupted => 130,
        }
    }
}

/// Why a command failed, for a person.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// What is wrong; several lines when several things are.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

/// What every command returns.
pub(crate) type Outcome = Result<Exit, Failure>;

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hint: None }
    }

    pub(crate) fn error(message: impl Into<String>) -> Self {
        Self::new(Exit::Error, message)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A reader that went away, as `head` does, wants no more: that ends a command in silence and is no
/// fault of anybody.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::new(Exit::Done, "");
        }
        Self::error(error.to_string())
    }
}

/// Says what went wrong, if anything did, and turns it into the process's exit code.
pub(crate) fn finish(outcome: Outcome) -> ExitCode {
    let exit = match outcome {
        Ok(exit) => exit,
        Err(failure) => {
            // When not even standard error is there, the exit code must do.
            let _ = tell(&failure);
            failure.exit
        }
    };
    ExitCode::from(exit.code())
}

fn tell(failure: &Failure) -> io::Result<()> {
    let mut stderr = io::stderr().lock();
    for line in failure.message.lines() {
        writeln!(stderr, "tidegate: {line}")?;
    }
    failure.hint.as_ref().map_or(Ok(()), |hint| writeln!(stderr, "  hint: {hint}"))
}
