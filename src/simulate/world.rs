//! The world of a simulation: users who come, what happens to them, and metrics that can be asked.

use super::dice::{Dice, whole};
use super::model::Model;
use super::rehearse::Weather;
use super::scenario::{Course, planned};
use super::traffic::{Traffic, hours, share};
use crate::analysis::statistics::Enclosing;
use crate::analysis::{Band, Compared, Counted, Counts, Group, NoData, Reading, Sampled, Sums};
use crate::rollout::{
    Arm, Evidence, Measure, Metric, MetricSource, Over, Plan, Question, Split, State, Versus, questions,
    questions_at_start,
};
use crate::units::{MetricName, UnixMillis};
use std::collections::BTreeMap;
use std::time::Duration;

/// How far a reading may lie from the true value, as a part of it.
const JITTER: f64 = 0.01;

/// How much latencies differ: the shape of a log-logistic distribution, which has a closed form.
const SPREAD: f64 = 0.25;

/// How much posted values differ: their deviation as a part of their mean.
const DEVIATION: f64 = 0.5;

/// In how many moments a reading over a long time is made up.
const MOMENTS: u32 = 16;

/// Everything that the core asks about.
#[derive(Debug)]
pub(super) struct World<'p> {
    plan: &'p Plan,
    models: BTreeMap<MetricName, Model>,
    pub(super) traffic: Traffic,
    pub(super) course: Course,
    began: UnixMillis,
    /// How long the whole is planned to take.
    planned: Duration,
    /// What the metrics were, where they are not made up.
    weather: Option<Weather<'p>>,
    dice: Dice,
    /// Who was seen with which variant since a wave began, and until when.
    seen: Option<(UnixMillis, UnixMillis, Split)>,
}

/// Whom a check asks about, and when.
#[derive(Debug, Clone, Copy)]
struct Moment {
    /// The share of users with the candidate.
    share: f64,
    now: UnixMillis,
}

impl<'p> World<'p> {
    pub(super) fn new(plan: &'p Plan, course: Course, traffic: Traffic, seed: u64, began: UnixMillis) -> Self {
        let model = |(name, metric): (&MetricName, &Metric)| (name.clone(), Model::of(plan, name, metric));
        let models = plan.metrics.iter().map(model).collect();
        let planned = planned(plan, 0);
        Self { plan, models, traffic, course, began, planned, weather: None, dice: Dice::new(seed), seen: None }
    }

    /// The same where metrics are what they were.
    pub(super) fn in_weather(self, weather: Weather<'p>) -> Self {
        Self { weather: Some(weather), ..self }
    }

    /// Whether a value becomes another where the candidate is so many times as bad.
    pub(super) fn is_changed(&self, name: &MetricName, value: f64, times: f64) -> bool {
        self.models.get(name).is_some_and(|model| model.worse(value, times).to_bits() != value.to_bits())
    }

    /// What each metric is for users of the stable variant, while all is well.
    pub(super) fn sound(&self) -> impl Iterator<Item = (&MetricName, f64)> {
        let posted = |name: &MetricName| self.plan.metrics.get(name).is_some_and(is_posted);
        self.models.iter().filter(move |(name, _)| !posted(name)).map(|(name, model)| (name, model.control))
    }

    /// What the metrics are before anybody has the candidate.
    pub(super) fn baseline(&mut self, state: &State, now: UnixMillis) -> BTreeMap<MetricName, Reading> {
        let (plan, moment) = (self.plan, Moment { share: share(self.plan, state), now });
        let read = |question: Question| (question.metric.clone(), self.answer(&question, moment));
        questions_at_start(plan).into_iter().map(read).collect()
    }

    /// Everything that a check asks for.
    pub(super) fn evidence(&mut self, state: &State, now: UnixMillis) -> Evidence {
        let plan = self.plan;
        let asked = questions(plan, state);
        let moment = Moment { share: share(plan, state), now };
        let own = |name: &MetricName| Question { metric: name.clone(), arm: Arm::Candidate, over: Over::Usual };
        let names = plan.metrics.iter().filter(|(_, metric)| !is_posted(metric)).map(|(name, _)| name);
        Evidence {
            readings: names.map(|name| (name.clone(), self.answer(&own(name), moment))).collect(),
            others: asked.others.into_iter().map(|asked| (asked.clone(), self.answer(&asked, moment))).collect(),
            compared: asked.versus.iter().map(|asked| (asked.metric.clone(), self.compare(asked, moment))).collect(),
            seen: asked.seen.map(|(_, since)| self.seen(now.since(since), moment)),
            split: asked.split.and_then(|since| self.split(since, moment)),
            flag_problems: Vec::new(),
        }
    }

    fn answer(&mut self, question: &Question, moment: Moment) -> Reading {
        self.read(question, moment).unwrap_or_else(Reading::NoData)
    }

    fn read(&mut self, question: &Question, moment: Moment) -> Result<Reading, NoData> {
        self.heard(moment)?;
        let (metric, model) = self.of(&question.metric)?;
        let tells = metric.tells_variants();
        let group = if tells { of_arm(question.arm, moment.share) } else { 1.0 };
        let window = window_of(metric).ok_or(NoData::Empty)?;
        let need = match &metric.source {
            MetricSource::Outcomes { min_samples, .. } => Some(*min_samples),
            MetricSource::Query(query) => query.ask.counts(),
            MetricSource::Events { .. } => None,
        };
        if group <= 0.0 {
            return Err(NoData::Empty);
        }
        let span = match question.over {
            Over::Usual => window,
            Over::Span(span) => span,
            Over::Since(since) => moment.now.since(since),
        };
        let remembered = self.weather.is_some_and(|weather| weather.knows(&question.metric));
        let jitters = !remembered
            && model.jitters
            && self.course.recording().is_none_or(|all| !all.has(&question.metric, question.arm));
        let samples = need.map(|_| self.samples(question.arm, group, span, moment.now));
        if let (Some(have), Some(need)) = (samples, need)
            && have < need
        {
            return Err(NoData::TooFew { have, need });
        }
        let jitter = if jitters { self.dice.swing().mul_add(JITTER, 1.0) } else { 1.0 };
        let value = match question.over {
            Over::Usual => self.value(&question.metric, question.arm, moment, moment.now),
            Over::Span(_) | Over::Since(_) => self.mean(&question.metric, question.arm, moment, span),
        };
        let value = value.ok_or(NoData::Empty)?;
        let (_, model) = self.of(&question.metric)?;
        Ok(Reading::Value { value: model.worse(value, jitter), samples, at: moment.now })
    }

    /// How many outcomes a group had in the last time. Before the beginning nobody had the candidate.
    fn samples(&self, arm: Arm, group: f64, span: Duration, now: UnixMillis) -> u64 {
        let span = match arm {
            Arm::Candidate => span.min(now.since(self.began)),
            Arm::Control => span,
        };
        whole(self.traffic.users(group, span))
    }

    /// A metric's true value in a moment; `None` where a recording has none.
    fn value(&self, name: &MetricName, arm: Arm, moment: Moment, at: UnixMillis) -> Option<f64> {
        let since = at.since(self.began);
        let tells = self.plan.metrics.get(name)?.tells_variants();
        let recorded = self.course.recording().filter(|all| all.has(name, if tells { arm } else { Arm::Candidate }));
        if let Some(recording) = recorded {
            return recording.at(name, if tells { arm } else { Arm::Candidate }, since);
        }
        let model = self.models.get(name)?;
        let times = match &self.weather {
            // Nobody had the candidate before it began.
            Some(weather) if at >= self.began => weather.times(name),
            Some(_) => 1.0,
            None => self.course.factor(at),
        };
        if let Some(weather) = self.weather.filter(|weather| weather.knows(name)) {
            let sound = weather.at(name, at)?;
            return Some(mixed(sound, model.worse(sound, times), (tells, arm), moment));
        }
        let part = hours(since) / hours(self.planned).max(f64::MIN_POSITIVE);
        let control = model.course(model.control, part);
        let candidate = model.worse(model.course(model.candidate, part), times);
        Some(mixed(control, candidate, (tells, arm), moment))
    }

    /// The mean over some time: of what is remembered all of it, of what is made up as far as the rollout has been
    /// under way.
    fn mean(&self, name: &MetricName, arm: Arm, moment: Moment, span: Duration) -> Option<f64> {
        if let Some(weather) = self.weather.filter(|weather| weather.knows(name)) {
            return self.remembered_mean(weather, name, arm, moment, span);
        }
        let step = span.checked_div(MOMENTS).unwrap_or_default();
        let moments = (0..MOMENTS).map(|back| moment.now.minus(step.saturating_mul(back)));
        let moments = moments.filter(|at| *at >= self.began && !self.course.is_silent(*at));
        mean_of(moments.filter_map(|at| self.value(name, arm, moment, at)))
    }

    fn remembered_mean(
        &self,
        weather: Weather<'_>,
        name: &MetricName,
        arm: Arm,
        moment: Moment,
        span: Duration,
    ) -> Option<f64> {
        let (metric, model) = self.of(name).ok()?;
        let (tells, times) = (metric.tells_variants(), weather.times(name));
        let values = weather.over(name, (span, window_of(metric)?), moment.now).map(|(at, sound)| {
            // Nobody had the candidate before it began.
            let worse = if at >= self.began { model.worse(sound, times) } else { sound };
            mixed(sound, worse, (tells, arm), moment)
        });
        mean_of(values)
    }

    fn compare(&mut self, versus: &Versus, moment: Moment) -> Result<Compared, NoData> {
        self.heard(moment)?;
        let (metric, _) = self.of(&versus.metric)?;
        let measure = match &metric.source {
            MetricSource::Outcomes { measure, .. } => *measure,
            MetricSource::Query(query) if query.ask.counts().is_some() => Measure::ErrorRatio,
            MetricSource::Query(_) | MetricSource::Events { .. } => {
                return Err(NoData::Refused("only what is counted can be compared".to_owned()));
            }
        };
        let value = |arm| self.value(&versus.metric, arm, moment, moment.now).ok_or(NoData::Empty);
        let (candidate, control) = (value(Arm::Candidate)?, value(Arm::Control)?);
        match measure {
            Measure::ErrorRatio | Measure::SlowRatio(_) => Ok(self.counts(versus, moment, candidate, control)),
            Measure::SuccessRatio => Ok(self.counts(versus, moment, 1.0 - candidate, 1.0 - control)),
            Measure::LatencyP50 => Ok(self.bands(versus, moment, 0.50, candidate, control)),
            Measure::LatencyP95 => Ok(self.bands(versus, moment, 0.95, candidate, control)),
            Measure::LatencyP99 => Ok(self.bands(versus, moment, 0.99, candidate, control)),
            Measure::ValueMean => Ok(self.sums(versus, moment, candidate, control)),
            Measure::Count | Measure::Errors => {
                Err(NoData::Refused("a count grows with its group: compare a ratio".to_owned()))
            }
        }
    }

    /// Users since the last look, each bad or not by chance.
    fn counts(&mut self, versus: &Versus, moment: Moment, candidate: f64, control: f64) -> Compared {
        let came = self.traffic.users(1.0, moment.now.since(versus.looked));
        let all = self.dice.about(came);
        let with = self.dice.successes(all, moment.share);
        let mut group = |exposed, rate| Group { exposed, bad: self.dice.successes(exposed, rate) };
        let (candidate, control) = (group(with, candidate), group(all.saturating_sub(with), control));
        Compared::Counts(Counts {
            candidate,
            control,
            of: Counted::Users,
            until: moment.now,
            behind: Duration::ZERO,
            sampled: Sampled::default(),
            events: None,
        })
    }

    /// Where the quantile of so many latencies is known to lie.
    fn bands(&self, versus: &Versus, moment: Moment, quantile: f64, candidate: f64, control: f64) -> Compared {
        let band = |arm, value: f64| -> Band {
            let samples = self.since_entered(versus, moment, arm);
            let odds = |probability: f64| probability / (1.0 - probability);
            let at = |probability: f64| value * (odds(probability) / odds(quantile)).powf(SPREAD);
            Enclosing::of(samples, quantile, versus.alpha).band(samples, |probability| Some(at(probability)))
        };
        Compared::Bands { candidate: band(Arm::Candidate, candidate), control: band(Arm::Control, control) }
    }

    fn sums(&self, versus: &Versus, moment: Moment, candidate: f64, control: f64) -> Compared {
        let sums = |arm, mean: f64| Sums {
            count: self.since_entered(versus, moment, arm),
            mean,
            variance: (DEVIATION * mean).powi(2),
        };
        Compared::Sums { candidate: sums(Arm::Candidate, candidate), control: sums(Arm::Control, control) }
    }

    fn since_entered(&self, versus: &Versus, moment: Moment, arm: Arm) -> u64 {
        whole(self.traffic.users(of_arm(arm, moment.share), moment.now.since(versus.entered)))
    }

    fn seen(&self, span: Duration, moment: Moment) -> Reading {
        match self.heard(moment) {
            Ok(()) => {
                let users = self.traffic.users(moment.share, span).floor();
                Reading::Value { value: users, samples: Some(whole(users)), at: moment.now }
            }
            Err(why) => Reading::NoData(why),
        }
    }

    /// The users of a wave by their variant: those whom the last check saw, and who came since.
    fn split(&mut self, since: UnixMillis, moment: Moment) -> Option<Split> {
        self.heard(moment).ok()?;
        let known = self.seen.filter(|(of, _, _)| *of == since);
        let (until, before) =
            known.map_or((since, Split { candidate: 0, control: 0 }), |(_, until, seen)| (until, seen));
        let came = self.dice.about(self.traffic.users(1.0, moment.now.since(until)));
        let with = self.dice.successes(came, moment.share);
        let split = Split {
            candidate: before.candidate.saturating_add(with),
            control: before.control.saturating_add(came.saturating_sub(with)),
        };
        self.seen = Some((since, moment.now, split));
        Some(split)
    }

    fn of(&self, name: &MetricName) -> Result<(&'p Metric, &Model), NoData> {
        self.plan.metrics.get(name).zip(self.models.get(name)).ok_or(NoData::Empty)
    }

    fn heard(&self, moment: Moment) -> Result<(), NoData> {
        match self.course.is_silent(moment.now) {
            true => Err(NoData::Unreachable("an outage of the scenario".to_owned())),
            false => Ok(()),
        }
    }
}

/// What one of the groups measures. A query without a variant measures both alike.
fn mixed(control: f64, candidate: f64, (tells, arm): (bool, Arm), moment: Moment) -> f64 {
    match (tells, arm) {
        (true, Arm::Candidate) => candidate,
        (true, Arm::Control) => control,
        (false, _) => (candidate - control).mul_add(moment.share, control),
    }
}

fn mean_of(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0_u32, 0.0), |(count, sum), value| (count.saturating_add(1), sum + value));
    (count > 0).then(|| sum / f64::from(count))
}

/// Over how long a metric looks back of itself; `None` where it counts what is posted.
const fn window_of(metric: &Metric) -> Option<Duration> {
    match &metric.source {
        MetricSource::Outcomes { window, .. } => Some(*window),
        MetricSource::Query(query) => Some(query.window),
        MetricSource::Events { .. } => None,
    }
}

/// Whether people and systems post it: the rollout counts such itself.
const fn is_posted(metric: &Metric) -> bool {
    matches!(metric.source, MetricSource::Events { .. })
}

fn of_arm(arm: Arm, candidate: f64) -> f64 {
    match arm {
        Arm::Candidate => candidate,
        Arm::Control => 1.0 - candidate,
    }
}
