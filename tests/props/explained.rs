//! One flag asked plainly, asked with an explanation, asked with all others, and of no more of the context
//! than rules look at: one answer.

use crate::generator::{Generator, NAMES};
use std::collections::BTreeMap;
use tidegate::eval::{Bucketing, Context, Flag, Resolution, Snapshot, Step};
use tidegate::flag::{
    Catalog, CatalogEntry, Expression, Gate, Layer, Operator, Overlay, Part, Parts, Rank, Share, lower,
};
use tidegate::source::{Format, parse};
use tidegate::units::{Exposure, FlagKey, Generation, LayerName, RolloutName, VariantName};

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
    let waves = if generator.dice.percent(50) { 1 } else { 2 + u32::try_from(generator.dice.below(3)).unwrap() };
    let first = Parts::of(part(generator, 0, rules));
    let parts = (1..waves).fold(first, |parts, step| parts.with(part(generator, step, rules)));
    let bucket_by = if generator.dice.percent(60) { "targetingKey" } else { generator.dice.of(&NAMES) };
    let layer = generator.dice.percent(15).then(|| {
        let [from, to] = [0, 700_000].map(|least| generator.dice.below(300_000) + least);
        let [from, to] = [from, to].map(|ppm| Exposure::from_ppm(u32::try_from(ppm).unwrap()).unwrap());
        Layer::new(LayerName::new("checkout").unwrap(), from, to).unwrap()
    });
    let gate = match generator.dice.percent(30) {
        true => Gate::Closed,
        false => Gate::Open(Share { parts, bucket_by: bucket_by.into(), salt: generator.text().into(), layer }),
    };
    Overlay {
        rollout: RolloutName::new("r").unwrap(),
        rank: if gate == Gate::Closed { Rank::closed(1) } else { Rank::open(1, 0) },
        candidate: VariantName::new(candidate).unwrap(),
        stable: VariantName::new(stable).unwrap(),
        gate,
    }
}

fn part(generator: &mut Generator, step: u32, rules: &[Expression]) -> Part {
    let audience = (!rules.is_empty() && generator.dice.percent(50)).then(|| {
        let rule = rules[generator.dice.below(rules.len())].clone();
        // Rules of flags give variants: few are exactly true.
        let asked = generator.dice.percent(60);
        (if asked { Expression::Operation(Operator::Truthy, vec![rule]) } else { rule }).into()
    });
    let exposure = match generator.dice.below(4) {
        0 => 1_000_000,
        _ => u32::try_from(generator.dice.below(1_000_001)).unwrap(),
    };
    Part { step, exposure: Exposure::from_ppm(exposure).unwrap(), audience }
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
        if let Step::Slice { bucket, inside, .. } = step {
            let asked = steps.iter().any(|step| matches!(step, Step::Share { .. } | Step::Audience { .. }));
            assert!(*inside && bucket.is_some() || !asked, "outside of the slice nothing more is asked: {steps:?}");
        }
        if let Step::Split { bucket: Some(bucket), owner: Some(owner), .. } = step {
            assert!((owner.first..owner.end).contains(bucket));
        }
        assert!(step.to_string().len() < 4_000, "{step}");
    }
}

/// The candidate is served to whom one part includes, which is the last that was asked, and to nobody else.
/// Gives whether that part was one of several.
fn included_by_one_part(steps: &[Step], flag: Flag<'_>, resolution: &Resolution<'_>) -> bool {
    let rollout = steps.iter().find_map(|step| match step {
        Step::Rollout { candidate, stable, parts, .. } => Some((candidate.as_str(), stable.as_str(), *parts)),
        _ => None,
    });
    let Some((candidate, stable, parts)) = rollout.filter(|_| resolution.error().is_none()) else { return false };
    let shares: Vec<_> =
        steps.iter().filter(|step| matches!(step, Step::Share { .. } | Step::Audience { .. })).collect();
    let includes = |step: &&Step| matches!(step, Step::Share { inside: true, .. });
    let included = shares.last().is_some_and(includes);
    assert_eq!(shares.iter().filter(|step| includes(step)).count(), usize::from(included));
    if candidate != stable && [candidate, stable].iter().all(|name| flag.variants().any(|known| known == *name)) {
        assert_eq!(resolution.variant(), Some(if included { candidate } else { stable }));
    }
    included && parts > 1
}

#[test]
fn one_flag_has_one_answer_however_it_is_asked() {
    let (mut equal, mut different, mut kinds, mut of_several) = (0, 0, BTreeMap::new(), 0);
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
                of_several += usize::from(included_by_one_part(explained.steps(), flag, &plain));
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
    assert!(kinds.len() >= 13, "{kinds:?}");
    assert!(of_several > 50, "{of_several} in one of several parts");
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
