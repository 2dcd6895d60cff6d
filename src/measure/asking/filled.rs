//! What is put into a question when it is asked.

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

    /// What tells two questions to the same system apart: what is asked, and the names that go into it. Not what it is
    /// with the names filled in: the same text is another question where a part of it stands for a name and is escaped.
    pub(in crate::measure) fn key(&self, ask: &Ask) -> String {
        let template = format!("{ask:?}");
        let has = |placeholder: &str| template.contains(placeholder);
        let variant = has("{{variant}}").then_some(self.variant.as_str());
        let flag = has("{{flag}}").then_some(self.flag.as_str());
        let (span, looks_back) = (self.span, self.looks_back());
        format!("{template} for {variant:?} of {flag:?} over {span:?} of {looks_back:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollout::{AskWeb, WebMethod};
    use std::sync::Arc;

    fn key(path: &str, variant: &str, flag: &str) -> String {
        let ask = Ask::Web(AskWeb {
            method: WebMethod::Get,
            path: Arc::from(path),
            headers: Vec::new(),
            body: None,
            value: Arc::from("$.v"),
            samples: None,
            time: None,
            min_samples: 0,
        });
        let (variant, flag) = (VariantName::new(variant).unwrap(), FlagKey::new(flag).unwrap());
        Asking::for_tests(variant, flag, Duration::from_secs(300)).key(&ask)
    }

    #[test]
    fn a_name_in_a_question_is_not_the_same_as_the_text_of_the_name() {
        // The one is asked as `/a%2Fb`, the other as `/a/b`.
        assert_ne!(key("/{{variant}}", "a/b", "f"), key("/a/b", "a/b", "f"));
        assert_ne!(key("/{{variant}}", "on", "f"), key("/{{variant}}", "off", "f"));
        assert_ne!(key("/{{variant}}{{flag}}", "a", "b"), key("/{{flag}}{{variant}}", "a", "b"));
        assert_eq!(key("/all", "on", "f"), key("/all", "off", "g"), "nobody's name is in it");
    }
}
