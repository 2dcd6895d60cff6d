//! Judging the conditions that rest on more than one reading.

use super::ask::part_of_alpha;
use super::attempt::Memory;
use crate::analysis::statistics::{self, Finding};
use crate::analysis::{
    Band, Burn, Compared, Condition, Direction, Judgement, Measured, NoData, ProvedSafe, Quantity, Regresses, Score,
    Sums, Trend, Truth,
};
use crate::rollout::{Arm, Better, Evidence, Over, Plan, Question, Stage};
use crate::units::{MetricName, format_duration};
