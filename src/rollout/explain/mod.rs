//! A rollout explained: where it stands, what it waits for, when it can go on, and what would close it.

mod budget;
mod check;
mod closer;
mod distance;
mod explanation;
mod metric;
mod next;
mod part;
mod sight;
mod silence;
mod standing;

pub use budget::BudgetLeft;
pub use check::Check;
pub use closer::{Closer, Threat};
pub use distance::Distance;
pub use explanation::{Explanation, explain};
pub use metric::MetricFacts;
pub use next::{Need, Next, Step};
pub use part::{Figure, Lasting, Part};
pub use sight::{Boarded, Sight};
pub use silence::Silence;
pub use standing::Standing;
