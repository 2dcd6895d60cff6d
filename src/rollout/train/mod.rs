//! Trains: rollouts that are opened one after the other, with a watch between each, and that close together.

mod agreement;
mod change;
mod decide;
mod orders;
mod plan;
mod standing;
mod state;
mod verbs;
mod way;

pub use agreement::{disagreement, has_no_part};
pub use change::{TrainChange, TrainWait, train_sentence};
pub use decide::{TrainDecision, TrainEvent, decide_train, describe_train, train_waits};
pub use orders::Order;
pub use plan::{Cohorts, Extent, Member, Train};
pub use standing::{Phase, Standing as MemberStanding, Standings, standing};
pub use state::{Ride, Run, TrainState};
