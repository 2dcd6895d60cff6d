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

/// The fields of the payload.
const FIELDS: [&str; 10] =
    ["id", "scope", "cycle", "transition", "date", "event", "priority", "tags", "hostname", "title"];

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
    let document = document(body)?;
    let fields = Fields::of(&document, "")?;
    fields.only(&FIELDS)?;
    filled(&fields)?;
    let monitor = fields.identity("id", LONGEST_ID)?;
    let Some(transition) = transition(&fields)? else {
        let beside = "a notification that changes nothing".to_owned();
        return Ok(Delivery { beside: Some(beside), ..Delivery::default() });
    };
    let scope = fields.text("scope")?.unwrap_or_default();
    let labels = labels(&fields, monitor, scope, &transition)?;
    let told = Told {
        // One monitor has an alert for each group of tags that it watches.
        alert: Alert { fingerprint: format!("{monitor}/{}", sorted(scope)), labels },
        standing: match transition {
            Transition::Alert | Transition::Warning | Transition::NoData => Standing::Firing,
            Transition::Recovered => Standing::Resolved,
        },
        began: None,
        at: date(&fields)?,
        message: fields.text("event")?.filter(|id| !id.is_empty() && id.len() <= LONGEST_ID).map(str::to_owned),
        no_data: matches!(transition, Transition::NoData),
    };
    Ok(Delivery { told: vec![told], ..Delivery::default() })
}

/// A variable that Datadog does not know, or does not fill in for this kind of monitor, arrives as it was written.
fn filled(fields: &Fields<'_>) -> Result<(), Malformed> {
    for field in FIELDS {
        let Some(Value::String(text)) = fields.get(field) else { continue };
        if field != "title" && text.starts_with('$') {
            let wrong = format!("`{field}` is `{}`: Datadog did not fill in the variable", shown(text));
            return Err(Malformed::new(wrong).hint("paste the payload as the documentation has it"));
        }
    }
    Ok(())
}

fn transition(fields: &Fields<'_>) -> Result<Option<Transition>, Malformed> {
    fields.needed("transition")?;
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
        Some(Value::String(text)) if text.is_empty() => return Ok(None),
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
    for tag in fields.text("tags")?.unwrap_or_default().split(',').chain(scope.split(',')) {
        if let Some((name, value)) = tag.trim().split_once(':') {
            labels.set_if_absent(name, value);
        }
    }
    let title = fields.text("title")?.filter(|title| !title.is_empty());
    labels.set("alertname", title.unwrap_or(&format!("monitor {monitor}")));
    labels.set("monitor", monitor);
    labels.set("scope", scope);
    labels.set("priority", fields.text("priority")?.unwrap_or_default());
    labels.set("hostname", fields.text("hostname")?.unwrap_or_default());
    labels.set("cycle", fields.text("cycle")?.unwrap_or_default());
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
