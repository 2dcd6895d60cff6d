//! Decisions from data files: a plan, what happens to it line by line, and what must come of each line.
//!
//! A file in `testdata/rollouts` is a plan, a line `=== script`, and lines of the form
//! `TIME EVENT [ARGUMENTS]` each followed by `  > ` and what came of it. Times are durations since the
//! beginning. Metrics are given as `name=value` in their own unit's base, or `name=none`; `name@control=value`
//! is the stable variant's, `name@5m=value` over another window; `name#1000/12,9000/9` are users of the
//! candidate and how many of them had a bad event, and those of the stable variant, and
//! `+1000/60,9000/45` behind them are their events, and `~2h` at the end says how much is not counted yet; `seen=500`
//! are the candidate's outcomes in the wave; `split=900/100` are the users of a sample with the candidate and with the
//! stable variant. Behind `start`, `retry` and `due` a metric is its baseline. A line `salt` tells what is hashed.
//! `repeat N TIME check ...` is that check N times, TIME apart, of which the last is told. A line `explain` tells
//! what `tidegate rollout explain` would, `explain train NAME` the same of a rollout that rides in a train, `explain firing
//! ALERT` while an alert fires, `explain claimed NAME` while another rollout drives its flag.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use tidegate::analysis::{Alert, Compared, Counted, Counts, Group, NoData, Reading};
use tidegate::flag::Gate;
use tidegate::rollout::explain::{Boarded, Claimed, Sight, explain};
use tidegate::rollout::{
    self, Arm, Attachments, Beginning, Effect, Event, Evidence, Finding, Over, Plan, PostedEvent, Question, Split,
    State, Wait,
};
use tidegate::source::{Format, parse};
use tidegate::units::{MetricName, RolloutName, UnixMillis, parse_duration};

#[test]
fn every_script_comes_out_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/core/testdata/rollouts");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 8, "the scripts are missing from {}", folder.display());
    let mut wrong = Vec::new();
    for file in files {
        let written = std::fs::read_to_string(&file).unwrap();
        let played = play(&file.display().to_string(), &written);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&file, &played).unwrap();
        } else if played != written {
            let first = played.lines().zip(written.lines()).find(|(now, then)| now != then);
            wrong.push(format!("{}:\n  (now, written) = {first:#?}", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Plays a script and writes it down again with what came of each line.
fn play(name: &str, written: &str) -> String {
    let (plan_text, script) = written.split_once("=== script\n").unwrap_or_else(|| panic!("{name} has no script"));
    let parsed = parse(name, plan_text.as_bytes(), Format::Yaml).unwrap();
    let plan = rollout::lower(&parsed.documents[0], &parsed.text, &Attachments::none())
        .unwrap_or_else(|problems| panic!("{problems:#?}"));
    let mut state = State::Pending { attempts: 0 };
    let mut known = Known::new(&plan);
    let mut out = format!("{plan_text}=== script\n");
    for line in script.lines().filter(|line| !line.starts_with("  > ")) {
        writeln!(out, "{line}").unwrap();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (time, event) = line.split_once(' ').unwrap();
        let mut now = BEGINNING.plus(parse_duration(time).unwrap());
        if event == "salt" {
            writeln!(out, "  > {}", salt(&plan, &state)).unwrap();
            continue;
        }
        if let Some(words) = event.strip_prefix("explain") {
            explained(&plan, &state, &known, words.trim(), now)
                .iter()
                .for_each(|line| writeln!(out, "  > {line}").unwrap());
            continue;
        }
        let event = match event.strip_prefix("repeat ").map(|rest| rest.splitn(3, ' ').collect::<Vec<_>>()) {
            Some(words) => {
                let (times, apart) = (words[0].parse::<u32>().unwrap(), parse_duration(words[1]).unwrap());
                for _ in 1..times {
                    let event = event_of(&plan, words[2], now);
                    let decision = rollout::decide(&plan, &state, &event, now).unwrap();
                    known.take(&event, &decision);
                    state = decision.next;
                    now = now.plus(apart);
                }
                words[2]
            }
            None => event,
        };
        let event = event_of(&plan, event, now);
        match rollout::decide(&plan, &state, &event, now) {
            Err(refusal) => writeln!(out, "  > refused: {refusal}").unwrap(),
            Ok(decision) => {
                known.take(&event, &decision);
                let effect = match &decision.effect {
                    Effect::Keep => "",
                    Effect::Open(_) => "OPEN ",
                    Effect::Narrow(_) => "NARROW ",
                    Effect::Close(_) => "CLOSE ",
                };
                if let Some(change) = &decision.change {
                    writeln!(out, "  > {effect}{}: {change}", change.kind()).unwrap();
                }
                state = decision.next;
                let exposure = rollout::exposure(&plan, &state);
                let next = rollout::next_check_in(&plan, &state, now);
                let next = next.map(|span| format!(", check in {}ms", span.as_millis())).unwrap_or_default();
                let waits = rollout::sentence(&decision.waits);
                let now_check = if decision.check_now { ", check now" } else { "" };
                writeln!(out, "  > {} at {exposure}{next}{now_check}: {waits}", rollout::describe(&plan, &state))
                    .unwrap();
            }
        }
    }
    out
}

/// What a lane would remember beside the state, to explain it.
struct Known {
    waits: Vec<Wait>,
    findings: Vec<Finding>,
    readings: BTreeMap<MetricName, Reading>,
    split: Option<Split>,
    /// When the stage was entered of which the last check was made.
    looked: Option<UnixMillis>,
}

impl Known {
    fn new(plan: &Plan) -> Self {
        let waits = rollout::standing_waits(plan, &State::Pending { attempts: 0 }, BEGINNING);
        Self { waits, findings: Vec::new(), readings: BTreeMap::new(), split: None, looked: None }
    }

    fn take(&mut self, event: &Event, decision: &rollout::Decision) {
        self.waits.clone_from(&decision.waits);
        if let Event::Checked(evidence) | Event::Promote { evidence, .. } = event {
            self.findings.clone_from(&decision.findings);
            self.readings.clone_from(&evidence.readings);
            self.split = evidence.split;
            self.looked = entered(&decision.next);
        }
    }
}

fn entered(state: &State) -> Option<UnixMillis> {
    match state {
        State::Running(stage) | State::Paused { stage, .. } | State::Watching(stage) => Some(stage.entered),
        _ => None,
    }
}

fn explained(plan: &Plan, state: &State, known: &Known, words: &str, now: UnixMillis) -> Vec<String> {
    let boarded = |name: &str| Boarded { train: RolloutName::new(name).unwrap(), reason: "some-v1 is next".to_owned() };
    let claimed = |name: &str| Claimed {
        by: RolloutName::new(name).unwrap(),
        does: "drives flag search-v2".to_owned(),
        hint: "end that one first".to_owned(),
    };
    let claims: Vec<Claimed> = words.strip_prefix("claimed ").map(claimed).into_iter().collect();
    let firing: Vec<Alert> = words.strip_prefix("firing ").map(alert).into_iter().collect();
    let sight = Sight {
        waits: &known.waits,
        findings: &known.findings,
        looked: known.looked.is_some() && known.looked == entered(state),
        readings: &known.readings,
        split: known.split,
        next_check: rollout::next_check_in(plan, state, now).map(|span| now.plus(span)),
        asked: &|_| None,
        firing: &firing,
        train: words.strip_prefix("train ").map(boarded),
        flag_problems: &[],
        claims: &claims,
    };
    let explained = explain(plan, state, &sight, now);
    let mut lines = explained.sentences();
    lines.extend(
        explained
            .checks
            .iter()
            .map(|check| format!("{} {}: {}", check.verdict.unwrap_or("not yet"), check.list.as_str(), check.sentence)),
    );
    lines.extend(explained.ratio.iter().map(|ratio| format!("ratio: {}", ratio.sentence)));
    lines.extend(explained.closers.iter().map(|closer| format!("closer: {}", closer.sentence)));
    lines
}

/// When scripts begin: 2023-11-14T22:13:20Z.
const BEGINNING: UnixMillis = UnixMillis::new(1_700_000_000_000);

fn salt(plan: &Plan, state: &State) -> String {
    match rollout::overlay(plan, state).map(|overlay| overlay.gate) {
        Some(Gate::Open(share)) => share.salt.to_string(),
        Some(Gate::Closed) => "closed".to_owned(),
        None => "nothing".to_owned(),
    }
}

fn event_of(plan: &Plan, text: &str, now: UnixMillis) -> Event {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let by = || "ops".to_owned();
    match word {
        "start" => Event::Start(beginning(plan, rest, now)),
        "retry" => Event::Retry(beginning(plan, rest, now)),
        "due" => Event::Due(beginning(plan, rest, now)),
        "posted" => Event::Posted(posted(rest)),
        "pause" => Event::Pause { by: by() },
        "resume" => Event::Resume { by: by() },
        "rollback" => Event::Rollback { by: by(), reason: (!rest.is_empty()).then(|| rest.to_owned()) },
        "check" => Event::Checked(evidence(plan, rest, now)),
        "promote" => Event::Promote { by: by(), evidence: evidence(plan, rest, now) },
        "firing" => Event::Firing(alert(rest)),
        "resolved" => Event::Resolved { fingerprint: rest.to_owned() },
        "recovered" => Event::Recovered,
        word => panic!("no event `{word}`"),
    }
}

fn beginning(plan: &Plan, text: &str, now: UnixMillis) -> Beginning {
    let by = "ops".to_owned();
    let alert_before = text.split_whitespace().next().is_some_and(|word| !word.contains('=') && word != "no-flag");
    if alert_before {
        return Beginning { by, firing: vec![alert(text)], ..Beginning::default() };
    }
    let Evidence { readings, flag_problems, .. } = evidence(plan, text, now);
    Beginning { by, flag_problems, baseline: readings, ..Beginning::default() }
}

/// `NAME ID [COUNT]`
fn posted(text: &str) -> PostedEvent {
    let words: Vec<_> = text.split_whitespace().collect();
    let count = words.get(2).map_or(1, |count| count.parse().unwrap());
    PostedEvent { name: words[0].to_owned(), id: words[1].to_owned(), count }
}

fn evidence(plan: &Plan, text: &str, now: UnixMillis) -> Evidence {
    let mut evidence = Evidence::default();
    let named = |metric: &str| {
        assert!(plan.metrics.contains_key(metric), "no metric `{metric}`");
        MetricName::new(metric).unwrap()
    };
    for pair in text.split_whitespace() {
        if pair == "no-flag" {
            evidence.flag_problems.push("the flag is not there".to_owned());
        } else if let Some((metric, numbers)) = pair.split_once('#') {
            evidence.compared.insert(named(metric), compared(numbers, now));
        } else {
            let (metric, value) = pair.split_once('=').unwrap();
            if metric == "split" {
                evidence.split = Some(split(value));
                continue;
            }
            let reading = reading(value, now);
            match metric.split_once('@') {
                _ if metric == "seen" => evidence.seen = Some(counted(value, now)),
                None => drop(evidence.readings.insert(named(metric), reading)),
                Some((metric, place)) => {
                    let (arm, over) = match place {
                        "control" => (Arm::Control, Over::Usual),
                        span => (Arm::Candidate, Over::Span(parse_duration(span).unwrap())),
                    };
                    evidence.others.insert(Question { metric: named(metric), arm, over }, reading);
                }
            }
        }
    }
    // Where both groups are counted, both are measured, unless the line says otherwise.
    for metric in evidence.compared.keys() {
        let control = Question { metric: metric.clone(), arm: Arm::Control, over: Over::Usual };
        evidence.others.entry(control).or_insert_with(|| reading("0.01", now));
        evidence.readings.entry(metric.clone()).or_insert_with(|| reading("0.01", now));
    }
    evidence
}

fn reading(value: &str, now: UnixMillis) -> Reading {
    match value {
        "none" => Reading::NoData(NoData::Unreachable("connection refused".to_owned())),
        "empty" => Reading::NoData(NoData::Empty),
        "stale" => Reading::NoData(NoData::Stale(std::time::Duration::from_secs(600))),
        "few" => Reading::NoData(NoData::TooFew { have: 3, need: 20 }),
        "NaN" => Reading::Value { value: f64::NAN, samples: None, at: now },
        value => Reading::Value { value: value.parse().unwrap(), samples: Some(1_000), at: now },
    }
}

fn counted(value: &str, now: UnixMillis) -> Reading {
    Reading::Value { value: 0.0, samples: Some(value.parse().unwrap()), at: now }
}

/// `900/100`
fn split(value: &str) -> Split {
    let (candidate, control) = value.split_once('/').unwrap();
    Split { candidate: candidate.parse().unwrap(), control: control.parse().unwrap() }
}

/// `1000/12,9000/9`, perhaps with the events `+1000/60,9000/45` and how much is left `~2h`, or `none`.
fn compared(numbers: &str, now: UnixMillis) -> Result<Compared, NoData> {
    if numbers == "none" {
        return Err(NoData::Unreachable("connection refused".to_owned()));
    }
    let (numbers, behind) = numbers.split_once('~').unwrap_or((numbers, "0s"));
    let behind = parse_duration(behind).unwrap();
    let group = |text: &str| {
        let (exposed, bad) = text.split_once('/').unwrap();
        Group { exposed: exposed.parse().unwrap(), bad: bad.parse().unwrap() }
    };
    let groups =
        |text: &str| text.split_once(',').map(|(candidate, control)| (group(candidate), group(control))).unwrap();
    let (users, events) = numbers.split_once('+').map_or((numbers, None), |(users, events)| (users, Some(events)));
    let (candidate, control) = groups(users);
    Ok(Compared::Counts(Counts {
        candidate,
        control,
        of: Counted::Users,
        until: now.minus(behind),
        behind,
        sampled: Default::default(),
        events: events.map(groups),
    }))
}

/// `FINGERPRINT label=value ...`
fn alert(text: &str) -> Alert {
    let mut words = text.split_whitespace();
    let fingerprint = words.next().unwrap().to_owned();
    let pair = |word: &str| word.split_once('=').map(|(label, value)| (label.to_owned(), value.to_owned())).unwrap();
    Alert { fingerprint, labels: words.map(pair).collect::<BTreeMap<_, _>>() }
}
