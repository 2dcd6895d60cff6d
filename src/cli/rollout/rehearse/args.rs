//! What a rehearsal is called with.

use super::super::super::args::duration;
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;
use tidegate::units::UnixMillis;

pub(in super::super) const AFTER: &str = "\
The providers of the plan's metrics are asked for what those were, in pieces and one request after the other. What \
was answered is kept, so that an interrupted rehearsal goes on where it was. No server of Tidegate's is asked, and \
nothing is changed.

Connections are those of the settings (--config, TIDEGATE_CONFIG), or --prometheus alone.

Exit codes: 0 rehearsed, 1 a provider did not answer or the plan is wrong, 2 wrong usage, 130 interrupted.";

#[derive(Debug, Args)]
pub(in super::super) struct RehearseArgs {
    /// The file with the plan
    pub(super) plan: PathBuf,
    /// How far back, such as 14d
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "14d")]
    pub(super) since: Duration,
    /// Until when, such as 2026-03-02T09:00:00Z; without it until the last full hour
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(super) until: Option<UnixMillis>,
    /// From one value to the next; without it the plan's shortest `every`, and at least a minute
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(super) step: Option<Duration>,
    /// Which rollout, where the file has several
    #[arg(long, value_name = "NAME")]
    pub(super) rollout: Option<String>,
    /// The Prometheus server that metrics are asked from
    #[arg(long, value_name = "URL")]
    pub(super) prometheus: Option<String>,
    /// A YAML file with settings, of which the connections count [env: TIDEGATE_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Where answers are kept; without it in the user's cache folder
    #[arg(long, value_name = "DIR")]
    pub(super) keep: Option<PathBuf>,
    /// Make no more requests than this
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) most_requests: u32,
    /// From one request to the next
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "100ms")]
    pub(super) pause: Duration,
    /// Which of all the ways in which chance may fall, for metrics without a past
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
    /// How many users come in an hour, for metrics without a past
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000_000))]
    pub(super) users_per_hour: Option<u64>,
}

fn moment(text: &str) -> Result<UnixMillis, String> {
    UnixMillis::parse(text).ok_or_else(|| "a time is written as 2026-03-02T09:00:00Z".to_owned())
}
