//! Any bytes as the body of an OFREP request: accepted exactly when `serde_json` and the limits accept
//! them, with the same context in them.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use tidegate::eval::Context;
use tidegate_fuzz::bounded::{EVALUATION, within};
use tidegate_fuzz::model::{self, Verdict};
use tidegate_fuzz::mutate;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { mutate::json(data, size, max_size, seed) });

fuzz_target!(|bytes: &[u8]| {
    let read = within(EVALUATION, "reading a body", || Context::from_ofrep_body(bytes));
    match (model::body(bytes), read) {
        (Verdict::Accepted(expected), Ok(context)) => model::assert_same(&context, &expected),
        (Verdict::Refused, Err(error)) => assert!(!error.to_string().is_empty()),
        (Verdict::Open, _) => {}
        (verdict, read) => panic!("{read:?} instead of {verdict:?}"),
    }
});
