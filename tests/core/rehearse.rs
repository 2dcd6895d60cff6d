//! Plans rehearsed in pasts from data files, and what must be found.
//!
//! A file in `testdata/rehearse` is a plan, a line `=== past SPAN STEP`, lines that say how metrics were, and lines
//! with `  > ` of what was found. `METRIC VALUE` is a value all through, in the metric's base unit; `METRIC VALUE in
//! LENGTH every SPAN from MOMENT` is another one now and then; `METRIC none in ...` is no value. A value `A~B` swings
//! between two in the course of a day.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;
use tidegate::rollout::{self, Attachments, Plan};
use tidegate::simulate::rehearse::{End, Limits, Past, Rehearsal, Source, rehearse};
use tidegate::source::{Format, parse};
use tidegate::units::{MetricName, UnixMillis, format_duration, parse_duration};

const BEGINNING: UnixMillis = UnixMillis::new(1_700_000_000_000);

#[test]
fn every_past_comes_out_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/core/testdata/rehearse");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 4, "the pasts are missing from {}", folder.display());
    for file in files {
        let written = std::fs::read_to_string(&file).unwrap();
        let (plan, past) = read(&file.display().to_string(), &written);
        let limits = Limits { seed: 1, users_per_hour: None };
        let found = rehearse(&plan, &past, limits);
        assert_eq!(found, rehearse(&plan, &past, limits), "the same plan and past give the same result");
        let mut out: String =
            written.lines().filter(|line| !line.starts_with("  > ")).fold(String::new(), |mut out, line| {
                writeln!(out, "{line}").unwrap();
                out
            });
        for line in told(&found) {
            writeln!(out, "  > {line}").unwrap();
        }
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&file, &out).unwrap();
        } else {
            let first = out.lines().zip(written.lines()).find(|(now, then)| now != then);
            assert!(out == written, "{}: (now, written) = {first:#?}", file.display());
        }
    }
}

fn read(name: &str, written: &str) -> (Plan, Past) {
    let (plan_text, rest) = written.split_once("=== past ").unwrap_or_else(|| panic!("{name} has no past"));
    let parsed = parse(name, plan_text.as_bytes(), Format::Yaml).unwrap();
    let plan = rollout::lower(&parsed.documents[0], &parsed.text, &Attachments::none())
        .unwrap_or_else(|problems| panic!("{problems:#?}"));
    let (head, lines) = rest.split_once('\n').unwrap();
    let (span, step) = head.split_once(' ').unwrap();
    let (span, step) = (parse_duration(span).unwrap(), parse_duration(step).unwrap());
    let mut series: BTreeMap<MetricName, Vec<(UnixMillis, f64)>> = BTreeMap::new();
    let lines: Vec<Vec<&str>> =
        lines.lines().filter(|line| !line.starts_with("  > ")).map(|line| line.split_whitespace().collect()).collect();
    let mut at = Duration::ZERO;
    while at <= span {
        let mut now: BTreeMap<&str, Option<f64>> = BTreeMap::new();
        for words in lines.iter().filter(|words| applies(words, at)) {
            now.insert(words[0], value(words[1], at));
        }
        for (metric, value) in now {
            let points = series.entry(MetricName::new(metric).unwrap()).or_default();
            points.extend(value.map(|value| (BEGINNING.plus(at), value)));
        }
        at += step;
    }
    (plan, Past::new((BEGINNING, BEGINNING.plus(span)), step, series).unwrap())
}

/// `METRIC VALUE [in LENGTH every SPAN from MOMENT]`
fn applies(words: &[&str], at: Duration) -> bool {
    let [_, _, "in", length, "every", span, "from", moment] = words else { return words.len() == 2 };
    let read = |text: &str| if text == "0" { Duration::ZERO } else { parse_duration(text).unwrap() };
    let (length, span, moment) = (read(length), read(span), read(moment));
    at >= moment && (at - moment).as_millis() % span.as_millis() < length.as_millis()
}

fn value(text: &str, at: Duration) -> Option<f64> {
    match text.split_once('~') {
        _ if text == "none" => None,
        None => Some(text.parse().unwrap()),
        Some((low, high)) => {
            let (low, high): (f64, f64) = (low.parse().unwrap(), high.parse().unwrap());
            let day = at.as_secs_f64() / 86_400.0;
            Some(low + (high - low) * (0.5 - 0.5 * (day * std::f64::consts::TAU).cos()))
        }
    }
}

fn told(found: &Rehearsal) -> Vec<String> {
    let mut out = Vec::new();
    for course in &found.courses {
        let source = match course.source {
            Source::Past => format!("{:.0}% of the time", course.covered * 100.0),
            Source::Model => "made up".to_owned(),
            Source::Nothing => "nothing".to_owned(),
        };
        let figure = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"));
        let figures = [course.median, course.p99, course.highest].map(figure).join(" ");
        out.push(format!("{}: {source}, median p99 highest {figures}", course.metric));
    }
    let weather = &found.weather;
    let (closings, held) = (weather.closings(), format_duration(weather.held()));
    out.push(format!(
        "closed {closings} times ({:.1} a week), back {} times, held {} times for {held}",
        weather.per_week(closings),
        weather.steps_back(),
        weather.holds()
    ));
    for replay in &weather.replays {
        let end = match &replay.end {
            End::Closed { wave, cause } => format!("closed in {wave}: {cause}"),
            End::SteppedBack { seen } => seen.clone(),
            End::Completed => "completed".to_owned(),
            End::TimeOver { standing } => format!("time over {standing}"),
            End::Refused(why) => format!("refused: {why}"),
        };
        let (from, to) = (replay.began.since(BEGINNING), replay.ended.since(BEGINNING));
        out.push(format!("  {} to {}: {end}", format_duration(from), format_duration(to)));
    }
    let full = &found.to_full;
    let spans = |spans: &[Duration]| spans.iter().map(|span| format_duration(*span)).collect::<Vec<_>>().join(", ");
    let planned = format_duration(full.planned);
    out.push(format!("to full, planned {planned}, {} begun: {}", full.begun, spans(&full.reached)));
    for one in &found.detections {
        let (closed, held) = (spans(&one.closed), spans(&one.held));
        out.push(format!(
            "{} x{}: of {} closed after [{closed}], held after [{held}]",
            one.metric, one.times, one.tried
        ));
    }
    for one in &found.thresholds {
        let nearest = one.nearest.map(|nearest| {
            let (value, bound) = (nearest.quantity.format(nearest.value), nearest.quantity.format(nearest.bound));
            format!(", nearest {value} of {bound}")
        });
        out.push(format!(
            "{} {} in {}: {}, fired {} ({:.1} a week), at ten {}{}{}",
            one.list.as_str(),
            one.condition,
            one.stages.join("+"),
            one.rating.as_str(),
            one.fired,
            one.per_week,
            one.fires_at_ten,
            nearest.unwrap_or_default(),
            one.suggestion.as_ref().map(|suggestion| format!("; {suggestion}")).unwrap_or_default()
        ));
    }
    out
}
