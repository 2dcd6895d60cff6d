//! Any bytes as a flag document: they are read or refused, the same way each time, and what was read is
//! evaluated for whoever asks.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use std::collections::BTreeMap;
use tidegate::eval::{Bucketing, Context};
use tidegate::flag::Catalog;
use tidegate::source::Format;
use tidegate_fuzz::{mutate, served};

const CONTEXTS: [&[u8]; 4] = [
    b"{}",
    br#"{"targetingKey":"ann","x":"a","y":[1,2.5,"b",null],"e":{"x":{"y":true}},"email":"ann@company.example"}"#,
    br#"{"targetingKey":"","x":0,"y":"1.2.3","version":"2.1.0","a":"","0":-1}"#,
    br#"{"targetingKey":5,"x":{"y":{"z":[{},[]]}},"y":18446744073709551615,"a":1e308}"#,
];

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { mutate::json(data, size, max_size, seed) });

fuzz_target!(|bytes: &[u8]| {
    let json = all_answers(bytes, Format::Json);
    let yaml = all_answers(bytes, Format::Yaml);
    // JSON is YAML: whoever renames a file gets the same flags, or is told what is wrong.
    if let (Some(json), Some(yaml)) = (json, yaml) {
        assert_eq!(json, yaml, "a document as JSON and as YAML");
    }
});

/// What everyone gets from each flag; `None` when anything is wrong with the document.
fn all_answers(bytes: &[u8], format: Format) -> Option<Vec<BTreeMap<String, String>>> {
    let catalog = served::load(bytes, format);
    assert_eq!(messages(&catalog), messages(&served::load(bytes, format)), "the same document, twice");
    let mut all = Vec::new();
    for bucketing in [Bucketing::V2, Bucketing::V3] {
        let snapshot = served::snapshot(&catalog, bucketing);
        for context in CONTEXTS {
            let context = Context::from_json(context).expect("a context");
            let answers = served::answers(&snapshot, &context);
            assert_eq!(answers.len(), catalog.flags().count(), "every flag has an answer");
            all.push(answers);
        }
    }
    catalog.problems().is_empty().then_some(all)
}

fn messages(catalog: &Catalog) -> Vec<String> {
    catalog.problems().iter().map(ToString::to_string).collect()
}
