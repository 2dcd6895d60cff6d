//! Plans by dice: the text that the program reads, and beside it what the simulator knows of it without
//! reading it.

use crate::dice::Dice;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tidegate::analysis::Reading;
use tidegate::rollout::{self, Attachments, Plan};
use tidegate::source::{Format, parse};
use tidegate::units::RolloutName;

/// A plan as the simulator knows it.
#[derive(Debug, Clone)]
pub struct Shape {
    pub name: RolloutName,
    pub flag: String,
    /// Each plan has its own, by which it is known again.
    pub salt: String,
    pub text: String,
    pub metrics: Vec<MetricShape>,
    pub waves: Vec<WaveShape>,
    pub watch: Option<WatchShape>,
    /// `alert(severity = "critical")` closes it.
    pub critical_closes: bool,
}

#[derive(Debug, Clone, Copy)]
pub struct WaveShape {
    pub percent: u64,
    pub bake: Duration,
    pub every: Duration,
    pub approval: bool,
}

#[derive(Debug, Clone, Copy)]
pub struct WatchShape {
    pub watch: Duration,
    pub every: Duration,
}

/// What is said of one metric in every wave. In the watch nothing more is asked for.
#[derive(Debug, Clone, Copy)]
pub struct MetricShape {
    pub name: &'static str,
    /// Its value at each level of [`Level`].
    pub values: [f64; 6],
    pub advance_below: Option<f64>,
    pub hold_above: f64,
    pub back_above: Option<f64>,
    pub close_above: Option<f64>,
    pub slow_above: Option<(f64, Duration)>,
}

/// How well the world is. Each level does what the one before does, and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Good,
    /// Not good enough to go on.
    Wait,
    /// Holds.
    Held,
    /// Closes when it lasts.
    Slow,
    /// Takes the rollout back to the wave before.
    Back,
    /// Closes at once.
    Bad,
}

impl Level {
    pub const ALL: [Self; 6] = [Self::Good, Self::Wait, Self::Held, Self::Slow, Self::Back, Self::Bad];
}

/// What one set of answers means, worked out from the shape alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Verdict {
    /// A value closes at once.
    pub closes: bool,
    /// A value takes the rollout back to the wave before.
    pub goes_back: bool,
    pub holds: bool,
    /// Something has no finite value.
    pub blind: bool,
    /// All values are good enough to go on.
    pub good: bool,
}

impl Verdict {
    pub const fn clear(self) -> bool {
        !self.closes && !self.goes_back && !self.holds && !self.blind
    }
}

pub const FLAGS: [&str; 2] = ["f0", "f1"];

/// One flag for which rules name some users, so that a closing has something to take away from them.
pub const DEFINITIONS: &str = r#"flags:
  f0: { state: ENABLED, variants: { "on": true, "off": false }, defaultVariant: "off" }
  f1: { state: ENABLED, variants: { "on": true, "off": false }, defaultVariant: "off",
        targeting: { if: [ { ends_with: [ { var: targetingKey }, "7" ] }, "on", null ] } }
"#;

impl Shape {
    pub fn by_dice(dice: &mut Dice, name: &str, flag: &str, revision: u64) -> Self {
        let every = Duration::from_secs(dice.of(&[1, 2, 5, 10, 30, 60]));
        let waves = waves(dice, every);
        let shortest = waves.iter().map(|wave| wave.bake).min().unwrap_or(every);
        let lasting = (every * 3).min(shortest);
        let metrics = metrics(dice, lasting);
        let watch =
            dice.percent(60).then(|| WatchShape { watch: every * u32::try_from(dice.between(1, 8)).unwrap(), every });
        let mut shape = Self {
            name: RolloutName::new(name).unwrap(),
            flag: flag.to_owned(),
            salt: format!("{name}.{revision}"),
            text: String::new(),
            metrics,
            waves,
            watch,
            critical_closes: dice.percent(85),
        };
        shape.text = shape.write();
        shape
    }

    fn write(&self) -> String {
        let mut text = format!(
            "kind: Rollout\nname: {}\nflag: {}\ncandidate: \"on\"\nstable: \"off\"\nsalt: {}\nmetrics:\n",
            self.name, self.flag, self.salt
        );
        for metric in &self.metrics {
            let source = match metric.name {
                "error_rate" => "provider: outcomes, measure: error_ratio",
                "p95" => "provider: outcomes, measure: latency_p95",
                _ => "provider: prometheus, unit: number, role: signal, query: 'load'",
            };
            writeln!(text, "  {}: {{ {source} }}", metric.name).unwrap();
        }
        writeln!(text, "always:\n  close_when:").unwrap();
        if self.critical_closes {
            writeln!(text, "    - 'alert(severity = \"critical\")'").unwrap();
        }
        writeln!(text, "    - 'alert(severity = \"page\") and alert(severity = \"warning\")'").unwrap();
        for metric in &self.metrics {
            if let Some(bound) = metric.close_above {
                writeln!(text, "    - '{}'", metric.condition(">", bound, None)).unwrap();
            }
            if let Some((bound, lasting)) = metric.slow_above {
                writeln!(text, "    - '{}'", metric.condition(">", bound, Some(lasting))).unwrap();
            }
        }
        if self.metrics.iter().any(|metric| metric.back_above.is_some()) {
            writeln!(text, "  step_back_when:").unwrap();
        }
        for metric in &self.metrics {
            if let Some(bound) = metric.back_above {
                writeln!(text, "    - '{}'", metric.condition(">", bound, None)).unwrap();
            }
        }
        writeln!(text, "  hold_when:\n    - 'alert(severity = \"warning\")'").unwrap();
        for metric in &self.metrics {
            writeln!(text, "    - '{}'", metric.condition(">", metric.hold_above, None)).unwrap();
        }
        let advance: Vec<String> = self
            .metrics
            .iter()
            .filter_map(|metric| metric.advance_below.map(|bound| format!("'{}'", metric.condition("<", bound, None))))
            .collect();
        writeln!(text, "waves:").unwrap();
        for (index, wave) in self.waves.iter().enumerate() {
            let approval = if wave.approval { ", approval: managers" } else { "" };
            writeln!(
                text,
                "  - {{ name: w{index}, exposure: {}%, bake: {}s, every: {}s{approval}, advance_when: [ {} ] }}",
                wave.percent,
                wave.bake.as_secs(),
                wave.every.as_secs(),
                advance.join(", ")
            )
            .unwrap();
        }
        if let Some(watch) = self.watch {
            writeln!(text, "after: {{ watch: {}s, every: {}s }}", watch.watch.as_secs(), watch.every.as_secs())
                .unwrap();
        }
        text
    }

    pub fn plan(&self) -> Arc<Plan> {
        let parsed = parse("plan.yaml", self.text.as_bytes(), Format::Yaml).unwrap();
        match rollout::lower(&parsed.documents[0], &parsed.text, &Attachments::default()) {
            Ok(plan) => Arc::new(plan),
            Err(problems) => panic!("the simulator's plan is not sound: {problems:?}\n{}", self.text),
        }
    }

    /// What a complete set of answers means in a wave, or in the watch.
    pub fn verdict<'r>(&self, watching: bool, answer: impl Fn(&str) -> Option<&'r Reading>) -> Verdict {
        let mut verdict = Verdict { good: true, ..Verdict::default() };
        for metric in &self.metrics {
            let value = match answer(metric.name) {
                Some(Reading::Value { value, .. }) if value.is_finite() => *value,
                _ => {
                    verdict.blind = true;
                    verdict.good = false;
                    continue;
                }
            };
            verdict.closes |= metric.close_above.is_some_and(|bound| value > bound);
            verdict.holds |= value > metric.hold_above;
            let back = metric.back_above.is_some_and(|bound| value > bound);
            // From the watch there is no way back but to close.
            verdict.closes |= watching && back;
            if !watching {
                verdict.goes_back |= back;
                verdict.good &= metric.advance_below.is_none_or(|bound| value < bound);
            }
        }
        verdict
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
}

impl MetricShape {
    fn condition(&self, comparison: &str, bound: f64, lasting: Option<Duration>) -> String {
        let bound = match self.name {
            "error_rate" => format!("{}%", bound * 100.0),
            "p95" => format!("{bound}ms"),
            _ => bound.to_string(),
        };
        let lasting = lasting.map(|lasting| format!(" for {}s", lasting.as_secs())).unwrap_or_default();
        format!("{} {comparison} {bound}{lasting}", self.name)
    }

    pub fn value(&self, level: Level) -> f64 {
        self.values[level as usize]
    }
}

fn waves(dice: &mut Dice, every: Duration) -> Vec<WaveShape> {
    let count = dice.between(1, 5);
    let mut percents: Vec<u64> = (0..count).map(|_| dice.of(&[5, 10, 25, 33, 50, 75, 100])).collect();
    percents.sort_unstable();
    let wave = |percent| WaveShape {
        percent,
        bake: every * dice.of(&[1_u32, 1, 1, 2, 3, 6]),
        every,
        approval: dice.percent(10),
    };
    percents.into_iter().map(wave).collect()
}

fn metrics(dice: &mut Dice, lasting: Duration) -> Vec<MetricShape> {
    let mut metrics = vec![MetricShape {
        name: "error_rate",
        values: [0.01, 0.04, 0.07, 0.15, 0.25, 0.4],
        advance_below: dice.percent(80).then_some(0.03),
        hold_above: 0.05,
        back_above: dice.percent(50).then_some(0.2),
        close_above: Some(0.3),
        slow_above: dice.percent(60).then_some((0.1, lasting)),
    }];
    if dice.percent(60) {
        metrics.push(MetricShape {
            name: "p95",
            values: [100.0, 450.0, 700.0, 900.0, 1_600.0, 2_500.0],
            advance_below: dice.percent(60).then_some(400.0),
            hold_above: 600.0,
            back_above: dice.percent(40).then_some(1_200.0),
            close_above: dice.percent(70).then_some(2_000.0),
            slow_above: dice.percent(50).then_some((800.0, lasting)),
        });
    }
    if dice.percent(30) {
        metrics.push(MetricShape {
            name: "load",
            values: [10.0, 60.0, 90.0, 90.0, 90.0, 90.0],
            advance_below: Some(50.0),
            hold_above: 80.0,
            back_above: None,
            close_above: None,
            slow_above: None,
        });
    }
    metrics
}
