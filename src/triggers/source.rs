//! A source of alerts, as the settings describe it.

use super::filter::Filter;
use super::probe::ProbeSettings;
use super::proof::Proof;
use crate::controller::MayClose;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

/// The source that is there without any settings: it proves itself by the control listener's key.
pub const ALERTMANAGER: &str = "alertmanager";

/// How many posts a source may make in a second, unless its settings say otherwise.
pub const USUAL_RATE: NonZeroU32 = NonZeroU32::new(500).unwrap();

/// The longest name, in bytes: it is a part of addresses, metrics and fingerprints.
const LONGEST_NAME: usize = 63;

/// The name of a source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceName(Arc<str>);

impl SourceName {
    /// Takes a name.
    ///
    /// # Errors
    /// When it has anything but lower case letters, digits, `-` and `_`, or is too long.
    pub fn new(text: &str) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        match (1..=LONGEST_NAME).contains(&text.len()) && text.chars().all(plain) {
            true => Ok(Self(Arc::from(text))),
            false => Err(format!("a name has 1 to {LONGEST_NAME} of a-z, 0-9, `-` and `_`")),
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What kind of sender it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Prometheus' Alertmanager, or whatever sends as it does.
    Alertmanager,
    /// Grafana's own alerting.
    Grafana,
    /// PagerDuty, webhooks of version 3.
    PagerDuty,
    /// Datadog's monitors.
    Datadog,
    /// Anything that sends as Tidegate asks for it.
    Webhook,
    /// Tidegate itself, which looks whether something answers.
    Probe(Box<ProbeSettings>),
}

impl Kind {
    /// The word for it in the settings.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Alertmanager => "alertmanager",
            Self::Grafana => "grafana",
            Self::PagerDuty => "pagerduty",
            Self::Datadog => "datadog",
            Self::Webhook => "webhook",
            Self::Probe(_) => "probe",
        }
    }
}

/// A source of alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What it is called.
    pub name: SourceName,
    /// What it sends.
    pub kind: Kind,
    /// How it shows that it is who it says.
    pub proof: Proof,
    /// What it may close.
    pub may_close: Arc<MayClose>,
    /// Which of its alerts are heard.
    pub wanted: Filter,
    /// Labels that its alerts get, over those that they have.
    pub labels: Vec<(String, String)>,
    /// It is heard, answered and counted, and nothing comes of it.
    pub dry_run: bool,
    /// An alert that fires for lack of data fires.
    pub no_data_fires: bool,
    /// How many posts it may make in a second.
    pub rate: NonZeroU32,
    /// It was named in the settings. One that was not sends alerts as they always were.
    pub named: bool,
}

impl Source {
    /// Alertmanager with the control listener's key, as it is without settings.
    #[must_use]
    pub fn usual_alertmanager() -> Self {
        Self {
            name: SourceName(Arc::from(ALERTMANAGER)),
            kind: Kind::Alertmanager,
            proof: Proof::ControlKey,
            may_close: Arc::default(),
            wanted: Filter::default(),
            labels: Vec::new(),
            dry_run: false,
            no_data_fires: false,
            rate: USUAL_RATE,
            named: false,
        }
    }
}
