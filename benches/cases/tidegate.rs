//! Tidegate by its public API: the one file to change when that changes.

use crate::flags::{SUFFIX, Shape, VERSION, countries, joined};
use std::collections::BTreeMap;
use tidegate::eval::{Bucketing, Snapshot};
use tidegate::flag::{Catalog, Gate, Overlay, Part, Parts, Rank, Share, lower};
use tidegate::source::{Format, parse};
use tidegate::units::{Exposure, FlagKey, Generation, RolloutName, VariantName};

pub use tidegate::eval::{Bulk, Context, Resolution};

const QUARTER: &str = r#"{"fractional":[["on",25],["off",75]]}"#;

/// Flags whose own rules hold the share.
#[must_use]
pub fn document(flags: usize) -> String {
    written(flags, QUARTER)
}

/// Flags that leave the share to a rollout.
#[must_use]
pub fn document_of_rollouts(flags: usize) -> String {
    written(flags, "null")
}

fn written(flags: usize, otherwise: &str) -> String {
    let each = joined(flags, |key, shape| {
        let targeting = match shape {
            Shape::Rollout => otherwise.to_owned(),
            Shape::Ruled => format!(
                r#"{{"if":[{{"and":[{{"ends_with":[{{"var":"email"}},"{SUFFIX}"]}},{{"in":[{{"var":"country"}},{}]}},{{"sem_ver":[{{"var":"version"}},">=","{VERSION}"]}}]}},"on",{otherwise}]}}"#,
                countries()
            ),
        };
        let targeting = if targeting == "null" { String::new() } else { format!(r#","targeting":{targeting}"#) };
        format!(
            r#""{key}":{{"state":"ENABLED","variants":{{"on":true,"off":false}},"defaultVariant":"off"{targeting}}}"#
        )
    });
    format!(r#"{{"flags":{{{each}}}}}"#)
}

/// Flags, loaded.
#[derive(Debug)]
pub struct Flags {
    snapshot: Snapshot,
}

impl Flags {
    /// Flags as they are written, loaded as an application would that embeds the evaluator.
    #[must_use]
    pub fn load(document: &str) -> Self {
        Self { snapshot: document.parse().expect("a flag document") }
    }

    /// Each flag opened to a quarter of the users by a rollout, loaded as the server does.
    #[must_use]
    pub fn load_with_rollouts(document: &str) -> Self {
        let mut catalog = Catalog::new();
        let parsed = parse("flags.json", document.as_bytes(), Format::Json);
        catalog.update("flags.json", parsed.and_then(|parsed| lower(&parsed)));
        assert!(catalog.problems().is_empty(), "{:?}", catalog.problems());
        let overlays: BTreeMap<_, _> = catalog.flags().map(|(key, _)| (key.clone(), quarter(key))).collect();
        Self { snapshot: Snapshot::build(Generation::new(1), catalog.flags(), &overlays, Bucketing::V3, None) }
    }

    /// Asks one flag.
    #[must_use]
    #[inline]
    pub fn ask(&self, key: &str, context: &Context<'_>) -> Resolution<'_> {
        self.snapshot.evaluate(key, context)
    }

    /// Asks all flags.
    #[must_use]
    #[inline]
    pub fn ask_all(&self, context: &Context<'_>) -> Bulk<'_> {
        self.snapshot.evaluate_all(context)
    }
}

/// Reads the context from the body of a request into an empty one.
#[inline]
pub fn read<'b>(context: &mut Context<'b>, body: &'b str) {
    context.read_ofrep_body(body.as_bytes()).expect("a context");
}

/// Reads the context from the body of a request.
#[must_use]
pub fn context(body: &str) -> Option<Context<'_>> {
    Context::from_ofrep_body(body.as_bytes()).ok()
}

fn quarter(key: &FlagKey) -> Overlay {
    Overlay {
        rollout: RolloutName::new(key.as_str()).expect("a name"),
        rank: Rank::open(1, 1),
        candidate: VariantName::new("on").expect("a name"),
        stable: VariantName::new("off").expect("a name"),
        gate: Gate::Open(Share {
            parts: Parts::of(Part { step: 0, exposure: Exposure::from_ppm(250_000).expect("a share"), audience: None }),
            bucket_by: "targetingKey".into(),
            salt: key.as_str().into(),
            layer: None,
        }),
    }
}
