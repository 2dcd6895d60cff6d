//! One flag asked plainly, asked with an explanation, asked with all others, and of no more of the context
//! than rules look at: one answer.

use crate::generator::{Generator, NAMES};
use std::collections::BTreeMap;
use tidegate::eval::{Bucketing, Context, Flag, Resolution, Snapshot, Step};
use tidegate::flag::{Catalog, CatalogEntry, Expression, Gate, Overlay, Rank, Share, lower};
use tidegate::source::{Format, parse};
use tidegate::units::{Exposure, FlagKey, Generation, RolloutName, VariantName};

const DOCUMENTS: u64 = 60;
const CONTEXTS: usize = 8;

fn catalog(document: &str) -> Catalog {
    let mut catalog = Catalog::new();
    catalog.update("f.json", parse("f.json", document.as_bytes(), Format::Json).and_then(|parsed| lower(&parsed)));
    catalog
}

/// What rollouts may lay over some of the flags: any variants, some of which there are not, any share of
/// any attribute, and audiences that are the rules of other flags.
fn overlays(generator: &mut Generator, catalog: &Catalog) -> BTreeMap<FlagKey, Overlay> {
    let served = Snapshot::build(Generation::new(1), catalog.flags(), &[].into(), Bucketing::V3, None);
    let rules: Vec<_> = served.flags().filter_map(|flag| flag.definition()?.targeting.clone()).collect();
    let mut overlays = BTreeMap::new();
    for flag in served.flags() {
        if generator.dice.percent(50) {
            overlays.insert(flag.flag_key().clone(), overlay(generator, flag, &rules));
        }
    }
    overlays
}

fn overlay(generator: &mut Generator, flag: Flag<'_>, rules: &[Expression]) -> Overlay {
    let names: Vec<_> = flag.variants().chain(["nothing"]).collect();
    let (candidate, stable) = (generator.dice.of(&names), generator.dice.of(&names));
    let audience = (!rules.is_empty() && generator.dice.percent(30)).then(|| {
        let rule = rules[generator.dice.below(rules.len())].clone();
        rule.into()
    });
    let exposure = match generator.dice.below(4) {
        0 => 1_000_000,
        _ => u32::try_from(generator.dice.below(1_000_001)).unwrap(),
    };
    let bucket_by = if generator.dice.percent(60) { "targetingKey" } else { generator.dice.of(&NAMES) };
    let gate = match generator.dice.percent(30) {
        true => Gate::Closed,
        false => Gate::Open(Share {
            exposure: Exposure::from_ppm(exposure).unwrap(),
            bucket_by: bucket_by.into(),
            salt: generator.text().into(),
            audience,
        }),
    };
    Overlay {
        rollout: RolloutName::new("r").unwrap(),
        rank: if gate == Gate::Closed { Rank::closed(1) } else { Rank::open(1, 0) },
        candidate: VariantName::new(candidate).unwrap(),
        stable: VariantName::new(stable).unwrap(),
        gate,
    }
}

/// Everything that an answer says, and its bytes.
fn said(resolution: &Resolution<'_>) -> (String, Vec<u8>) {
    let mut bytes = Vec::new();
    resolution.write_ofrep(&mut bytes);
    (format!("{:?} {:?} {:?}", resolution.outcome(), resolution.reason(), resolution.error()), bytes)
}

/// The last step says the answer, and the one bucket of a share is on the side that was served.
fn steps_fit(steps: &[Step], resolution: &Resolution<'_>) {
    match (steps.last().unwrap(), resolution.error()) {
        (Step::Answer { variant, reason, .. }, None) => {
            assert_eq!((variant.as_deref(), Some(*reason)), (resolution.variant(), resolution.reason()));
        }
        (Step::Failed { code, .. }, Some((expected, _))) => assert_eq!(*code, expected),
        other => panic!("{other:?}"),
    }
    for step in steps {
        if let Step::Share { bucket: Some(bucket), end, inside, .. } = step {
            assert_eq!(bucket < end, *inside);
        }
        if let Step::Split { bucket: Some(bucket), owner: Some(owner), .. } = step {
            assert!((owner.first..owner.end).contains(bucket));
        }
        assert!(step.to_string().len() < 4_000, "{step}");
    }
}

#[test]
fn one_flag_has_one_answer_however_it_is_asked() {
    let (mut equal, mut different, mut kinds) = (0, 0, BTreeMap::new());
    for seed in 0..DOCUMENTS {
        let bucketing = if seed % 2 == 0 { Bucketing::V3 } else { Bucketing::V2 };
        let mut generator = Generator::new(seed, bucketing == Bucketing::V3);
        // Few flags have the same answers for two people more often than many.
        let flags = [2, 30][usize::from(seed % 4 > 1)];
        let catalog = catalog(&generator.document(flags));
        let overlays = overlays(&mut generator, &catalog);
        let snapshot = Snapshot::build(Generation::new(1), catalog.flags(), &overlays, bucketing, None);
        let contexts: Vec<_> = (0..CONTEXTS).map(|_| generator.context()).collect();
        let mut tagged = Vec::new();
        for text in &contexts {
            let context = Context::from_json(text.as_bytes()).unwrap().at(1_780_000_000);
            let bulk = snapshot.evaluate_all(&context);
            let body = format!(r#"{{"context": {text}}}"#);
            let mut used = Context::empty().at(1_780_000_000);
            snapshot.read_context(&mut used, body.as_bytes()).unwrap();
            assert_eq!(snapshot.evaluate_all(&used).tag(), bulk.tag(), "seed {seed}, {text}");
            let mut together = Vec::new();
            bulk.write_ofrep(&mut together);
            assert_eq!(bulk.resolutions().count(), snapshot.len());
            let mut alone = Vec::new();
            for (flag, in_bulk) in snapshot.flags().zip(bulk.resolutions()) {
                let plain = snapshot.evaluate(flag.key(), &context);
                let explained = snapshot.evaluate_explained(flag.key(), &context);
                let what = || format!("seed {seed}, {}, {text}\n{explained}", flag.key());
                assert_eq!(said(&explained.resolution()), said(&plain), "{}", what());
                assert_eq!(said(&in_bulk), said(&plain), "{}", what());
                steps_fit(explained.steps(), &plain);
                for step in explained.steps() {
                    *kinds.entry(serde_json::to_value(step).unwrap()["step"].to_string()).or_insert(0) += 1;
                }
                alone.push(said(&plain).1);
            }
            assert_eq!(together, alone.join(&b','), "seed {seed}, {text}");
            tagged.push((bulk.tag(), together));
        }
        for (position, (tag, bytes)) in tagged.iter().enumerate() {
            for (other_tag, other_bytes) in &tagged[..position] {
                assert_eq!(tag == other_tag, bytes == other_bytes, "seed {seed}");
                *(if tag == other_tag { &mut equal } else { &mut different }) += 1;
            }
        }
    }
    // The law is worth something only where there is something to see.
    assert!(equal > 20 && different > 100, "{equal} equal, {different} different");
    assert!(kinds.len() >= 12, "{kinds:?}");
}

/// A flag that is broken answers with why; another document, another why, and another tag.
#[test]
fn a_tag_tells_what_is_wrong_apart() {
    let tag = |state: &str| {
        let text = format!(r#"{{"flags": {{"f": {{"state": "{state}", "variants": {{"a": 1}}}}}}}}"#);
        let catalog = catalog(&text);
        assert!(catalog.flags().all(|(_, entry)| matches!(entry, CatalogEntry::Broken(_))));
        let snapshot = Snapshot::build(Generation::new(1), catalog.flags(), &[].into(), Bucketing::V3, None);
        snapshot.evaluate_all(&Context::empty()).tag()
    };
    assert_ne!(tag("ON"), tag("OFF"));
    assert_eq!(tag("ON"), tag("ON"));
}
