//! What the engines take in memory, counted by an allocator that the timed program does without. One line
//! per engine, fields separated by tabs, for the program that prints the tables.

use allocation_counter::{AllocationInfo, measure};
use std::hint::black_box;
use tidegate_cases::flags::{Shape, first, key};
use tidegate_cases::people::{Crowd, PEOPLE, Person, people};
use tidegate_compare::Peer;
use tidegate_compare::peers::{Loader, loaders};

const FLAGS: usize = 1_000;
const MANY: usize = 10_000;

fn main() {
    let people = people(Crowd::Mixed);
    for loader in loaders() {
        let (loaded, mut peer) = load(&loader, FLAGS);
        let bytes = loaded.bytes_current / i64::try_from(FLAGS).expect("a thousand");
        let [a, b] = [Shape::Rollout, Shape::Ruled].map(|shape| per_answer(&mut *peer, &people, shape));
        peer.ask_all(0);
        let all = measure(|| peer.ask_all(0)).count_total;
        drop(peer);
        let (many, _) = load(&loader, MANY);
        let input = (loader.document)(MANY).len();
        println!("{}\t{bytes}\t{a}\t{b}\t{all}\t{input}\t{}\t{}", loader.name, many.bytes_max, many.bytes_current);
    }
}

fn load<'p>(loader: &Loader<'p>, flags: usize) -> (AllocationInfo, Box<dyn Peer<'p> + 'p>) {
    let document = (loader.document)(flags);
    let mut peer = None;
    let info = measure(|| peer = Some((loader.load)(black_box(&document))));
    (info, peer.expect("it was loaded"))
}

/// Allocations per answer, when no answer is the first one.
fn per_answer<'p>(peer: &mut (dyn Peer<'p> + 'p), people: &'p [Person], shape: Shape) -> f64 {
    peer.meet(people);
    let key = key(first(shape));
    peer.ask_each(&key);
    let counted = measure(|| peer.ask_each(&key)).count_total;
    f64::from(u32::try_from(counted).expect("few")) / f64::from(u32::try_from(PEOPLE).expect("few"))
}
