//! Instructions of the evaluator: `cargo bench -p tidegate-instructions`.
//!
//! Needs valgrind and `gungraun-runner` in the version of the crate gungraun (`tests/run` installs both).
//! A count that is more than a tenth above its figure in `figures.tsv` fails; `update`, beside it, writes the
//! figures anew: after a change that is worth its price, and after one that made something much cheaper.

use figures::limited;
use gungraun::{library_benchmark, library_benchmark_group, main};
use std::hint::black_box;
use tidegate_cases::flags::{Shape, first, key};
use tidegate_cases::people::{Crowd, Person, people};
use tidegate_cases::tidegate::{Bulk, Context, Flags, context, document, document_of_rollouts};

/// How many flags are loaded.
const FLAGS: usize = 1_000;

/// How many people one flag is asked for: enough for every way through the rules.
const PEOPLE: usize = 64;

/// What is there before anything is counted. It is never dropped, so that dropping is not counted either.
struct Case {
    flags: Flags,
    key: String,
    people: Vec<Person>,
    contexts: Vec<Context<'static>>,
}

fn flags_with_a_share() -> Flags {
    Flags::load(&document(FLAGS))
}

fn flags_of_rollouts() -> Flags {
    Flags::load_with_rollouts(&document_of_rollouts(FLAGS))
}

fn case(flags: Flags, shape: Shape) -> &'static Case {
    let asking: &'static [Person] = Box::leak(people(Crowd::Mixed).into_boxed_slice());
    let contexts = asking.iter().take(PEOPLE).map(|person| context(&person.body).expect("a context")).collect();
    let people = people(Crowd::Mixed).into_iter().take(PEOPLE).collect();
    Box::leak(Box::new(Case { flags, key: key(first(shape)), people, contexts }))
}

fn all_asked() -> (Bulk<'static>, Vec<u8>) {
    let case = case(flags_with_a_share(), Shape::Rollout);
    (case.flags.ask_all(&case.contexts[0]), Vec::with_capacity(1024 * 1024))
}

fn ask(case: &Case) {
    for context in &case.contexts {
        black_box(case.flags.ask(black_box(&case.key), context));
    }
}

#[library_benchmark(config = limited("rollout"))]
#[bench::people(case(flags_with_a_share(), Shape::Rollout))]
fn rollout(case: &Case) {
    ask(black_box(case));
}

#[library_benchmark(config = limited("exposure"))]
#[bench::people(case(flags_of_rollouts(), Shape::Rollout))]
fn exposure(case: &Case) {
    ask(black_box(case));
}

#[library_benchmark(config = limited("ruled"))]
#[bench::people(case(flags_with_a_share(), Shape::Ruled))]
fn ruled(case: &Case) {
    ask(black_box(case));
}

#[library_benchmark(config = limited("all"))]
#[bench::flags(case(flags_with_a_share(), Shape::Rollout))]
fn all(case: &'static Case) -> Bulk<'static> {
    black_box(case.flags.ask_all(black_box(&case.contexts[0])))
}

#[library_benchmark(config = limited("answers"))]
#[bench::flags(all_asked())]
fn answers((bulk, mut out): (Bulk<'static>, Vec<u8>)) -> (u128, Bulk<'static>, Vec<u8>) {
    bulk.write_ofrep(black_box(&mut out));
    (black_box(bulk.tag()), bulk, out)
}

#[library_benchmark(config = limited("body"))]
#[bench::people(case(flags_with_a_share(), Shape::Rollout))]
fn body(case: &Case) {
    for person in &case.people {
        drop(black_box(context(black_box(&person.body))));
    }
}

#[library_benchmark(config = limited("answer"))]
#[bench::people((case(flags_with_a_share(), Shape::Rollout), Vec::with_capacity(4096)))]
fn answer((case, mut out): (&'static Case, Vec<u8>)) -> Vec<u8> {
    for context in &case.contexts {
        out.clear();
        case.flags.ask(black_box(&case.key), context).write_ofrep(&mut out);
        black_box(&out);
    }
    out
}

#[library_benchmark(config = limited("load"))]
#[bench::flags(document(FLAGS))]
fn load(document: String) -> (String, Flags) {
    let flags = Flags::load(black_box(&document));
    (document, flags)
}

library_benchmark_group!(name = evaluator, benchmarks = [rollout, exposure, ruled, all, answers, body, answer, load]);

main!(library_benchmark_groups = evaluator);
