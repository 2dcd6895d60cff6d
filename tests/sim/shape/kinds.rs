//! A plan as the simulator knows it.

use super::metric::MetricShape;
use super::rule::{Leaf, List, Place, Rule};
use std::sync::Arc;
use std::time::Duration;
use tidegate::rollout::{self, Attachments, Plan};
use tidegate::source::{Format, parse};
use tidegate::units::RolloutName;

/// Parts of everybody.
pub const ALL: u64 = 1_000_000;

#[derive(Debug, Clone)]
pub struct Shape {
    pub name: RolloutName,
    pub flag: String,
    /// Each plan has its own, by which it is known again.
    pub salt: String,
    /// Another attempt begins with other users.
    pub fresh: bool,
    /// Wall clock of the moment at which it begins by itself.
    pub start: Option<i64>,
    pub baseline: Option<Duration>,
    pub budget: Option<Budget>,
    pub text: String,
    pub metrics: Vec<MetricShape>,
    pub rules: Vec<Rule>,
    /// The waves as they are written.
    pub docs: Vec<DocWave>,
    /// The waves as they open, each step of a ramp being one.
    pub waves: Vec<WaveShape>,
    pub watch: Option<WatchShape>,
    /// For each wave, and last for the watch, the rules that are looked at there, in the order in which they are.
    pub stages: Vec<Vec<usize>>,
}

#[derive(Debug, Clone)]
pub struct DocWave {
    /// The share in parts of a million; of its group, where it has one.
    pub ppm: u64,
    /// The users of its group, a bit for each of those who are asked for.
    pub group: Option<u32>,
    pub bake: Duration,
    pub every: Duration,
    pub approval: bool,
    pub min_samples: u64,
    /// Up to which share, over how long, in how many steps.
    pub ramp: Option<(u64, Duration, u32)>,
}

#[derive(Debug, Clone, Copy)]
pub struct WaveShape {
    /// Its place in the document.
    pub doc: usize,
    pub ppm: u64,
    pub group: Option<u32>,
    pub bake: Duration,
    pub every: Duration,
    pub approval: bool,
    pub min_samples: u64,
}

#[derive(Debug, Clone, Copy)]
pub struct WatchShape {
    pub watch: Duration,
    pub every: Duration,
    /// Parts of a million that stay without the candidate until it is over.
    pub holdback: u64,
}

/// What a rollout may cost: one that nothing fits into, or one that everything does, once anything was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    Nothing,
    Everything,
}

impl Shape {
    pub fn plan(&self) -> Arc<Plan> {
        let parsed = parse("plan.yaml", self.text.as_bytes(), Format::Yaml).unwrap();
        match rollout::lower(&parsed.documents[0], &parsed.text, &Attachments::default()) {
            Ok(plan) => Arc::new(plan),
            Err(problems) => panic!("the simulator's plan is not sound: {problems:?}\n{}", self.text),
        }
    }

    /// The rules of a wave, or of the watch.
    pub fn stage(&self, wave: usize, watching: bool) -> &[usize] {
        let index = if watching { self.waves.len() } else { wave.min(self.waves.len() - 1) };
        &self.stages[index]
    }

    pub fn every(&self, wave: usize, watching: bool) -> Duration {
        match self.watch {
            Some(watch) if watching => watch.every,
            _ => self.waves[wave.min(self.waves.len() - 1)].every,
        }
    }

    /// The bake of a wave, or the length of the watch.
    pub fn bake(&self, wave: usize, watching: bool) -> Duration {
        match self.watch {
            Some(watch) if watching => watch.watch,
            _ => self.waves[wave.min(self.waves.len() - 1)].bake,
        }
    }

    pub fn holdback(&self) -> u64 {
        self.watch.map_or(0, |watch| watch.holdback)
    }

    /// The share that a wave opens, without those who are held back.
    pub fn held(&self, wave: usize) -> u64 {
        let wave = &self.waves[wave.min(self.waves.len() - 1)];
        if wave.group.is_some() { wave.ppm } else { wave.ppm.min(ALL - self.holdback()) }
    }

    /// The largest share of everybody that is open in a wave, and the users who have it by their names.
    pub fn open_in(&self, wave: usize, completed: bool) -> (u64, u32) {
        let begun = self.waves.iter().enumerate().take(wave + 1);
        let (mut share, mut named) = (0, 0);
        for (index, wave) in begun {
            match wave.group {
                Some(users) => named |= users,
                None => share = share.max(if completed { wave.ppm } else { self.held(index) }),
            }
        }
        (share, named)
    }

    /// Nobody is left to compare with in some wave.
    pub fn opens_to_all(&self) -> bool {
        self.holdback() == 0 && self.waves.iter().any(|wave| wave.group.is_none() && wave.ppm == ALL)
    }

    /// Whether a condition somewhere speaks of alerts of that severity.
    pub fn speaks_of(&self, severity: &str) -> bool {
        let mut leaves = self.rules.iter().flat_map(|rule| rule.when.leaves());
        leaves.any(|leaf| matches!(leaf, Leaf::Alert(other) if *other == severity))
    }

    /// An alert of that severity closes it by itself, in whatever wave it is.
    pub fn alert_closes(&self, severity: &str) -> bool {
        let closes = |rule: &Rule| {
            rule.list == List::Close
                && !rule.observe
                && rule.scope == super::Scope::Always
                && matches!(&rule.when, super::When::One(Leaf::Alert(other)) if *other == severity)
        };
        self.rules.iter().any(closes)
    }

    /// The metrics that are compared with what they were before.
    pub fn baselines(&self) -> Vec<usize> {
        let leaves = self.rules.iter().flat_map(|rule| rule.when.leaves());
        let mut metrics: Vec<usize> = leaves
            .filter_map(|leaf| match leaf {
                Leaf::Compare { metric, bound, .. } if bound.place() == Some(Place::Baseline) => Some(*metric),
                _ => None,
            })
            .collect();
        metrics.sort_unstable();
        metrics.dedup();
        metrics
    }

    pub fn metric(&self, name: &str) -> Option<usize> {
        self.metrics.iter().position(|metric| metric.name == name)
    }

    /// The wave in which a document's wave ends.
    pub fn last_of(&self, doc: usize) -> usize {
        self.waves.iter().rposition(|wave| wave.doc == doc).unwrap_or(0)
    }
}
