//! Alerts from outside, and the matching of their labels.

use std::collections::BTreeMap;

/// A firing alert, as an alerting system reported it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// The sender's own identity of this alert (Alertmanager's fingerprint): repeats have the same.
    pub fingerprint: String,
    /// What it says of itself: `alertname`, `severity`, and whatever the rule adds.
    pub labels: BTreeMap<String, String>,
}

/// `alert(severity = "critical", team != "search")`: true of alerts that pass every test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertMatch {
    /// All must pass; none at all matches every alert.
    pub tests: Vec<LabelTest>,
}

/// One label's test. An absent label counts as empty, as in Alertmanager's own matchers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelTest {
    /// The label's name.
    pub label: String,
    /// The value compared with.
    pub value: String,
    /// `=` when true, `!=` when false.
    pub equal: bool,
}

impl AlertMatch {
    /// Whether the alert passes every test.
    #[must_use]
    pub fn matches(&self, alert: &Alert) -> bool {
        self.tests.iter().all(|test| {
            let label = alert.labels.get(&test.label).map_or("", String::as_str);
            (label == test.value) == test.equal
        })
    }
}
