//! A rollout explained: where it stands, what it waits for, when it can go on, and what would close it.

mod budget;
mod burning;
mod check;
mod closer;
mod comparing;
mod distance;
mod explanation;
mod metric;
mod next;
mod part;
mod proving;
mod scoring;
mod sight;
mod silence;
mod standing;
mod trending;
mod words;

pub use budget::BudgetLeft;
pub use check::Check;
pub use closer::{Closer, Threat};
pub use distance::Distance;
pub use explanation::{Explanation, explain};
pub use metric::MetricFacts;
pub use next::{Need, Next, Step};
pub use part::{Figure, Lasting, Part};
pub use sight::{Boarded, Claimed, Sight};
pub use silence::Silence;
pub use standing::Standing;
