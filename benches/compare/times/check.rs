//! An engine that gives wrong answers may be as fast as it likes.

use tidegate_cases::flags::{Shape, first, key};
use tidegate_cases::people::Person;
use tidegate_compare::Peer;

/// Ends the run when an engine does not give what the flags say.
pub(crate) fn shares<'p>(name: &str, peer: &mut (dyn Peer<'p> + 'p), people: &[Person]) {
    let [rollout, ruled] = [Shape::Rollout, Shape::Ruled].map(|shape| key(first(shape)));
    let everyone: Vec<_> = (0..people.len()).collect();
    quarter(name, "A", peer, &rollout, &everyone);
    let (meeting, others): (Vec<_>, Vec<_>) =
        everyone.iter().partition(|person| people[**person].meets_the_conditions());
    for person in meeting {
        assert!(peer.is_on(&ruled, person), "{name}: B is off for {:?}", people[person]);
    }
    quarter(name, "B", peer, &ruled, &others);
}

fn quarter<'p>(name: &str, shape: &str, peer: &mut (dyn Peer<'p> + 'p), key: &str, people: &[usize]) {
    let on = people.iter().filter(|person| peer.is_on(key, **person)).count();
    let percent = on * 100 / people.len();
    assert!((20..=30).contains(&percent), "{name}: {shape} is on for {percent} % where a quarter was asked for");
}
