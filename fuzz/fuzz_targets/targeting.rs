//! Any rule for any context, `[rule, context, evaluator]`: it is refused when it is read or gives one of
//! the flag's variants, nothing, or an error, in bounded time, and the flags beside it never notice.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use tidegate::eval::{Bucketing, Context};
use tidegate::source::Format;
use tidegate_fuzz::tree::Tree;
use tidegate_fuzz::{mutate, served};

const SOUND: &str = r#"{"state":"ENABLED","variants":{"on":true,"off":false},"defaultVariant":"on"}"#;
const SERVED: &str = r#""variant":"on","value":true"#;
const VARIANTS: &str = r#"{"true":"t","false":"f","a":"1","b":"2","on":"3","off":"4"}"#;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { mutate::json(data, size, max_size, seed) });

fuzz_target!(|bytes: &[u8]| {
    let Some(Tree::List(parts)) = std::str::from_utf8(bytes).ok().and_then(Tree::parse) else { return };
    let part = |position: usize| parts.get(position).map_or_else(|| "{}".to_owned(), ToString::to_string);
    let (rule, context, evaluator) = (part(0), part(1), part(2));
    let Ok(context) = Context::from_json(context.as_bytes()) else { return };
    let document = format!(
        r#"{{"$evaluators":{{"e":{evaluator}}},"flags":{{"after":{SOUND},"before":{SOUND},
        "flag":{{"state":"ENABLED","variants":{VARIANTS},"targeting":{rule}}}}}}}"#
    );
    let catalog = served::load(document.as_bytes(), Format::Json);
    // A key that is there twice, or a number out of range, spoils the document; all else only the flag.
    if catalog.flags().next().is_none() {
        assert!(!catalog.problems().is_empty(), "refused without a word: {document}");
        return;
    }
    for bucketing in [Bucketing::V2, Bucketing::V3] {
        let snapshot = served::snapshot(&catalog, bucketing);
        let answers = served::answers(&snapshot, &context);
        assert_eq!(answers.len(), 3, "the flag is gone");
        for neighbour in ["after", "before"] {
            let answer = &answers[neighbour];
            assert!(answer.contains(SERVED), "{neighbour} gives {answer}");
        }
    }
});
