//! A file that is read again after a change is as if it were read for the first time.

use proptest::prelude::*;
use std::sync::Arc;
use tidegate::flag::{Catalog, CatalogEntry, Definition};
use tidegate::source::{Format, parse};

const NAME: &str = "f.json";

/// Ways to write a flag, sound ones and others.
const FLAGS: [&str; 8] = [
    r#"{"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off"}"#,
    r#"{"state": "ENABLED", "variants": {"on": true, "off": false}, "targeting": {"fractional": [["on", 25], ["off", 75]]}}"#,
    r#"{"state": "DISABLED", "variants": {"a": 1.50}, "metadata": {"owner": "core"}}"#,
    "{\"state\": \"ENABLED\", \"variants\": {\"}\": \"{\\\"ü\"},\n\n \"targeting\": {\"if\": [{\"$ref\": \"staff\"}, \"}\", null]}}",
    r#"{"state": "ENABLE", "variants": {"on": true}}"#,
    r#"{"state": "ENABLED", "variants": {"on": true}, "owner": "core"}"#,
    r#"{"state": "ENABLED", "variants": {"on": true, "on": true}}"#,
    r#"{"state": "ENABLED", "variants": {"x": 1e999}}"#,
];

/// What edits put in.
const PIECES: [&str; 12] = [" ", "\n", ",", "\"", "}", "{", "x", "\\", ":", "ü", "\"a\": {},", "0"];

fn document(flags: &[(u8, usize)], set: &str) -> String {
    let flags: Vec<_> = flags.iter().map(|(key, flag)| format!("\"flag-{key}\": {}", FLAGS[*flag])).collect();
    let evaluators = r#"{"staff": {"ends_with": [{"var": "email"}, "@company.example"]}}"#;
    format!(
        "{{\"metadata\": {{\"set\": \"{set}\"}},\n\"flags\": {{\n{}\n}},\n\"$evaluators\": {evaluators}}}\n",
        flags.join(",\n")
    )
}

/// As a server takes a file's new content.
fn take(catalog: &mut Catalog, text: &str) {
    if !catalog.amend(NAME, text) {
        let read = parse(NAME, text.as_bytes(), Format::Json).and_then(|parsed| catalog.lower(&parsed));
        catalog.update(NAME, read);
    }
}

/// A flag's definition with the line that it had when it was looked at.
type Served = Option<(Arc<Definition>, usize)>;

fn serving(catalog: &Catalog) -> Vec<(String, Served)> {
    let definition = |entry| match entry {
        CatalogEntry::Serving(definition) => Some((Arc::clone(&definition), definition.line())),
        CatalogEntry::Broken(_) => None,
    };
    catalog.flags().map(|(key, entry)| (key.to_string(), definition(entry))).collect()
}

/// Compares what was read step by step with what the last text gives by itself.
fn check(catalog: &Catalog, text: &str) {
    let mut anew = Catalog::new();
    take(&mut anew, text);
    assert_eq!(catalog.problems(), anew.problems(), "{text}");
    let Ok(parsed) = parse(NAME, text.as_bytes(), Format::Json) else { return };
    if catalog.lower(&parsed).is_err() {
        return;
    }
    let known = serving(catalog);
    for (key, new) in serving(&anew) {
        let old = known.iter().find(|(known, _)| *known == key).expect("it is there");
        // What is wrong now may still serve as it was.
        assert!(new.is_none() || old.1 == new, "{text}: {old:?}, anew {new:?}");
    }
    assert_eq!(known.len(), anew.flags().count(), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_file_whose_flags_change_is_read_as_if_anew(
        versions in prop::collection::vec((prop::collection::btree_map(0_u8..12, 0_usize..20, 0..8), prop::sample::select(&["s", "t"][..])), 1..6),
        reversed: bool,
    ) {
        let mut catalog = Catalog::new();
        for (flags, set) in versions {
            let mut flags: Vec<_> = flags.into_iter().map(|(key, flag)| (key, if flag < FLAGS.len() { flag } else { flag % 4 })).collect();
            if reversed {
                flags.reverse();
            }
            let text = document(&flags, set);
            take(&mut catalog, &text);
            check(&catalog, &text);
        }
    }

    #[test]
    fn a_file_that_is_edited_anywhere_is_read_as_if_anew(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..60, prop::sample::select(&PIECES[..]), any::<bool>()), 1..8)
    ) {
        let sound = document(&[(1, 0), (2, 1), (3, 2), (4, 3), (5, 1)], "s");
        let mut catalog = Catalog::new();
        take(&mut catalog, &sound);
        let mut text: Vec<char> = sound.chars().collect();
        for (at, removed, piece, anew) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + removed).min(text.len());
            text.splice(at..end, piece.chars());
            let written: String = text.iter().collect();
            if !written.trim().is_empty() {
                take(&mut catalog, &written);
                check(&catalog, &written);
            }
            if anew {
                text = sound.chars().collect();
                take(&mut catalog, &sound);
                check(&catalog, &sound);
            }
        }
    }
}

#[test]
fn one_changed_flag_leaves_the_others_untouched_and_in_their_lines() {
    let flags = |middle: usize| document(&[(1, 0), (2, 1), (5, middle), (6, 1), (7, 2)], "s");
    let mut catalog = Catalog::new();
    take(&mut catalog, &flags(0));
    let before = serving(&catalog);
    for (middle, lines) in [(3, 2), (1, 0)] {
        assert!(catalog.amend(NAME, &flags(middle)), "only the one flag is read");
        let after = serving(&catalog);
        for at in [0, 1, 3, 4] {
            let ((old, _), (new, line)) = (before[at].1.as_ref().unwrap(), after[at].1.as_ref().unwrap());
            assert!(Arc::ptr_eq(old, new));
            assert_eq!(*line, 3 + at + if at > 2 { lines } else { 0 });
        }
        assert_ne!(before[2].1, after[2].1);
    }
    assert!(!catalog.amend(NAME, &document(&[(1, 0)], "t")), "another set is another file");
    assert!(!catalog.amend("g.json", &flags(1)), "a file that nobody knows");
}

#[test]
fn a_line_more_above_makes_no_flag_another() {
    let text = document(&[(1, 0), (2, 1)], "s");
    let mut catalog = Catalog::new();
    take(&mut catalog, &text);
    let before = serving(&catalog);
    take(&mut catalog, &format!("\n\n{text}"));
    for ((_, old), (_, new)) in before.iter().zip(serving(&catalog)) {
        let ((old, old_line), (new, new_line)) = (old.as_ref().unwrap(), new.unwrap());
        assert!(Arc::ptr_eq(old, &new));
        assert_eq!((new_line, new.line()), (old_line + 2, old_line + 2));
    }
}
