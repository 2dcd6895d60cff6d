//! Rollouts and changes to store.

use serde_json::json;
use std::time::Duration;
use tidegate::analysis::Alert;
use tidegate::rollout::{Attachments, Cause, Check, Heard, Memory, Stage, Standing, State};
use tidegate::source::Format;
use tidegate::store::{Change, Entry, Message, Origin, PlanSource};
use tidegate::units::{MetricName, RolloutName, UnixMillis};

pub fn name(text: &str) -> RolloutName {
    RolloutName::new(text).unwrap()
}

/// A change with one ledger entry and one message that say which it is.
pub fn change(rollout: &str, expected: Option<u64>) -> Change {
    let step = expected.unwrap_or(0) + 1;
    Change {
        rollout: name(rollout),
        expected,
        plan: PlanSource {
            text: format!("kind: Rollout\nname: {rollout}\n"),
            format: Format::Yaml,
            origin: Origin::File("flags/batch.yaml".to_owned()),
            attachments: Attachments::none(),
            revision: 7,
        },
        state: State::Pending { attempts: 0 },
        entries: vec![entry(&format!("{rollout} step {step}"))],
        messages: vec![message(&format!("{rollout}/{step}"))],
        at: UnixMillis::new(1_700_000_000_000 + i64::try_from(step).unwrap()),
    }
}

pub fn entry(sentence: &str) -> Entry {
    Entry {
        kind: "wave-opened".to_owned(),
        actor: "controller".to_owned(),
        sentence: sentence.to_owned(),
        detail: json!({"z": [1, 2.5, null], "a": {"query": "rate(x[5m])"}, "text": "çé 🌊 \u{0} \"quoted\""}),
    }
}

pub fn message(topic: &str) -> Message {
    Message { topic: topic.to_owned(), body: json!({"about": topic}) }
}

/// Each kind of state, with all that can be in it.
pub fn states() -> Vec<State> {
    let at = UnixMillis::new(1_700_000_000_123);
    let alert =
        Alert { fingerprint: "f00d".to_owned(), labels: [("team".to_owned(), "søk\u{0}🌊".to_owned())].into() };
    let full = Stage {
        attempt: 3,
        step: 2,
        returned: true,
        memory: Memory::default(),
        wave: 2,
        entered: at,
        baked: Duration::from_millis(86_400_001),
        checked: Some(Check { at, standing: Standing::Held }),
        true_since: [("error_rate > 10% for 5m".to_owned(), at)].into(),
        firing: [("f00d".to_owned(), Heard { alert, at })].into(),
    };
    let bare = Stage {
        attempt: 1,
        step: 2,
        returned: true,
        memory: Memory::default(),
        wave: 0,
        entered: UnixMillis::new(-1),
        baked: Duration::ZERO,
        checked: None,
        true_since: [].into(),
        firing: [].into(),
    };
    let closed = |cause| State::RolledBack { attempt: 2, at, wave: 1, cause };
    vec![
        State::Pending { attempts: u32::MAX },
        State::Running(bare),
        State::Running(full.clone()),
        State::Paused { stage: full.clone(), since: at },
        State::Watching(full),
        State::Completed { attempt: 1, at, step: 4 },
        closed(Cause::Person { by: "ada".to_owned(), reason: None }),
        closed(Cause::Person { by: "ada".to_owned(), reason: Some("too slow".to_owned()) }),
        closed(Cause::Alert { fingerprint: "f".to_owned(), name: "High".to_owned(), condition: None }),
        closed(Cause::Metric {
            condition: "error_rate > 10%".to_owned(),
            readings: vec![(MetricName::new("error_rate").unwrap(), "12.4%".to_owned())],
        }),
    ]
}
