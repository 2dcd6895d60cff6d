//! Any bytes as a context: accepted exactly when `serde_json` and the depth limit accept them, with the
//! same values, and rules see the same however the context is spelled.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use std::sync::LazyLock;
use tidegate::eval::{Bucketing, Context, Snapshot};
use tidegate::source::Format;
use tidegate_fuzz::model::{self, Verdict};
use tidegate_fuzz::{mutate, served};

/// Rules that look into the context in every way there is.
const DOCUMENT: &[u8] = include_bytes!("../looking.json");

static SNAPSHOTS: LazyLock<[Snapshot; 2]> = LazyLock::new(|| {
    let catalog = served::load(DOCUMENT, Format::Json);
    assert!(catalog.problems().is_empty(), "{:?}", catalog.problems());
    [Bucketing::V2, Bucketing::V3].map(|bucketing| served::snapshot(&catalog, bucketing))
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { mutate::json(data, size, max_size, seed) });

fuzz_target!(|bytes: &[u8]| {
    let read = Context::from_json(bytes);
    let expected = match (model::context(bytes), &read) {
        (Verdict::Accepted(expected), Ok(_)) => expected,
        (Verdict::Refused, Err(error)) => return assert!(!error.to_string().is_empty()),
        (Verdict::Open, _) => return,
        (verdict, read) => panic!("{read:?} instead of {verdict:?}"),
    };
    let Ok(context) = read else { return };
    model::assert_same(&context, &expected);
    let respelled = serde_json::to_vec_pretty(&expected).expect("what was read can be written");
    let again = Context::from_json(&respelled).expect("and read again");
    for snapshot in SNAPSHOTS.iter() {
        assert_eq!(served::answers(snapshot, &context), served::answers(snapshot, &again), "spelled another way");
    }
});
