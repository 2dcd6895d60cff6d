//! What posted outcomes cost: the time to read and to count one, and the memory that a busy variant takes.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a bench that cannot make its own outcomes has nothing to measure"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;
use tidegate::eval::{Bucketing, Context, Snapshot};
use tidegate::flag::{Catalog, Gate, Overlay, Part, Parts, Rank, Share, lower as lower_flags};
use tidegate::measure::{Batch, Outcome, Outcomes, Served, User, Written, parse_outcomes};
use tidegate::rollout::{Attachments, Measure, Plan, Versus, lower};
use tidegate::source::{Format, parse};
use tidegate::units::{Exposure, FlagKey, Generation, MetricName, RolloutName, UnixMillis, VariantName};

/// How many outcomes one request carries.
const BATCH: usize = 1_000;

const HOUR: i64 = 3_600_000;

/// A time that is taken for one in milliseconds.
const MOMENT: i64 = 1_800_000_000_000;

/// Outcomes as a service posts them: mostly well, most around 40 ms, a long tail.
struct Service {
    users: u64,
    random: u64,
}

impl Service {
    const fn new(users: u64) -> Self {
        Self { users, random: 0x9E37_79B9_7F4A_7C15 }
    }

    /// Xorshift: the same numbers in every run.
    const fn next(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    fn body(&mut self, count: usize) -> Vec<u8> {
        let mut body = String::from("[");
        for i in 0..count {
            let (user, dice) = (self.next() % self.users, self.next());
            let latency = 20 + dice % 60 + if dice % 50 == 0 { dice % 2_000 } else { 0 };
            let comma = if i == 0 { "" } else { "," };
            let _ = write!(
                body,
                r#"{comma}{{"flag":"search","targetingKey":"user-{user}","ok":{},"latency":{latency}.25}}"#,
                dice % 100 != 0
            );
        }
        body.push(']');
        body.into_bytes()
    }

    fn batch(&mut self, count: usize) -> Batch {
        parsed(&self.body(count))
    }
}

/// One user in ten has the candidate.
fn parsed(body: &[u8]) -> Batch {
    let (on, off) = (VariantName::new("on").expect("a name"), VariantName::new("off").expect("a name"));
    let served = |key: &str| Served::Variant(if key.ends_with('0') { on.clone() } else { off.clone() });
    parse_outcomes(body, Written::Json, |_, key, _| served(key)).expect("sound")
}

fn main() {
    // `cargo bench -- --test` only shows that it runs.
    let test = std::env::args().any(|argument| argument == "--test");
    let rounds = if test { 1 } else { 200 };
    let mut service = Service::new(50_000);
    let bodies: Vec<Vec<u8>> = (0..20).map(|_| service.body(BATCH)).collect();
    let batches: Vec<Batch> = bodies.iter().map(|body| parsed(body)).collect();
    best("reading the JSON of one outcome", rounds, || {
        bodies.iter().map(|body| black_box(parsed(body)).outcomes.len()).sum()
    });
    through_the_door(rounds);
    // Each batch comes 50 ms after the one before: 20,000 outcomes a second.
    let (outcomes, mut now) = (Outcomes::new(), HOUR);
    best("counting one outcome", rounds, || {
        batches
            .iter()
            .map(|batch| {
                now += 50;
                black_box(outcomes.record(&batch.outcomes, UnixMillis::new(now)));
                batch.outcomes.len()
            })
            .sum()
    });
    let plan = plan();
    best("comparing the users of both variants since a minute, at 20,000 outcomes a second", rounds, || {
        black_box(outcomes.compare(&plan, Measure::ErrorRatio, &versus(now - 60_000), UnixMillis::new(now)))
            .expect("counts");
        1
    });
    best("comparing their latencies since the wave began", rounds, || {
        black_box(outcomes.compare(&plan, Measure::LatencyP95, &versus(now - 60_000), UnixMillis::new(now)))
            .expect("bands");
        1
    });
    best("the split of users since the wave began", rounds, || {
        black_box(outcomes.split(&plan, UnixMillis::new(now - 60_000), UnixMillis::new(now))).expect("users");
        1
    });
    let hours = if test { 1 } else { 74 };
    memory("both variants, 10 outcomes a second of 2,000 users", 10, 2_000, hours);
    memory("both variants, 100 outcomes a second of 20,000 users", 100, 20_000, hours);
    worst(if test { 1 } else { 74 });
    memory("both variants, 2,000 outcomes a second of 1,000,000 users", 2_000, 1_000_000, hours.min(3));
}

/// A thousand outcomes as they are posted, read, derived where they come without a variant, and counted: on one core.
fn through_the_door(rounds: usize) {
    let mut service = Service::new(50_000);
    let keys: Vec<Vec<u8>> = (0..20).map(|_| service.body(BATCH)).collect();
    let variant = |body: &Vec<u8>| {
        String::from_utf8(body.clone()).expect("text").replace("\"ok\"", "\"variant\":\"on\",\"ok\"").into_bytes()
    };
    let given: Vec<Vec<u8>> = keys.iter().map(variant).collect();
    let timed = |body: &Vec<u8>| {
        let time = format!("\"time\":{},\"ok\"", MOMENT - 1_000);
        String::from_utf8(body.clone()).expect("text").replace("\"ok\"", &time).into_bytes()
    };
    let late: Vec<Vec<u8>> = keys.iter().map(timed).collect();
    let (flag, snapshot) = (FlagKey::new("search").expect("a key"), served());
    let derive = |key: &str| {
        let context = Context::of(key).at(MOMENT / 1_000);
        let flag = snapshot.flag(flag.as_str()).expect("a flag");
        Served::Variant(VariantName::new(flag.resolve(&context).variant().expect("one")).expect("a name"))
    };
    for (what, bodies) in [("with its variant", given), ("by its key", keys), ("by its key, with a time", late)] {
        let (outcomes, mut now) = (Outcomes::new(), MOMENT);
        let round = || {
            bodies
                .iter()
                .map(|body| {
                    now += 1;
                    let batch = parse_outcomes(body, Written::Json, |_, key, _| derive(key)).expect("sound");
                    black_box(outcomes.record(&batch.outcomes, UnixMillis::new(now)));
                    batch.outcomes.len()
                })
                .sum()
        };
        let took = best(&format!("one outcome {what}, read, derived and counted"), rounds, round);
        println!("  that is {:.0} a second on one core", 1e9 / took);
    }
}

/// A tenth of the users has the candidate.
fn served() -> Snapshot {
    let text = "flags: { search: { state: ENABLED, variants: { 'on': true, 'off': false }, defaultVariant: 'off' } }";
    let mut catalog = Catalog::new();
    let parsed = parse("flags.yaml", text.as_bytes(), Format::Yaml);
    catalog.update("flags.yaml", parsed.and_then(|parsed| lower_flags(&parsed)));
    let name = |text: &str| VariantName::new(text).expect("a name");
    let exposure = Exposure::from_ppm(100_000).expect("a share");
    let share = Share {
        parts: Parts::of(Part { step: 0, exposure, audience: None }),
        bucket_by: "targetingKey".into(),
        salt: "s".into(),
        layer: None,
    };
    let overlay = Overlay {
        rollout: RolloutName::new("s").expect("a name"),
        rank: Rank::open(1, 0),
        candidate: name("on"),
        stable: name("off"),
        gate: Gate::Open(share),
    };
    let overlays = [(FlagKey::new("search").expect("a key"), overlay)].into();
    Snapshot::build(Generation::new(1), catalog.flags(), &overlays, Bucketing::V3, None)
}

/// The fastest of all rounds: what is slower, something else on the machine made slow.
fn best(what: &str, rounds: usize, mut round: impl FnMut() -> usize) -> f64 {
    let mut fastest = f64::INFINITY;
    for _ in 0..rounds {
        let begun = Instant::now();
        let count = round();
        fastest = fastest.min(begun.elapsed().as_secs_f64() * 1e9 / count as f64);
    }
    println!("{what}: {fastest:.0} ns");
    fastest
}

/// What is still held after hours of steady outcomes.
fn memory(what: &str, per_second: usize, users: u64, hours: i64) {
    let mut service = Service::new(users);
    let batches: Vec<Batch> = (0..600).map(|_| service.batch(per_second)).collect();
    let mut kept = None;
    let counted = allocation_counter::measure(|| {
        let outcomes = Outcomes::new();
        for second in 0..hours * 3_600 {
            let batch = &batches[usize::try_from(second % 600).expect("small")];
            outcomes.record(&batch.outcomes, UnixMillis::new(HOUR + second * 1_000));
        }
        kept = Some(outcomes);
    });
    println!(
        "{what}, after {hours} h: {:.2} MB, at most {:.2} MB",
        counted.bytes_current as f64 / 1e6,
        counted.bytes_max as f64 / 1e6
    );
    drop(kept);
}

/// What is held when every slot has all the users it can remember, all of them fail, with latencies from a microsecond
/// to a day, and values, and a rollout compares.
fn worst(hours: i64) {
    let mut service = Service::new(u64::MAX);
    let [on, off] = ["on", "off"].map(|name| VariantName::new(name).expect("a name"));
    let mut batch = |variant: &VariantName| -> Vec<Outcome> {
        let flag = FlagKey::new("search").expect("a key");
        (0..3_000_u32)
            .map(|number| Outcome {
                flag: flag.clone(),
                variant: variant.clone(),
                user: Some(User::of(&service.next().to_string())),
                at: None,
                ok: false,
                latency_ms: Some(10_f64.powf(f64::from(number) / 3_000.0 * 10.9 - 3.0)),
                value: Some(f64::from(number)),
            })
            .collect()
    };
    let mut batches: Vec<Vec<Outcome>> =
        (0..20).map(|number| batch(if number % 2 == 0 { &on } else { &off })).collect();
    let plan = plan();
    let mut kept = None;
    let counted = allocation_counter::measure(|| {
        let outcomes = Outcomes::new();
        let end = HOUR + hours * HOUR;
        let steps = (HOUR..end).step_by(10_000).chain((end..end + 120_000).step_by(1_000));
        for (step, now) in steps.enumerate() {
            for batch in batches.iter_mut().skip(step % 10 * 2).take(2) {
                // Every other one is too late for its look, so that it is in two slots of each ring.
                batch.iter_mut().step_by(2).for_each(|one| one.at = Some(UnixMillis::new(now - 1_500)));
                outcomes.record(batch, UnixMillis::new(now));
            }
            for entered in [0, HOUR] {
                let versus = Versus { entered: UnixMillis::new(entered), ..versus(now) };
                if step % 3 == 0 {
                    let _ = outcomes.compare(&plan, Measure::ErrorRatio, &versus, UnixMillis::new(now));
                }
                let _ = outcomes.compare(&plan, Measure::LatencyP99, &versus, UnixMillis::new(now));
            }
        }
        kept = Some(outcomes);
    });
    let (now, most) = (counted.bytes_current as f64 / 1e6, counted.bytes_max as f64 / 1e6);
    println!("both variants, the worst outcomes there can be, after {hours} h: {now:.2} MB, at most {most:.2} MB");
    drop(kept);
}

fn versus(looked: i64) -> Versus {
    let (looked, metric) = (UnixMillis::new(looked), MetricName::new("m").expect("a name"));
    Versus { metric, looked, entered: looked, alpha: 0.01 }
}

fn plan() -> Plan {
    let text = "{ kind: Rollout, name: s, flag: search, candidate: 'on', stable: 'off', waves: [{ name: all, exposure: 100%, bake: 1h }] }";
    let parsed = parse("plan.yaml", text.as_bytes(), Format::Yaml).expect("sound");
    lower(&parsed.documents[0], &parsed.text, &Attachments::none()).expect("a plan")
}
