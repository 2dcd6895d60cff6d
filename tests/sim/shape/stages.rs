//! From waves as they are written to waves as they open, and what is looked at in each.

use super::kinds::{DocWave, Shape, WaveShape};
use super::rule::{Bound, Leaf, List, Place, Rule, Scope};

/// The waves as they open: a ramp is one for each step, and one for its end.
pub fn opened(docs: &[DocWave]) -> Vec<WaveShape> {
    let mut waves = Vec::new();
    for (doc, written) in docs.iter().enumerate() {
        let DocWave { ppm, group, bake, every, approval, min_samples, .. } = *written;
        let end = WaveShape { doc, ppm, group, bake, every, approval, min_samples };
        let Some((to, over, steps)) = written.ramp else {
            waves.push(end);
            continue;
        };
        for step in 0..steps {
            let risen = (to - ppm) * u64::from(step) / u64::from(steps);
            let approval = approval && step == 0;
            waves.push(WaveShape { ppm: ppm + risen, bake: over / steps, approval, min_samples: 0, ..end });
        }
        waves.push(WaveShape { ppm: to, approval: false, ..end });
    }
    waves
}

/// For each wave, and last for the watch, its rules in the order in which they are looked at: by severity, and
/// among those of one list first `always`, then the metrics' thresholds, then the wave's own.
pub fn stages(shape: &Shape) -> Vec<Vec<usize>> {
    let waves = shape.waves.iter().map(|wave| Some(wave.doc));
    waves.chain([None]).map(|doc| in_order(&shape.rules, doc)).collect()
}

fn in_order(rules: &[Rule], doc: Option<usize>) -> Vec<usize> {
    let mut order = Vec::new();
    for list in List::ALL {
        if doc.is_none() && matches!(list, List::Early | List::Advance) {
            continue;
        }
        for source in 0..3 {
            let here = |rule: &Rule| match rule.scope {
                Scope::Always => source == 0,
                Scope::Threshold => source == 1,
                Scope::EachWave => source == 2 && doc.is_some(),
                Scope::Wave(wave) => source == 2 && doc == Some(wave),
                Scope::Watch => source == 2 && doc.is_none(),
            };
            let wanted = |rule: &Rule| rule.list == list && here(rule) && has_waves_before(rule, doc);
            order.extend(rules.iter().enumerate().filter(|(_, rule)| wanted(rule)).map(|(index, _)| index));
        }
    }
    order
}

/// Whether the waves that a rule speaks of are over.
fn has_waves_before(rule: &Rule, doc: Option<usize>) -> bool {
    rule.when.leaves().iter().all(|leaf| match (leaf, doc) {
        (Leaf::Compare { bound: Bound::Times(place, _) | Bound::Plus(place, _), .. }, Some(doc)) => match place {
            Place::Wave(wave) => *wave < doc,
            Place::Previous => doc > 0,
            Place::Baseline | Place::Control => true,
        },
        _ => true,
    })
}
