//! What was served before, written down so that it is known after a restart.

use crate::eval::{Flag, Snapshot};
use crate::flag::{
    Definition, Expression, FlagState, Gate, Layer, Overlay, Part, Parts, Rank, Share, lower_expression,
};
use crate::live::{Before, Era, Live};
use crate::source::{Format, Problems, parse};
use crate::units::{Exposure, FlagKey, LayerName, RolloutName, UnixMillis, VariantName};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_128;

/// A longer rule is not written down: what was served by it is not known after a restart. In bytes.
const LONGEST_RULE: usize = 256 << 10;

/// A flag over the last day. Times are Unix milliseconds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FlagRow {
    begins: i64,
    ended: Vec<(i64, ServedRow)>,
    now: ServedRow,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ServedRow {
    Nothing,
    Unknown,
    /// By the definition with this digest, for definitions are not written down.
    By(String, Option<Box<OverlayRow>>),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OverlayRow {
    rollout: String,
    attempt: u32,
    step: u32,
    candidate: String,
    stable: String,
    /// Without it the gate is closed.
    open: Option<ShareRow>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShareRow {
    /// The step, the exposure in parts per million, the audience.
    parts: Vec<(u32, u32, Option<String>)>,
    bucket_by: String,
    salt: String,
    layer: Option<(String, u32, u32)>,
}

/// What is known of a flag, as JSON; `None` when there is nothing to say of it.
#[must_use]
pub fn write_before(live: &Live, flag: &FlagKey) -> Option<String> {
    let published = live.load();
    let flag = published.snapshot().flag(flag.as_str())?;
    let (begins, ended) = live.past().of(flag.flag_key())?;
    let row = FlagRow {
        begins: begins.get(),
        ended: ended.iter().map(|era| (era.until.get(), served_row(&era.before))).collect(),
        now: served_row(&is(flag)),
    };
    serde_json::to_string(&row).ok()
}

/// Takes up what was written down of a flag and was right up to a moment. Whether something else was served between
/// that moment and now is known only where it is served as it was then.
///
/// # Errors
/// When it cannot be read.
pub fn restore_before(
    live: &Live,
    flag: &FlagKey,
    text: &str,
    up_to: UnixMillis,
    now: UnixMillis,
) -> Result<(), serde_json::Error> {
    let row: FlagRow = serde_json::from_str(text)?;
    let published = live.load();
    let served = published.snapshot().flag(flag.as_str());
    let definition = served.and_then(|flag| flag.definition().cloned());
    let mut ended: Vec<Era> = row
        .ended
        .iter()
        .map(|(until, was)| Era { until: UnixMillis::new(*until), before: before(was, definition.as_ref()) })
        .collect();
    let was = before(&row.now, definition.as_ref());
    if was == Before::Unknown || served.is_none_or(|served| is(served) != was) {
        ended.push(Era { until: up_to, before: was });
        ended.push(Era { until: now, before: Before::Unknown });
    }
    live.past().restore(flag.clone(), UnixMillis::new(row.begins), ended, now);
    Ok(())
}

/// The flags that a rollout lies over: of them it matters most.
pub fn overlaid(snapshot: &Snapshot) -> impl Iterator<Item = &FlagKey> {
    snapshot.flags().filter(|flag| flag.overlay().is_some()).map(Flag::flag_key)
}

fn is(flag: Flag<'_>) -> Before {
    Before::Served(flag.definition().cloned(), flag.overlay().cloned())
}

fn served_row(before: &Before) -> ServedRow {
    match before {
        Before::Nothing => ServedRow::Nothing,
        Before::Unknown | Before::Served(None, _) => ServedRow::Unknown,
        Before::Served(Some(definition), overlay) => match overlay {
            None => ServedRow::By(digest(definition), None),
            // Only what is read as it was written.
            Some(overlay) => match overlay_row(overlay).filter(|row| read_overlay(row).as_ref() == Some(overlay)) {
                Some(row) => ServedRow::By(digest(definition), Some(Box::new(row))),
                None => ServedRow::Unknown,
            },
        },
    }
}

fn before(row: &ServedRow, definition: Option<&Arc<Definition>>) -> Before {
    match (row, definition) {
        (ServedRow::Nothing, _) => Before::Nothing,
        (ServedRow::By(by, overlay), Some(definition)) if *by == digest(definition) => match overlay {
            None => Before::Served(Some(Arc::clone(definition)), None),
            Some(overlay) => read_overlay(overlay)
                .map_or(Before::Unknown, |overlay| Before::Served(Some(Arc::clone(definition)), Some(overlay))),
        },
        (ServedRow::Unknown | ServedRow::By(..), _) => Before::Unknown,
    }
}

/// Of everything in a definition by which somebody gets a variant.
fn digest(definition: &Definition) -> String {
    let mut text = String::from(match definition.state {
        FlagState::Enabled => "enabled",
        FlagState::Disabled => "disabled",
    });
    for variant in definition.variants.iter() {
        text.push('\n');
        text.push_str(variant.name.as_str());
    }
    text.push_str(&format!("\n{:?}\n", definition.default_variant));
    text.push_str(&definition.targeting.as_ref().map(Expression::to_json).unwrap_or_default());
    format!("{:032x}", xxh3_128(text.as_bytes()))
}

fn overlay_row(overlay: &Overlay) -> Option<OverlayRow> {
    let Overlay { rollout, rank, candidate, stable, gate } = overlay;
    let open = match gate {
        Gate::Closed => None,
        Gate::Open(share) => Some(share_row(share)?),
    };
    Some(OverlayRow {
        rollout: rollout.to_string(),
        attempt: rank.attempt(),
        step: rank.step(),
        candidate: candidate.to_string(),
        stable: stable.to_string(),
        open,
    })
}

fn share_row(share: &Share) -> Option<ShareRow> {
    let Share { parts, bucket_by, salt, layer } = share;
    let part = |part: &Part| {
        let audience = part.audience.as_deref().map(Expression::to_json);
        let short = audience.as_ref().is_none_or(|rule| rule.len() <= LONGEST_RULE);
        short.then(|| (part.step, part.exposure.ppm(), audience))
    };
    Some(ShareRow {
        parts: parts.as_slice().iter().map(part).collect::<Option<_>>()?,
        bucket_by: bucket_by.to_string(),
        salt: salt.to_string(),
        layer: layer.as_ref().map(|layer| (layer.name().to_string(), layer.from().ppm(), layer.to().ppm())),
    })
}

fn read_overlay(row: &OverlayRow) -> Option<Overlay> {
    let closed = Rank::closed(row.attempt);
    let gate = match &row.open {
        None => Gate::Closed,
        Some(share) => Gate::Open(read_share(share)?),
    };
    Some(Overlay {
        rollout: RolloutName::new(&row.rollout).ok()?,
        rank: if row.step == closed.step() { closed } else { Rank::open(row.attempt, row.step) },
        candidate: VariantName::new(&row.candidate).ok()?,
        stable: VariantName::new(&row.stable).ok()?,
        gate,
    })
}

fn read_share(row: &ShareRow) -> Option<Share> {
    let part = |(step, ppm, audience): &(u32, u32, Option<String>)| {
        let audience = match audience {
            Some(rule) => Some(Arc::new(read_rule(rule)?)),
            None => None,
        };
        Some(Part { step: *step, exposure: Exposure::from_ppm(*ppm)?, audience })
    };
    let mut parts = row.parts.iter().map(part).collect::<Option<Vec<_>>>()?.into_iter();
    let first = Parts::of(parts.next()?);
    let layer = match &row.layer {
        None => None,
        Some((name, from, to)) => {
            let (from, to) = (Exposure::from_ppm(*from)?, Exposure::from_ppm(*to)?);
            Some(Layer::new(LayerName::new(name).ok()?, from, to)?)
        }
    };
    Some(Share {
        parts: parts.fold(first, Parts::with),
        bucket_by: Arc::from(row.bucket_by.as_str()),
        salt: Arc::from(row.salt.as_str()),
        layer,
    })
}

fn read_rule(rule: &str) -> Option<Expression> {
    let parsed = parse("rule", rule.as_bytes(), Format::Json).ok()?;
    lower_expression(parsed.documents.first()?, &mut Problems::new(&parsed.text))
}
