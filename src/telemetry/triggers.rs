//! Metrics of triggers.

use prometheus::{IntCounterVec, IntGaugeVec, Opts, Registry};

/// What became of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PostResult {
    /// It closed a rollout.
    Closed,
    /// It was heard, and closed nothing.
    Taken,
    /// It said once more what was known.
    Repeated,
    /// Nothing in it was for anybody.
    Ignored,
    /// All that it was for its source may not close.
    OutOfScope,
    /// Its source is only tried out.
    DryRun,
    /// Something of it could not be made durable: its sender was told to send it again.
    Unavailable,
    /// Its source sends more than it may: its sender was told to send it again.
    TooMany,
    /// It came without a key or a signature.
    Unsigned,
    /// It came with a wrong key.
    WrongKey,
    /// It came with a wrong signature.
    WrongSignature,
    /// It was signed too long ago, or in the future.
    NotInTime,
    /// It had been taken before.
    Replayed,
    /// It could not be read.
    Malformed,
    /// It was too large.
    TooLarge,
}

impl PostResult {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Taken => "taken",
            Self::Repeated => "repeated",
            Self::Ignored => "ignored",
            Self::OutOfScope => "out_of_scope",
            Self::DryRun => "dry_run",
            Self::Unavailable => "unavailable",
            Self::TooMany => "too_many",
            Self::Unsigned => "unsigned",
            Self::WrongKey => "wrong_key",
            Self::WrongSignature => "wrong_signature",
            Self::NotInTime => "not_in_time",
            Self::Replayed => "replayed",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
        }
    }
}

/// What became of one alert in a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertResult {
    /// It fires, and was passed on.
    Firing,
    /// It ended, and was passed on.
    Resolved,
    /// Something newer was known of it.
    Stale,
    /// It is not among those that the source is asked for.
    Unmatched,
    /// It fires for lack of data.
    NoData,
    /// It names a rollout or a flag that does not exist.
    Unknown,
}

impl AlertResult {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
            Self::Stale => "stale",
            Self::Unmatched => "unmatched",
            Self::NoData => "no_data",
            Self::Unknown => "unknown",
        }
    }
}

/// Sources are named in the settings, so that the series are as few as they.
#[derive(Debug, Clone)]
pub struct TriggerMetrics {
    posts: IntCounterVec,
    alerts: IntCounterVec,
    probes: IntGaugeVec,
}

impl TriggerMetrics {
    pub(super) fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let posts = Opts::new("tidegate_trigger_posts_total", "Posts of sources of alerts, by what became of them.");
        let alerts = Opts::new("tidegate_trigger_alerts_total", "Alerts in posts, by what became of them.");
        let probes =
            Opts::new("tidegate_probe_up", "Whether what a probe looks at answered as it should the last time.");
        let metrics = Self {
            posts: IntCounterVec::new(posts, &["source", "result"])?,
            alerts: IntCounterVec::new(alerts, &["source", "result"])?,
            probes: IntGaugeVec::new(probes, &["source"])?,
        };
        registry.register(Box::new(metrics.posts.clone()))?;
        registry.register(Box::new(metrics.alerts.clone()))?;
        registry.register(Box::new(metrics.probes.clone()))?;
        Ok(metrics)
    }

    /// Counts a post of a source.
    pub fn post(&self, source: &str, result: PostResult) {
        self.posts.with_label_values(&[source, result.as_str()]).inc();
    }

    /// Counts alerts of a source.
    pub fn alerts(&self, source: &str, result: AlertResult, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.alerts.with_label_values(&[source, result.as_str()]).inc_by(count);
    }

    /// Tells what a probe saw.
    pub fn probed(&self, source: &str, up: bool) {
        self.probes.with_label_values(&[source]).set(i64::from(up));
    }
}
