//! What the world answers to what the decision wants to know.

use super::look::Given;
use super::walk::Walk;
use crate::truth::{Answering, MetricsMood, answering, counted, no_data, not_a_number, split};
use std::collections::BTreeMap;
use tidegate::analysis::Reading;
use tidegate::rollout::{self, Arm, Beginning, Evidence, Over, Question};
use tidegate::units::{MetricName, UnixMillis};

impl Walk {
    pub fn beginning(&mut self) -> Beginning {
        let flag_problems = if self.dice.percent(5) { vec!["the flag is not defined".to_owned()] } else { Vec::new() };
        let firing = self.alerts.iter().map(|(number, severity)| self.alert(*number, severity)).collect();
        let mut baseline = BTreeMap::new();
        for question in rollout::questions_at_start(&self.plan) {
            if let Some(reading) = self.answer(&question) {
                baseline.insert(question.metric, reading);
            }
        }
        Beginning { by: "ada".to_owned(), flag_problems, firing, baseline }
    }

    /// What a provider answers to one question; `None` where nobody of that name was asked.
    fn answer(&mut self, question: &Question) -> Option<Reading> {
        let at = UnixMillis::new(self.now());
        Some(match answering(&mut self.dice, self.mood) {
            Answering::Tells | Answering::Slow(_) => {
                let value = self.value(&question.metric, question.arm);
                Reading::Value { value, samples: Some(100), at }
            }
            Answering::Nothing(which) => Reading::NoData(no_data(which)),
            Answering::NotANumber(which) => not_a_number(which, at),
            Answering::Hangs => Reading::NoData(no_data(1)),
            Answering::Breaks => return None,
        })
    }

    /// A metric's true value now. The stable variant is always well.
    fn value(&self, name: &MetricName, arm: Arm) -> f64 {
        let metric = self.names.iter().position(|own| own == name).unwrap();
        let metric = &self.shape.metrics[metric];
        match arm {
            Arm::Candidate => self.truth.value(metric, self.world),
            Arm::Control => metric.values[0],
        }
    }

    pub fn evidence(&mut self) -> Evidence {
        let now = UnixMillis::new(self.now());
        let asked = rollout::questions(&self.plan, &self.state);
        let mut evidence = Evidence::default();
        for index in 0..self.names.len() {
            if self.shape.metrics[index].posted.is_some() {
                continue;
            }
            let metric = self.names[index].clone();
            let question = Question { metric, arm: Arm::Candidate, over: Over::Usual };
            if let Some(reading) = self.answer(&question) {
                evidence.readings.insert(question.metric, reading);
            }
        }
        for question in asked.others {
            if let Some(reading) = self.answer(&question) {
                evidence.others.insert(question, reading);
            }
        }
        let (share, _) = self.shape.open_in(self.model.wave, false);
        for versus in asked.versus {
            let counts = match answering(&mut self.dice, self.mood) {
                Answering::Tells | Answering::Slow(_) => {
                    let candidate = self.value(&versus.metric, Arm::Candidate);
                    Ok(counted(share, candidate, self.value(&versus.metric, Arm::Control), now))
                }
                _ => Err(no_data(4)),
            };
            evidence.compared.insert(versus.metric, counts);
        }
        let samples = if asked.seen.is_some() { self.dice.of(&[0, 9, 400, 600, 600, 600]) } else { 0 };
        evidence.seen = asked.seen.map(|_| Reading::Value { value: 0.0, samples: Some(samples), at: now });
        let skewed = asked.split.is_some() && self.mood == MetricsMood::Rough && self.dice.percent(20);
        evidence.split = asked.split.map(|_| split(share, skewed));
        if self.dice.percent(1) {
            evidence.flag_problems.push("the flag is not defined".to_owned());
        }
        self.given = Given { skewed, samples };
        evidence
    }
}
