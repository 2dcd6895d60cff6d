//! What exported spans cost: the time to read them and to count them as outcomes.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "a bench that cannot make its own spans has nothing to measure"
)]

#[path = "../tests/support/exported.rs"]
mod exported;

use exported::{span, traces};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;
use tidegate::measure::Outcomes;
use tidegate::otlp::{self, Body, Known, Vocabulary};
use tidegate::rollout::Telemetry;
use tidegate::units::{FlagKey, UnixMillis, VariantName};

/// As many as an SDK's batch has.
const BATCH: u64 = 512;

const NOW: u64 = 1_800_000_000_000;

struct Search {
    telemetry: Arc<Telemetry>,
}

impl Vocabulary for Search {
    fn flag(&self, key: &str) -> Option<Known> {
        let variants = ["on", "off"].into_iter().filter_map(|name| VariantName::new(name).ok()).collect();
        let flag = FlagKey::new(key).ok().filter(|key| key.as_str() == "search")?;
        Some(Known { flag, variants, telemetry: Arc::clone(&self.telemetry) })
    }

    fn served(&self, _: &FlagKey, _: &str, _: Option<UnixMillis>) -> Option<VariantName> {
        None
    }

    fn counts_points_of(&self, _: &str) -> bool {
        false
    }
}

fn main() {
    let once = std::env::args().any(|argument| argument == "--test");
    let rounds = if once { 1 } else { 400 };
    let bodies: Vec<Vec<u8>> = (0..50)
        .map(|body| {
            let spans = (0..BATCH).map(|number| {
                let user = format!("user-{}", body * BATCH + number);
                let variant = if number % 10 == 0 { "on" } else { "off" };
                span("search", variant, &user, NOW - number, 20 + number % 60, number % 100 == 0)
            });
            traces(&spans.collect::<Vec<_>>())
        })
        .collect();
    let others: Vec<Vec<u8>> = (0..50)
        .map(|_| traces(&(0..BATCH).map(|number| span("another", "on", "u", NOW, number, false)).collect::<Vec<_>>()))
        .collect();
    let search = Search { telemetry: Arc::default() };
    println!("a span has {} bytes and 7 attributes", bodies[0].len() / 512);
    for (what, bodies) in [("counted", &bodies), ("of a flag that is not ours", &others)] {
        let outcomes = Outcomes::new();
        let mut rates: Vec<f64> =
            (0..if once { 1 } else { 9 }).map(|_| rate(bodies, rounds, &search, &outcomes)).collect();
        rates.sort_by(f64::total_cmp);
        println!("spans {what}: {:.0} a second (median of {})", rates[rates.len() / 2], rates.len());
    }
}

fn rate(bodies: &[Vec<u8>], rounds: usize, search: &Search, outcomes: &Outcomes) -> f64 {
    let begun = Instant::now();
    for round in 0..rounds {
        let taken = otlp::traces(Body::Protobuf(&bodies[round % bodies.len()]), search).expect("sound");
        let now = i64::try_from(NOW).expect("this age");
        black_box(outcomes.record_counted(&taken.outcomes, UnixMillis::new(now)));
    }
    rounds as f64 * BATCH as f64 / begun.elapsed().as_secs_f64()
}
