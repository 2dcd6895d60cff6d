//! Keeps what is served in step with the files: reads what changed, publishes definitions, hands plans
//! to the controller, and remembers what is wrong until it is mended.

use super::sources::{self, Content};
use crate::controller::Controller;
use crate::flag::Catalog;
use crate::publish::Publisher;
use crate::rollout::Plan;
use crate::source::Problem;
use crate::store::PlanSource;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

/// The files' content as last read, and what is served of it.
#[derive(Debug)]
pub struct Loader {
    paths: Vec<PathBuf>,
    publisher: Arc<Publisher>,
    catalog: Catalog,
    /// Each file's bytes as last read: a file is parsed anew only when they differ.
    seen: BTreeMap<PathBuf, Arc<[u8]>>,
    /// What is wrong with the rollouts of each file, and with the paths themselves.
    plan_problems: BTreeMap<PathBuf, Vec<Problem>>,
    path_problems: Vec<Problem>,
    plans: BTreeMap<PathBuf, Vec<(Arc<Plan>, PlanSource)>>,
    problems: watch::Sender<Arc<Vec<Problem>>>,
}
