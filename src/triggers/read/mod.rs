//! Readers: from the bytes of each kind of sender to what it tells. They know no settings, no keys and no rollouts.

mod datadog;
mod fields;
mod labels;
mod notification;
mod pagerduty;
mod webhook;

pub use datadog::datadog;
pub use labels::{LONGEST_VALUE, MOST_BYTES, MOST_LABELS, shown};
pub use notification::{alertmanager, grafana};
pub use pagerduty::pagerduty;
pub use webhook::{MOST_OF_WEBHOOK, webhook};
