//! What is put into a question when it is asked.

use crate::measure::template::{Names, fill_with};
use crate::rollout::{Ask, Over};
use crate::units::{FlagKey, UnixMillis, VariantName};
use std::time::Duration;
use tokio::time::Instant;

/// For whom, over how long and until when something is asked.
#[derive(Debug, Clone)]
pub struct Asking {
    /// Goes where `{{variant}}` stands.
    pub variant: VariantName,
    /// Goes where `{{flag}}` stands.
    pub flag: FlagKey,
    /// Over how long the metric looks back of itself; goes where `{{window}}` stands unless there is a `span`.
    pub window: Duration,
    /// Over how long it is asked instead.
    pub span: Option<Duration>,
    /// The time.
    pub now: UnixMillis,
    /// Nobody waits longer than this.
    pub deadline: Instant,
}

impl Asking {
    /// Over how long it looks back this time.
    #[must_use]
    pub fn looks_back(&self) -> Duration {
        self.span.unwrap_or(self.window)
    }

    /// One that is asked at no particular time.
    #[cfg(test)]
    pub(in crate::measure) fn for_tests(variant: VariantName, flag: FlagKey, window: Duration) -> Self {
        let (now, deadline) = (UnixMillis::new(0), Instant::now().checked_add(Duration::from_secs(60)));
        Self { variant, flag, window, span: None, now, deadline: deadline.expect("a moment") }
    }

    /// Another time than the metric's own.
    pub(in crate::measure) fn span_of(over: Over, now: UnixMillis) -> Option<Duration> {
        match over {
            Over::Usual => None,
            Over::Span(span) => Some(span),
            Over::Since(since) => Some(now.since(since)),
        }
    }

    /// What tells two questions to the same system apart: what is asked, with all names filled in.
    pub(in crate::measure) fn key(&self, ask: &Ask) -> String {
        let names = Names { variant: &self.variant, flag: &self.flag, window: self.looks_back() };
        let filled = fill_with(&format!("{ask:?}"), |placeholder, _| match names.of(placeholder) {
            Some(name) => name.escape_debug().to_string(),
            None => format!("{:?}", names.window),
        });
        format!("{filled} over {:?} of {:?}", self.span, self.looks_back())
    }
}
