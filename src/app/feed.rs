//! Feeds what the files say to whoever serves it, at the start and at each change.

use super::loader::Loader;
use super::watch::Watch;
use crate::controller::{ApplyError, Controller, Unreadable};
use crate::publish::Publisher;
use crate::source::Problem;
use crate::telemetry::Metrics;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How soon a file that is missing is looked for again before it counts as gone.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// The way from files to flags and rollouts.
#[derive(Debug)]
pub(super) struct Feed {
    loader: Loader,
    publisher: Arc<Publisher>,
    controller: Controller,
    metrics: Metrics,
    /// Stored rollouts that could not be taken up.
    unreadable: Vec<Unreadable>,
    problems: watch::Sender<Arc<Vec<Problem>>>,
}

impl Feed {
    pub(super) fn new(
        loader: Loader,
        publisher: Arc<Publisher>,
        controller: Controller,
        metrics: Metrics,
        unreadable: Vec<Unreadable>,
    ) -> Self {
        let problems = watch::Sender::new(Arc::new(Vec::new()));
        Self { loader, publisher, controller, metrics, unreadable, problems }
    }

    /// What is wrong now, until it is mended.
    pub(super) fn problems(&self) -> watch::Receiver<Arc<Vec<Problem>>> {
        self.problems.subscribe()
    }

    /// Hands over the rollouts and the trains, and tells what is wrong.
    pub(super) async fn announce(self) -> Self {
        let mut problems = self.loader.problems();
        for (plan, source) in self.loader.plans() {
            let file = source.origin.to_string();
            let refused = match self.controller.apply_plan(Arc::clone(&plan), source, file.clone()).await {
                Ok(_) => continue,
                Err(ApplyError::Invalid(found)) => {
                    problems.extend(found);
                    continue;
                }
                Err(ApplyError::Refused(why) | ApplyError::Unavailable(why)) => why,
            };
            problems.push(of_rollout(&file, plan.name.as_str(), refused));
        }
        problems.extend(self.announce_trains().await);
        for rollout in &self.unreadable {
            problems.push(of_rollout("the store", rollout.rollout.as_str(), rollout.why.clone()));
        }
        self.tell(problems);
        self
    }

    /// After their rollouts, which a train must find; and once more those that were refused, for a rollout may have
    /// changed its train.
    async fn announce_trains(&self) -> Vec<Problem> {
        let mut trains = self.loader.trains();
        let mut problems = Vec::new();
        for _ in 0..2 {
            problems.clear();
            for (train, source) in std::mem::take(&mut trains) {
                let file = source.origin.to_string();
                match self.controller.apply_train(Arc::clone(&train), source.clone(), file.clone()).await {
                    Ok(_) => {}
                    Err(ApplyError::Invalid(found)) => problems.extend(found),
                    Err(ApplyError::Refused(why) | ApplyError::Unavailable(why)) => {
                        problems.push(told(&file, format!("train `{}`", train.name), why));
                        trains.push((train, source));
                    }
                }
            }
        }
        problems
    }

    /// Logs what is new and what is mended, once each.
    fn tell(&self, problems: Vec<Problem>) {
        let before = Arc::clone(&self.problems.borrow());
        let texts = |problems: &[Problem]| problems.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        let (old, new) = (texts(&before), texts(&problems));
        for problem in new.difference(&old) {
            tracing::warn!("{problem}");
        }
        if !old.is_empty() && new.is_empty() {
            tracing::info!("all problems in the files are mended");
        }
        self.metrics.set_problems("files", problems.len());
        self.problems.send_replace(Arc::new(problems));
    }

    /// Follows the files until `shutdown`.
    pub(super) async fn run(mut self, watch: Watch, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = watch.changed() => {}
            }
            let Some(feed) = self.look().await else { return };
            self = feed;
        }
    }

    /// One look, with a second one if a file is missing. `None` when the look itself broke down.
    async fn look(self) -> Option<Self> {
        let (feed, again) = self.look_once().await?;
        if !again {
            return Some(feed);
        }
        sleep(LOOK_AGAIN).await;
        feed.look_once().await.map(|(feed, _)| feed)
    }

    async fn look_once(mut self) -> Option<(Self, bool)> {
        // Reading and compiling thousands of flags must not hold up a thread that answers requests.
        let work = tokio::task::spawn_blocking(move || {
            let looked = self.loader.look();
            if looked.changed {
                self.publisher.definitions(self.loader.catalog());
            }
            (self, looked)
        });
        let (feed, looked) = match work.await {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(%error, "files are not followed any more: restart the server");
                return None;
            }
        };
        let feed = if looked.changed { feed.announce().await } else { feed };
        Some((feed, looked.look_again))
    }
}

fn of_rollout(file: &str, rollout: &str, message: String) -> Problem {
    told(file, format!("rollout `{rollout}`"), message)
}

fn told(file: &str, subject: String, message: String) -> Problem {
    Problem {
        file: Arc::from(file),
        line: 1,
        column: 1,
        subject: Some(subject),
        message,
        excerpt: String::new(),
        hint: None,
    }
}
