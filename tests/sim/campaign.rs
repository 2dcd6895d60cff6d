//! Many seeds, one after the other, and what came of them.

use crate::violation::{Failure, Kept, Reached};
use std::time::Instant;

/// How many events a driver is given, and from which seed on.
struct Order {
    events: u64,
    seed: u64,
    only: bool,
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?} where a number is expected")))
}

fn order(usual: u64) -> Order {
    let (events, seed) = (number("TIDEGATE_SIM_EVENTS"), number("TIDEGATE_SIM_SEED"));
    Order { events: events.unwrap_or(usual), seed: seed.unwrap_or(1), only: seed.is_some() && events.is_none() }
}

/// One seed is asked for, and all of it is to be told.
pub fn one_alone() -> bool {
    order(0).only
}

/// Runs seeds until there were enough events, and tells what was reached.
fn campaign(driver: &str, usual: u64, run: impl Fn(u64) -> Result<Kept, Failure>) -> Reached {
    let order = order(usual);
    let begin = Instant::now();
    let (mut events, mut seeds, mut reached) = (0, 0, Reached::default());
    let mut seed = order.seed;
    while events < order.events {
        match run(seed) {
            Ok(kept) => {
                events += kept.events;
                reached.add(&kept.reached);
            }
            Err(failure) => panic!("\n{failure}"),
        }
        (seed, seeds) = (seed + 1, seeds + 1);
        if order.only {
            break;
        }
    }
    let seconds = begin.elapsed().as_secs_f64();
    println!("{driver}: {events} events over {seeds} seeds in {seconds:.1} s: {:.0} a second", events as f64 / seconds);
    println!("{driver}: {reached:?}");
    reached
}

#[test]
fn lean() {
    let reached = campaign("lean", 1_000_000, crate::lean::run);
    clocks_were_set_everywhere(&reached);
}

/// In every state, by an hour and by a day, forth and back.
fn clocks_were_set_everywhere(reached: &Reached) {
    let enough = order(1_000_000).events >= 1_000_000 && !order(0).only;
    assert!(!enough || reached.jumps.as_flattened().iter().all(|jumps| *jumps > 0), "{:?}", reached.jumps);
}

#[test]
fn trains() {
    campaign("trains", 300_000, crate::trains::run);
}

#[test]
fn journeys() {
    let tools = crate::full::Tools::new();
    campaign("journeys", 15_000, |seed| crate::full::run_journey(seed, &tools));
}

#[test]
fn full() {
    let tools = crate::full::Tools::new();
    campaign("full", 60_000, |seed| crate::full::run(seed, &tools));
}

/// One seed is one story, to the last byte of the ledger.
#[test]
fn the_same_seed_gives_the_same_ledger() {
    let tools = crate::full::Tools::new();
    let Order { seed, .. } = order(0);
    for seed in seed..seed + number("TIDEGATE_SIM_REPLAYS").unwrap_or(30) {
        let told = |run: Result<Kept, Failure>| run.unwrap_or_else(|failure| panic!("\n{failure}"));
        let (one, other) = (told(crate::full::run(seed, &tools)), told(crate::full::run(seed, &tools)));
        assert!(!one.ledger.is_empty() && one == other, "seed {seed} went two ways");
        assert_eq!(told(crate::lean::run(seed)), told(crate::lean::run(seed)), "seed {seed} went two ways");
    }
}
