//! A rehearsal as JSON has it.

use super::spoken_of::SpokenOf;
use serde::Serialize;
use std::time::Duration;
use tidegate::analysis::Quantity;
use tidegate::rehearse::Fetched;
use tidegate::rollout::Plan;
use tidegate::simulate::rehearse::{
    Course, Detection, End, InTheWeather, Nearest, Past, Rating, Rehearsal, Replayed, Source, Threshold, ToFull,
};
use tidegate::units::{UnixMillis, format_duration};

#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) rollout: String,
    /// Milliseconds since 1970.
    pub(super) from: i64,
    pub(super) until: i64,
    pub(super) span: String,
    pub(super) step: String,
    pub(super) requests: usize,
    /// Answers that were there from an earlier rehearsal.
    pub(super) kept: usize,
    pub(super) users_per_hour: u64,
    pub(super) metrics: Vec<Metric>,
    pub(super) weather: Weather,
    pub(super) to_full: Full,
    pub(super) detection: Vec<Found>,
    pub(super) thresholds: Vec<Bound>,
}

#[derive(Debug, Serialize)]
pub(super) struct Metric {
    pub(super) metric: String,
    /// `past`, `model` or `nothing`.
    pub(super) source: &'static str,
    /// Its provider keeps no past: it is made up.
    pub(super) without_past: bool,
    pub(super) points: u64,
    pub(super) covered: f64,
    pub(super) median: Option<f64>,
    pub(super) p99: Option<f64>,
    pub(super) lowest: Option<f64>,
    pub(super) highest: Option<f64>,
    pub(super) shown: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Weather {
    pub(super) under_way_seconds: f64,
    /// The part of it in which some metric had a value; what is per week is per week of this.
    pub(super) seen_seconds: f64,
    pub(super) closings: usize,
    pub(super) closings_per_week: f64,
    pub(super) steps_back: usize,
    pub(super) holds: usize,
    pub(super) holds_per_week: f64,
    pub(super) held_seconds: f64,
    /// Which metrics held it, the most often first.
    pub(super) held_by: Vec<Holder>,
    /// The closings of which only what is made up is the cause.
    pub(super) closings_made_up: usize,
    pub(super) replays: Vec<Replay>,
}

/// What held it, and how often.
#[derive(Debug, Serialize)]
pub(super) struct Holder {
    /// The metrics, mostly one.
    pub(super) metrics: String,
    pub(super) made_up: bool,
    pub(super) times: usize,
    pub(super) seconds: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct Replay {
    /// Milliseconds since 1970.
    pub(super) began: i64,
    pub(super) ended: i64,
    /// `closed`, `stepped_back`, `completed`, `time_over` or `refused`.
    pub(super) end: &'static str,
    pub(super) why: String,
    pub(super) checks: u64,
    pub(super) holds: Vec<Held>,
}

#[derive(Debug, Serialize)]
pub(super) struct Held {
    pub(super) from: i64,
    pub(super) seconds: f64,
    pub(super) no_data: bool,
    pub(super) seen: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Full {
    pub(super) planned: String,
    pub(super) begun: usize,
    pub(super) reached: usize,
    pub(super) shortest_seconds: Option<f64>,
    pub(super) median_seconds: Option<f64>,
    pub(super) longest_seconds: Option<f64>,
    #[serde(skip)]
    pub(super) spans: Option<(String, String, String)>,
}

#[derive(Debug, Serialize)]
pub(super) struct Found {
    pub(super) metric: String,
    /// The metric has no past: what is said of it is chance and arithmetic.
    pub(super) made_up: bool,
    pub(super) times: u32,
    pub(super) tried: usize,
    pub(super) closed: usize,
    pub(super) median_seconds: Option<f64>,
    pub(super) held: usize,
    pub(super) median_hold_seconds: Option<f64>,
    /// The part of its values that no fault changes: so many times nothing is nothing.
    pub(super) unchanged_part: f64,
    pub(super) sentence: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Bound {
    pub(super) list: &'static str,
    pub(super) condition: String,
    pub(super) observe: bool,
    /// None of the metrics that it speaks of has a past.
    pub(super) made_up: bool,
    pub(super) stages: Vec<String>,
    /// `sound`, `idle`, `trigger-happy`, `in-the-way` or `unknown`.
    pub(super) rating: &'static str,
    pub(super) fired: u64,
    pub(super) fired_per_week: f64,
    pub(super) true_part: f64,
    pub(super) no_data_part: f64,
    pub(super) fires_at_ten: bool,
    pub(super) nearest: Option<Near>,
    pub(super) suggestion: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Near {
    pub(super) at: i64,
    pub(super) value: f64,
    pub(super) bound: f64,
    pub(super) shown: String,
}

impl Report {
    pub(super) fn new(plan: &Plan, past: &Past, fetched: &Fetched, found: &Rehearsal) -> Self {
        let spoken_of = SpokenOf::new(&found.courses);
        Self {
            rollout: plan.name.to_string(),
            from: past.from().get(),
            until: past.until().get(),
            span: format_duration(past.until().since(past.from())),
            step: format_duration(past.step()),
            requests: fetched.requests,
            kept: fetched.kept,
            users_per_hour: found.users_per_hour,
            metrics: found.courses.iter().map(|course| metric(plan, fetched, course)).collect(),
            weather: weather(&found.weather, &spoken_of),
            to_full: full(&found.to_full),
            detection: found.detections.iter().map(|found| detection(found, &spoken_of)).collect(),
            thresholds: found.thresholds.iter().map(|found| threshold(found, &spoken_of)).collect(),
        }
    }
}

fn metric(plan: &Plan, fetched: &Fetched, course: &Course) -> Metric {
    let quantity = plan.metrics.get(&course.metric).map_or(Quantity::Number, |metric| metric.unit.quantity());
    let show = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| quantity.format(value));
    let (source, shown) = match course.source {
        Source::Past if course.points == 0 => ("past", "no values at all".to_owned()),
        Source::Past => (
            "past",
            format!(
                "median {}, p99 {}, from {} to {}, {:.0}% of the time",
                show(course.median),
                show(course.p99),
                show(course.lowest),
                show(course.highest),
                course.covered * 100.0
            ),
        ),
        Source::Model => ("model", format!("has no past: made up as sound at {}", show(course.median))),
        Source::Nothing => ("nothing", "has no past: nobody posts events in a rehearsal".to_owned()),
    };
    Metric {
        metric: course.metric.to_string(),
        source,
        without_past: fetched.without.contains(&course.metric),
        points: course.points,
        covered: course.covered,
        median: course.median,
        p99: course.p99,
        lowest: course.lowest,
        highest: course.highest,
        shown,
    }
}

fn weather(found: &InTheWeather, spoken_of: &SpokenOf<'_>) -> Weather {
    let (closings, holds) = (found.closings(), found.holds());
    let closed = found.replays.iter().filter_map(|replay| match &replay.end {
        End::Closed { cause, .. } => Some(cause),
        End::SteppedBack { .. } | End::Completed | End::TimeOver { .. } | End::Refused(_) => None,
    });
    Weather {
        under_way_seconds: found.under_way.as_secs_f64(),
        seen_seconds: found.seen.as_secs_f64(),
        closings,
        closings_per_week: found.per_week(closings),
        steps_back: found.steps_back(),
        holds,
        holds_per_week: found.per_week(holds),
        held_seconds: found.held().as_secs_f64(),
        held_by: held_by(found, spoken_of),
        closings_made_up: closed.filter(|cause| spoken_of.only_made_up(cause)).count(),
        replays: found.replays.iter().map(replayed).collect(),
    }
}

/// The holds by what they speak of.
fn held_by(found: &InTheWeather, spoken_of: &SpokenOf<'_>) -> Vec<Holder> {
    let mut holders: Vec<Holder> = Vec::new();
    for hold in found.replays.iter().flat_map(|replay| &replay.holds) {
        let (metrics, made_up) = (spoken_of.in_text(&hold.seen), spoken_of.only_made_up(&hold.seen));
        let seconds = hold.lasted.as_secs_f64();
        match holders.iter_mut().find(|holder| holder.metrics == metrics) {
            Some(holder) => {
                holder.times = holder.times.saturating_add(1);
                holder.seconds += seconds;
            }
            None => holders.push(Holder { metrics, made_up, times: 1, seconds }),
        }
    }
    holders.sort_by_key(|holder| std::cmp::Reverse(holder.times));
    holders
}

fn replayed(replay: &Replayed) -> Replay {
    let (end, why) = match &replay.end {
        End::Closed { wave, cause } => ("closed", format!("closed in wave {wave}: {cause}")),
        End::SteppedBack { seen } => ("stepped_back", seen.clone()),
        End::Completed => ("completed", "completed".to_owned()),
        End::TimeOver { standing } => ("time_over", standing.clone()),
        End::Refused(why) => ("refused", why.clone()),
    };
    let held = |hold: &tidegate::simulate::rehearse::Hold| Held {
        from: hold.from.get(),
        seconds: hold.lasted.as_secs_f64(),
        no_data: hold.blind,
        seen: hold.seen.clone(),
    };
    Replay {
        began: replay.began.get(),
        ended: replay.ended.get(),
        end,
        why,
        checks: replay.checks,
        holds: replay.holds.iter().map(held).collect(),
    }
}

fn full(found: &ToFull) -> Full {
    let seconds = |span: Option<&Duration>| span.map(Duration::as_secs_f64);
    let told = |span: &Duration| format_duration(*span);
    let (first, median, last) = (found.reached.first(), found.median(), found.reached.last());
    Full {
        planned: format_duration(found.planned),
        begun: found.begun,
        reached: found.reached.len(),
        shortest_seconds: seconds(first),
        median_seconds: seconds(median.as_ref()),
        longest_seconds: seconds(last),
        spans: first
            .zip(median.as_ref())
            .zip(last)
            .map(|((first, median), last)| (told(first), told(median), told(last))),
    }
}

fn detection(found: &Detection, spoken_of: &SpokenOf<'_>) -> Found {
    let told = |span: Option<Duration>, most: Option<&Duration>| {
        let most = most.map(|span| format!(", at most {}", format_duration(*span))).unwrap_or_default();
        span.map(|span| format!("after {}{most}", format_duration(span)))
    };
    let median = found.median().filter(|_| found.tried > 0);
    let closed = match (told(median, found.closed.last()), found.closed.len()) {
        (_, 0) => "never closes".to_owned(),
        (Some(after), count) if count == found.tried => format!("closes {after}"),
        (Some(after), count) => format!("closes {after}, {count} of {} times", found.tried),
        (None, count) => format!("closes {count} of {} times", found.tried),
    };
    let median_hold = found.median_hold().filter(|_| found.tried > 0);
    let held = match (told(median_hold, None), found.held.len()) {
        (_, 0) => String::new(),
        (Some(after), _) => format!(", holds {after}"),
        (None, count) => format!(", holds {count} of {} times", found.tried),
    };
    Found {
        metric: found.metric.to_string(),
        made_up: spoken_of.only_made_up(found.metric.as_str()),
        times: found.times,
        tried: found.tried,
        closed: found.closed.len(),
        median_seconds: median.map(|span| span.as_secs_f64()),
        held: found.held.len(),
        median_hold_seconds: median_hold.map(|span| span.as_secs_f64()),
        unchanged_part: found.unchanged,
        sentence: match found.unchanged {
            unchanged if unchanged >= 1.0 => "cannot be made worse: so many times nothing is nothing".to_owned(),
            unchanged if unchanged > 0.1 => {
                format!("{closed}{held} ({:.0}% of its past is nothing, and stays so)", unchanged * 100.0)
            }
            _ => format!("{closed}{held}"),
        },
    }
}

fn threshold(found: &Threshold, spoken_of: &SpokenOf<'_>) -> Bound {
    let near = |nearest: Nearest| Near {
        at: UnixMillis::get(nearest.at),
        value: nearest.value,
        bound: nearest.bound,
        shown: format!("{} of {}", nearest.quantity.format(nearest.value), nearest.quantity.format(nearest.bound)),
    };
    Bound {
        list: found.list.as_str(),
        condition: found.condition.to_string(),
        observe: found.observe,
        made_up: spoken_of.only_made_up(&found.condition),
        stages: found.stages.clone(),
        rating: Rating::as_str(found.rating),
        fired: found.fired,
        fired_per_week: found.per_week,
        true_part: found.true_part,
        no_data_part: found.blind_part,
        fires_at_ten: found.fires_at_ten,
        nearest: found.nearest.map(near),
        suggestion: found.suggestion.clone(),
    }
}
