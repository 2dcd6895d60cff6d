//! Any bytes as a flag document: they are read or refused, the same way each time, and what was read is
//! evaluated for whoever asks.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use std::collections::BTreeMap;
use tidegate::eval::{Bucketing, Context, Snapshot};
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
        let embedded = embedded(bytes, format, bucketing);
        let mut tags = BTreeMap::new();
        for context in CONTEXTS {
            let context = Context::from_json(context).expect("a context");
            let answers = served::answers(&snapshot, &context);
            assert_eq!(answers.len(), catalog.flags().count(), "every flag has an answer");
            if let Some(embedded) = &embedded {
                assert_eq!(answers, served::answers(embedded, &context), "served and embedded");
                assert_eq!(served::tag(&snapshot, &context), served::tag(embedded, &context), "served and embedded");
            }
            let others = tags.entry(served::tag(&snapshot, &context)).or_insert_with(|| answers.clone());
            assert_eq!(others, &answers, "the same tag for different answers");
            all.push(answers);
        }
    }
    catalog.problems().is_empty().then_some(all)
}

/// What an application that embeds the evaluator makes of it; `None` when it would not take it for this format.
fn embedded(bytes: &[u8], format: Format, bucketing: Bucketing) -> Option<Snapshot> {
    let text = std::str::from_utf8(bytes).ok()?;
    let json = text.trim_start().starts_with('{');
    (json == (format == Format::Json)).then(|| Snapshot::from_text(text, bucketing).ok())?
}

fn messages(catalog: &Catalog) -> Vec<String> {
    catalog.problems().iter().map(ToString::to_string).collect()
}
