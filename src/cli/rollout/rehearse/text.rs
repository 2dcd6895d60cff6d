//! A rehearsal for people.

use super::super::super::output::columns;
use super::report::{Bound, Found, Holder, Report};
use std::time::Duration;
use tidegate::units::{UnixMillis, format_duration};

/// So many closings are listed.
const MOST_LISTED: usize = 20;

pub(super) fn text(report: &Report) -> String {
    let mut paragraphs = vec![head(report), weather(report), to_full(report)];
    if !report.detection.is_empty() {
        paragraphs.push(detection(&report.detection));
    }
    paragraphs.push(thresholds(&report.thresholds));
    paragraphs.push(advice(&report.thresholds));
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs.join("\n\n")
}

fn head(report: &Report) -> String {
    let Report { rollout, span, step, requests, kept, until, .. } = report;
    let until = chrono::DateTime::from_timestamp_millis(*until)
        .map(|until| until.format("%Y-%m-%d %H:%MZ").to_string())
        .unwrap_or_default();
    let title = format!(
        "{rollout}, rehearsed in the {span} until {until} in steps of {step} ({requests} requests, {kept} kept)"
    );
    let metrics = report.metrics.iter().map(|metric| format!("  {}: {}", metric.metric, metric.shown));
    let none = "  No metric has a past: all of this is made up, and says what the plan's arithmetic does.".to_owned();
    let none = report.metrics.iter().all(|metric| metric.source != "past").then_some(none);
    let made_up: Vec<&str> =
        report.metrics.iter().filter(|metric| metric.source == "model").map(|metric| metric.metric.as_str()).collect();
    let some = format!(
        "  What is said below of {} is chance and the plan's arithmetic, not what happened: it stands as (made up).",
        made_up.join(" and ")
    );
    let some = (none.is_none() && !made_up.is_empty()).then_some(some);
    std::iter::once(title).chain(metrics).chain(none).chain(some).collect::<Vec<_>>().join("\n")
}

fn weather(report: &Report) -> String {
    let found = &report.weather;
    let held = format_duration(Duration::from_secs_f64(found.held_seconds.max(0.0)));
    let mut lines = vec![format!(
        "With a sound candidate it would have closed {} ({:.1} a week), gone back {}, and been held {} ({:.1} a week) \
         for {held} in all.",
        times(found.closings),
        found.closings_per_week,
        times(found.steps_back),
        times(found.holds),
        found.holds_per_week
    )];
    if !found.held_by.is_empty() {
        let by: Vec<String> = found.held_by.iter().map(holder).collect();
        lines.push(format!("  held by {}", by.join(", by ")));
    }
    if found.closings_made_up > 0 {
        lines.push(format!("  closed {} by what is made up", times(found.closings_made_up)));
    }
    if found.seen_seconds < 0.99 * found.under_way_seconds {
        let of = |seconds: f64| format_duration(Duration::from_secs_f64(seconds.max(0.0)));
        let (seen, whole) = (of(found.seen_seconds), of(found.under_way_seconds));
        lines.push(format!(
            "  Only {seen} of {whole} had data: rates are per week of that, and of the rest nothing is known."
        ));
    }
    let ended = found.replays.iter().filter(|replay| matches!(replay.end, "closed" | "stepped_back" | "refused"));
    let since = |at: i64| format_duration(UnixMillis::new(at).since(UnixMillis::new(report.from)));
    let listed =
        ended.clone().take(MOST_LISTED).map(|replay| format!("  after {}: {}", since(replay.ended), replay.why));
    lines.extend(listed);
    let more = ended.count().saturating_sub(MOST_LISTED);
    if more > 0 {
        lines.push(format!("  and {more} more"));
    }
    lines.join("\n")
}

/// `errors 24 times for 7h (made up)`.
fn holder(one: &Holder) -> String {
    let lasted = format_duration(Duration::from_secs_f64(one.seconds.max(0.0)));
    format!("{} {} for {lasted}{}", one.metrics, times(one.times), made_up(one.made_up))
}

const fn made_up(is_so: bool) -> &'static str {
    if is_so { " (made up)" } else { "" }
}

fn times(count: usize) -> String {
    if count == 1 { "1 time".to_owned() } else { format!("{count} times") }
}

fn to_full(report: &Report) -> String {
    let full = &report.to_full;
    match (&full.spans, full.begun) {
        (_, 0) => format!("To the last wave it takes {} at least, longer than the past: ask for more.", full.planned),
        (None, begun) => {
            format!("To the last wave it takes {} at least. Of {begun} beginnings none came so far.", full.planned)
        }
        (Some((shortest, median, longest)), begun) => format!(
            "To the last wave it takes {} at least. Of {begun} beginnings {} came so far, in {median} ({shortest} to \
             {longest}).",
            full.planned, full.reached
        ),
    }
}

fn detection(found: &[Found]) -> String {
    let rows = found.iter().map(|one| {
        vec![format!("{}{}", one.metric, made_up(one.made_up)), format!("x{}", one.times), one.sentence.clone()]
    });
    format!("A fault from the first minute on:\n{}", columns(&["METRIC", "FAULT", "IT"], rows))
}

fn thresholds(found: &[Bound]) -> String {
    let row = |one: &Bound| {
        let quiet = match one.list {
            "advance_when" | "early_when" => format!("true {:.0}% of the time", one.true_part * 100.0),
            _ => format!("{} ({:.1} a week)", one.fired, one.fired_per_week),
        };
        vec![
            one.rating.to_owned(),
            format!("{} {}{}", one.list, one.condition, made_up(one.made_up)),
            quiet,
            one.nearest.as_ref().map_or_else(|| "-".to_owned(), |near| near.shown.clone()),
            if one.fires_at_ten { "yes" } else { "no" }.to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    columns(&["THRESHOLD", "CONDITION", "TRUE", "NEAREST", "AT X10"], rows)
}

fn advice(found: &[Bound]) -> String {
    let said = found.iter().filter_map(|one| {
        let suggestion = one.suggestion.as_ref()?;
        Some(format!("  {} {}: {suggestion}", one.list, one.condition))
    });
    let lines: Vec<String> = said.collect();
    if lines.is_empty() { String::new() } else { format!("What to do about them:\n{}", lines.join("\n")) }
}
