//! Trains from data files: a train, how its members stand and what people say line by line, and what must come of it.
//!
//! A file in `testdata/trains` is a train's document, a line `=== script`, and lines of the form
//! `TIME EVENT`, each followed by `  > ` and what came of it. `ROLLOUT N waiting`, `ROLLOUT N waves`, `ROLLOUT N paused`,
//! `ROLLOUT N taken-over`,
//! `ROLLOUT N watched SPAN clear|held`, `ROLLOUT N completed`, `ROLLOUT N closed WHY`, `ROLLOUT N recalled WHY` and
//! `ROLLOUT N recalled-alone WHY` say how a member stands in its attempt N, `ROLLOUT wrong WHY` what is wrong with it,
//! and each is a look. `start`, `pause`, `resume`, `rollback [ROLLOUT ...]`, `reenable [ROLLOUT ...]` and `retry` are a
//! person's. `carried out` does what was ordered; what was not carried out is ordered again.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;
use tidegate::rollout::lower_train;
use tidegate::rollout::train::{
    MemberStanding, Order, Phase, Standings, Train, TrainEvent, TrainState, decide_train, describe_train,
    train_sentence,
};
use tidegate::source::{Format, parse};
use tidegate::units::{RolloutName, UnixMillis, parse_duration};

#[test]
fn every_train_goes_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/core/testdata/trains");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 6, "the scripts are missing from {}", folder.display());
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

fn read(name: &str, text: &str) -> Train {
    let parsed = parse(name, text.as_bytes(), Format::Yaml).unwrap();
    lower_train(&parsed.documents[0], &parsed.text).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

struct Journey {
    train: Train,
    state: TrainState,
    standings: Standings,
    orders: Vec<Order>,
}

fn play(name: &str, written: &str) -> String {
    let (document, script) = written.split_once("=== script\n").unwrap_or_else(|| panic!("{name} has no script"));
    let train = read(name, document);
    let waiting = |rollout: RolloutName| (rollout, MemberStanding { attempt: 0, phase: Phase::Waiting, problem: None });
    let standings = train.members.iter().map(|member| waiting(member.rollout.clone())).collect();
    let mut journey = Journey { train, state: TrainState::Pending, standings, orders: Vec::new() };
    let mut out = format!("{document}=== script\n");
    for line in script.lines().filter(|line| !line.starts_with("  > ")) {
        writeln!(out, "{line}").unwrap();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (time, event) = line.split_once(' ').unwrap();
        let now = UnixMillis::new(1_767_225_600_000).plus(parse_duration(time).unwrap());
        writeln!(out, "  > {}", journey.takes(event, now)).unwrap();
    }
    out
}

impl Journey {
    fn takes(&mut self, event: &str, now: UnixMillis) -> String {
        let event = self.event(event);
        match decide_train(&self.train, &self.state, &event, &self.standings, now) {
            Err(refusal) => format!("refused: {refusal}"),
            Ok(decision) => {
                let orders = decision.orders.iter().map(told).collect::<String>();
                let row = decision.change.map(|change| format!("[{} by {}: {change}] ", change.kind(), change.actor()));
                let state = describe_train(&decision.next);
                self.state = decision.next;
                self.orders = decision.orders;
                let waits = train_sentence(&decision.waits);
                format!("{orders}{}{state}; {waits}", row.unwrap_or_default()).trim_end_matches("; ").to_owned()
            }
        }
    }

    fn event(&mut self, text: &str) -> TrainEvent {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let by = || "ann".to_owned();
        let members = || -> BTreeSet<RolloutName> {
            rest.split_whitespace().map(|name| RolloutName::new(name).unwrap()).collect()
        };
        match word {
            "look" => TrainEvent::Looked,
            "start" => TrainEvent::Start { by: by(), problem: (!rest.is_empty()).then(|| rest.to_owned()) },
            "pause" => TrainEvent::Pause { by: by() },
            "resume" => TrainEvent::Resume { by: by() },
            "rollback" => TrainEvent::Rollback { by: by(), reason: Some("it smells".to_owned()), members: members() },
            "reenable" => TrainEvent::Reenable { by: by(), members: members(), problem: None },
            "retry" => TrainEvent::Retry { by: by(), problem: None },
            "carried" => {
                for order in std::mem::take(&mut self.orders) {
                    self.carry_out(order);
                }
                TrainEvent::Looked
            }
            rollout => {
                self.stands(&RolloutName::new(rollout).unwrap(), rest);
                TrainEvent::Looked
            }
        }
    }

    fn stands(&mut self, rollout: &RolloutName, text: &str) {
        let standing = self.standings.get_mut(rollout).unwrap_or_else(|| panic!("{rollout} is not in the train"));
        if let Some(why) = text.strip_prefix("wrong") {
            standing.problem = (!why.is_empty()).then(|| why.trim().to_owned());
            return;
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        standing.attempt = words[0].parse().unwrap();
        let because = || words[2..].join(" ");
        let open = |all, watched, clear, paused, where_: &str| {
            let where_ = where_.to_owned();
            Phase::Open { all, watched, clear, paused, where_ }
        };
        standing.phase = match words[1] {
            "waiting" => Phase::Waiting,
            "waves" => open(false, Duration::ZERO, false, false, "in wave w"),
            "paused" => open(false, Duration::ZERO, false, true, "paused in wave w"),
            "taken-over" => Phase::TakenOver,
            "watched" => open(true, parse_duration(words[2]).unwrap(), words[3] == "clear", false, "watched"),
            "completed" => Phase::Completed,
            "closed" => Phase::Closed { because: because(), recalled: false, alone: false },
            "recalled" => Phase::Closed { because: because(), recalled: true, alone: false },
            "recalled-alone" => Phase::Closed { because: because(), recalled: true, alone: true },
            other => panic!("how does a member stand that is {other}?"),
        };
    }

    fn carry_out(&mut self, order: Order) {
        match order {
            Order::Begin { rollout, attempt } => self.stands(&rollout, &format!("{attempt} waves")),
            Order::Close { rollout, because, alone } => {
                let attempt = self.standings[&rollout].attempt;
                let word = if alone { "recalled-alone" } else { "recalled" };
                self.stands(&rollout, &format!("{attempt} {word} {because}"));
            }
            Order::Pause(rollout) => {
                let attempt = self.standings[&rollout].attempt;
                self.stands(&rollout, &format!("{attempt} paused"));
            }
            Order::Resume(rollout) => {
                let attempt = self.standings[&rollout].attempt;
                self.stands(&rollout, &format!("{attempt} waves"));
            }
        }
    }
}

fn told(order: &Order) -> String {
    match order {
        Order::Begin { rollout, attempt } => format!("BEGIN {rollout} {attempt} "),
        Order::Close { rollout, alone: false, .. } => format!("CLOSE {rollout} "),
        Order::Close { rollout, alone: true, .. } => format!("CLOSE {rollout} ALONE "),
        Order::Pause(rollout) => format!("PAUSE {rollout} "),
        Order::Resume(rollout) => format!("RESUME {rollout} "),
    }
}
