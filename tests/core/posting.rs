//! A thousand events that come together are counted one after the other on one state.

use tidegate::rollout::{self, Attachments, Effect, Event, Plan, PostedEvent, Reported, Stage, State, decide, post};
use tidegate::source::{Format, parse};
use tidegate::units::UnixMillis;

const PLAN: &str = "kind: Rollout\nname: r\nflag: f\ncandidate: new\nstable: old\n\
    metrics:\n  errors: { provider: outcomes, measure: error_ratio }\n  \
    escalations: { provider: events, event: escalation, since: start }\n  \
    lately: { provider: events, event: escalation, since: 10m }\n\
    waves:\n  - { name: some, exposure: 10%, bake: 1h, hold_when: lately > 3,\n      \
    close_when: [ escalations > 700, errors > 5% for 5m, { when: lately > 100, observe: true } ] }\n";

fn plan() -> Plan {
    let parsed = parse("plan.yaml", PLAN.as_bytes(), Format::Yaml).unwrap();
    rollout::lower(&parsed.documents[0], &parsed.text, &Attachments::none()).unwrap()
}

/// In place or each from a state to the next: the same is counted, and the same one closes.
#[test]
fn events_counted_in_place_are_those_counted_one_by_one() {
    let plan = plan();
    let first = State::Running(Stage::enter(1, 0, UnixMillis::new(0)));
    let (mut in_place, mut one_by_one) = (first.clone(), first);
    let mut counted = 0;
    for number in 0..1_000_i64 {
        // Every fifth is one that came before, every seventh nobody counts.
        let id = if number % 5 == 4 { number / 2 } else { number };
        let name = if number % 7 == 6 { "lunch" } else { "escalation" };
        let event = PostedEvent { name: name.to_owned(), id: id.to_string(), count: 1 };
        let now = UnixMillis::new(number * 1_000);
        let reported = post(&plan, &mut in_place, &event, now);
        let decision = decide(&plan, &one_by_one, &Event::Posted(event), now).unwrap();
        counted += u32::from(reported == Reported::Counted);
        match reported {
            Reported::Closes(cause) => {
                assert!(matches!(&decision.effect, Effect::Close(_)), "{decision:?}");
                assert!(matches!(&decision.next, State::RolledBack { cause: other, .. } if *other == cause));
                assert_eq!(counted, 700);
                return;
            }
            Reported::Counted => assert!(decision.check_now),
            Reported::Nothing => assert_eq!((decision.next == one_by_one, decision.check_now), (true, false)),
        }
        one_by_one = decision.next;
        assert_eq!(in_place, one_by_one, "after {number}");
    }
    panic!("{counted} were counted, and none closed it");
}

#[test]
fn what_is_not_under_way_counts_nothing() {
    let event = PostedEvent { name: "escalation".to_owned(), id: "1".to_owned(), count: 9_000 };
    let mut state = State::Pending { attempts: 0 };
    assert_eq!(post(&plan(), &mut state, &event, UnixMillis::new(0)), Reported::Nothing);
    assert_eq!(state, State::Pending { attempts: 0 });
}
