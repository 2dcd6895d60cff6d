//! One posted outcome.

use super::error::ItemProblem;
use super::fields::Fields;
use super::place::Place;
use super::served::Served;
use super::time::time;
use crate::measure::{Outcome, User};
use crate::units::{FlagKey, UnixMillis, VariantName};
use serde_json::value::RawValue;

/// What an outcome may have.
pub(super) const FIELDS: [&str; 7] = ["flag", "targetingKey", "variant", "ok", "latency", "value", "time"];

/// Nothing that a user waits for takes longer than a day.
const LONGEST_LATENCY_MS: f64 = 86_400_000.0;

/// An item's members before it is known whether they fit together.
#[derive(Default)]
struct Draft {
    flag: Option<FlagKey>,
    targeting_key: Option<String>,
    variant: Option<VariantName>,
    ok: Option<bool>,
    latency_ms: Option<f64>,
    value: Option<f64>,
    at: Option<UnixMillis>,
}

/// A member's fault and the mend.
struct Fault {
    field: Option<&'static str>,
    message: String,
    hint: Option<&'static str>,
}

impl Fault {
    fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self { field: Some(field), message: message.into(), hint: None }
    }

    fn whole(message: impl Into<String>, hint: &'static str) -> Self {
        Self { field: None, message: message.into(), hint: Some(hint) }
    }

    fn with_hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }
}

/// What `resolve` tells of the variant that a flag gave to a targeting key at a time; `None` is now.
pub(super) trait Resolve: FnMut(&FlagKey, &str, Option<UnixMillis>) -> Served {}

impl<F: FnMut(&FlagKey, &str, Option<UnixMillis>) -> Served> Resolve for F {}

/// The outcome, with its targeting key resolved to a variant; `None` when it is not known what that was served then.
pub(super) fn outcome_of(
    place: Place,
    item: &RawValue,
    resolve: &mut impl Resolve,
) -> Result<Option<Outcome>, ItemProblem> {
    let problem = |fault: Fault| ItemProblem {
        place,
        field: fault.field,
        message: fault.message,
        hint: fault.hint.map(str::to_owned),
    };
    let fields: Fields<'_> = serde_json::from_str(item.get()).map_err(|_| {
        problem(Fault::whole("an outcome must be an object", r#"such as {"flag": "a", "variant": "on", "ok": true}"#))
    })?;
    if let Some((name, _)) = fields.0.iter().find(|(name, _)| !FIELDS.contains(&name.as_ref())) {
        return Err(ItemProblem::unknown_field(place, name));
    }
    let draft = read_fields(&fields).map_err(problem)?;
    finish(draft, resolve).map_err(problem)
}

/// A member that is `null` is one that is not there.
fn read_fields(fields: &Fields<'_>) -> Result<Draft, Fault> {
    let value_of = |field: &'static str| -> Result<Option<&RawValue>, Fault> {
        let mut found = fields.0.iter().filter(|(name, _)| name == field).map(|(_, value)| *value);
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(Fault::new(field, "is there twice")),
            (value, None) => Ok(value.filter(|value| value.get() != "null")),
        }
    };
    let mut draft = Draft::default();
    if let Some(value) = value_of("flag")? {
        draft.flag = Some(FlagKey::new(&text("flag", value)?).map_err(|why| Fault::new("flag", why.to_string()))?);
    }
    if let Some(value) = value_of("targetingKey")? {
        draft.targeting_key = Some(text("targetingKey", value)?);
    }
    if let Some(value) = value_of("variant")? {
        let name = VariantName::new(&text("variant", value)?);
        draft.variant = Some(name.map_err(|why| Fault::new("variant", why.to_string()))?);
    }
    if let Some(value) = value_of("ok")? {
        draft.ok = Some(serde_json::from_str(value.get()).map_err(|_| Fault::new("ok", "must be true or false"))?);
    }
    if let Some(value) = value_of("latency")? {
        let latency = number(value).filter(|latency| (0.0..=LONGEST_LATENCY_MS).contains(latency));
        let wrong = || Fault::new("latency", "must be a number of milliseconds from 0 to 86400000, which is a day");
        draft.latency_ms = Some(latency.ok_or_else(wrong)?);
    }
    if let Some(value) = value_of("value")? {
        draft.value = Some(number(value).ok_or_else(|| Fault::new("value", "must be a finite number"))?);
    }
    if let Some(value) = value_of("time")? {
        draft.at = Some(time(value).map_err(|why| Fault::new("time", why))?);
    }
    Ok(draft)
}

fn finish(draft: Draft, resolve: &mut impl Resolve) -> Result<Option<Outcome>, Fault> {
    let flag = draft.flag.ok_or_else(|| Fault::new("flag", "is missing"))?;
    // An empty key is nobody's: applications send it for visitors whom they do not know.
    let user = draft.targeting_key.as_deref().filter(|key| !key.is_empty()).map(User::of);
    let variant = match (draft.variant, draft.targeting_key.as_deref()) {
        // What was served is known best by who asked for it: the key only tells to whom.
        (Some(variant), _) => Some(variant),
        (None, Some(key)) => match resolve(&flag, key, draft.at) {
            Served::Variant(variant) => Some(variant),
            Served::Forgotten => None,
            Served::NotByKey => {
                let what = "does not tell the variant: there is no such flag, or it looks at more than this";
                let hint = "check `flag`, or send the `variant` that was served";
                return Err(Fault::new("targetingKey", what).with_hint(hint));
            }
        },
        (None, None) => {
            return Err(Fault::whole("says nothing of who or what it was", "send `targetingKey` or `variant`"));
        }
    };
    let ok = draft.ok.ok_or_else(|| Fault::new("ok", "is missing"))?;
    let Draft { at, latency_ms, value, .. } = draft;
    Ok(variant.map(|variant| Outcome { flag, variant, user, at, ok, latency_ms, value }))
}

fn text(field: &'static str, value: &RawValue) -> Result<String, Fault> {
    serde_json::from_str(value.get()).map_err(|_| Fault::new(field, "must be a text"))
}

/// A number that a float can hold. JSON knows no NaN, but `1e999` would be infinite.
fn number(value: &RawValue) -> Option<f64> {
    serde_json::from_str(value.get()).ok().filter(|number: &f64| number.is_finite())
}
