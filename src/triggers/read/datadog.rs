//! Datadog's monitor webhooks, by the payload that the documentation has for pasting. Datadog lets whoever sets up a
//! webhook write its payload, and fills in the variables.
//!
//! <https://docs.datadoghq.com/integrations/webhooks/>

use super::fields::{Fields, document};
use super::labels::{Labels, shown};
use crate::analysis::Alert;
use crate::triggers::told::{Delivery, Malformed, Standing, Told};
use crate::units::UnixMillis;
use serde_json::Value;
use std::collections::BTreeMap;

/// The longest identity, in bytes.
const LONGEST_ID: usize = 128;

/// What a transition says.
enum Transition {
    Alert,
    Warning,
    NoData,
    Recovered,
}

/// Reads a post.
///
/// # Errors
/// With the field that is wrong.
pub fn datadog(body: &[u8]) -> Result<Delivery, Malformed> {
    let document = document(body).map_err(|wrong| match body.first() {
        Some(b'{' | b'[') | None => wrong,
        Some(_) => wrong.hint("leave *Encode as form* off in Datadog, and paste the payload of the documentation"),
    })?;
    let fields = Fields::of(&document, "")?;
    let monitor = monitor(&fields)?;
    let Some(transition) = transition(&fields)? else {
        let beside = "a notification that changes nothing".to_owned();
        return Ok(Delivery { beside: Some(beside), ..Delivery::default() });
    };
    let scope = helpful(&fields, "scope")?;
    let labels = labels(&fields, &monitor, scope, &transition)?;
    let told = Told {
        // One monitor has an alert for each group of tags that it watches.
        alert: Alert { fingerprint: format!("{monitor}/{}", sorted(scope)), labels },
        standing: match transition {
            Transition::Alert | Transition::Warning | Transition::NoData => Standing::Firing,
            Transition::Recovered => Standing::Resolved,
        },
        began: None,
        at: date(&fields)?,
        until: None,
        message: message(&fields)?,
        no_data: matches!(transition, Transition::NoData),
    };
    Ok(Delivery { told: vec![told], ..Delivery::default() })
}

/// The monitor's number, as a text or a number.
fn monitor(fields: &Fields<'_>) -> Result<String, Malformed> {
    if let Some(Value::Number(number)) = fields.get("id") {
        return Ok(number.to_string());
    }
    let id = fields.identity("id", LONGEST_ID)?;
    if is_unfilled(id) {
        return Err(
            Malformed::new(format!("`id` is `{}`: Datadog did not fill in the variable", shown(id))).hint(PASTE)
        );
    }
    Ok(id.to_owned())
}

const PASTE: &str = "paste the payload as the documentation has it";

/// A variable that Datadog does not know, or has nothing for with this kind of monitor, arrives as it was written.
fn is_unfilled(text: &str) -> bool {
    text.starts_with('$')
}

/// A text that only helps.
fn helpful<'v>(fields: &Fields<'v>, field: &str) -> Result<&'v str, Malformed> {
    Ok(fields.text(field)?.filter(|text| !is_unfilled(text)).unwrap_or_default())
}

/// What tells a notification from others. The event alone would not do: one may gather several.
fn message(fields: &Fields<'_>) -> Result<Option<String>, Malformed> {
    let event = helpful(fields, "event")?;
    if event.is_empty() || event.len() > LONGEST_ID {
        return Ok(None);
    }
    let (transition, date) = (fields.text("transition")?.unwrap_or_default(), date(fields)?.unwrap_or_default());
    Ok(Some(format!("{event}/{transition}/{}", date.get())))
}

fn transition(fields: &Fields<'_>) -> Result<Option<Transition>, Malformed> {
    fields.needed("transition").map_err(|missing| missing.hint(PASTE))?;
    let said = fields.text("transition")?.unwrap_or_default();
    match said.to_ascii_lowercase().as_str() {
        "triggered" | "re-triggered" | "renotify" => Ok(Some(Transition::Alert)),
        "warn" | "re-warn" => Ok(Some(Transition::Warning)),
        "no data" | "re-no data" => Ok(Some(Transition::NoData)),
        "recovered" => Ok(Some(Transition::Recovered)),
        "" | "null" => Ok(None),
        _ => {
            let hint = "it is $ALERT_TRANSITION: Triggered, Re-Triggered, Warn, Re-Warn, No Data, Re-No Data, \
                        Renotify or Recovered";
            Err(Malformed::new(format!("`transition` is `{}`", shown(said))).hint(hint))
        }
    }
}

/// Datadog writes milliseconds since 1970, as a text or a number.
fn date(fields: &Fields<'_>) -> Result<Option<UnixMillis>, Malformed> {
    let millis = match fields.get("date") {
        None => return Ok(None),
        Some(Value::String(text)) if text.is_empty() || is_unfilled(text) => return Ok(None),
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => value.as_i64(),
    };
    let millis = millis.filter(|millis| *millis > 0);
    let wrong = || Malformed::new("`date` must be milliseconds since 1970").hint("it is $DATE");
    millis.map(|millis| Some(UnixMillis::new(millis))).ok_or_else(wrong)
}

/// Tags become labels; what Datadog itself says goes over them.
fn labels(
    fields: &Fields<'_>,
    monitor: &str,
    scope: &str,
    transition: &Transition,
) -> Result<BTreeMap<String, String>, Malformed> {
    let mut labels = Labels::default();
    for tag in helpful(fields, "tags")?.split(',').chain(scope.split(',')) {
        if let Some((name, value)) = tag.trim().split_once(':') {
            labels.set_if_absent(name, value);
        }
    }
    labels.set("alertname", &format!("monitor {monitor}"));
    labels.set("alertname", helpful(fields, "title")?);
    labels.set("monitor", monitor);
    labels.set("scope", scope);
    labels.set("priority", helpful(fields, "priority")?);
    labels.set("hostname", helpful(fields, "hostname")?);
    labels.set("cycle", helpful(fields, "cycle")?);
    match transition {
        // A monitor that only warns must not close what is closed for its alerts, whatever its tags say.
        Transition::Warning => labels.set("severity", "warning"),
        Transition::Alert => labels.set_if_absent("severity", "critical"),
        Transition::NoData => labels.set("severity", "no_data"),
        Transition::Recovered => {}
    }
    Ok(labels.within("tags")?.into_map())
}

/// The tags of a group in one order.
fn sorted(scope: &str) -> String {
    let mut tags: Vec<&str> = scope.split(',').map(str::trim).filter(|tag| !tag.is_empty()).collect();
    tags.sort_unstable();
    let sorted = tags.join(",");
    sorted.get(..sorted.floor_char_boundary(1_024)).unwrap_or(&sorted).to_owned()
}
