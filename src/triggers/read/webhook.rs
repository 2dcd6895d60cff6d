//! The webhook of senders that know Tidegate: one alert, or a list of them. What is not known is refused, for whoever
//! writes such a sender looks at the answer.

use super::fields::{Fields, document};
use super::labels::Labels;
use crate::analysis::Alert;
use crate::triggers::told::{Delivery, Malformed, Standing, Told};
use crate::units::{FlagKey, RolloutName, UnixMillis};
use serde_json::Value;

/// The most alerts in one post.
pub const MOST_OF_WEBHOOK: usize = 1_000;

/// The longest identity, in bytes.
const LONGEST_ID: usize = 128;

/// The longest message, in characters.
const LONGEST_MESSAGE: usize = 200;

const FIELDS: [&str; 9] = ["id", "status", "at", "since", "labels", "rollout", "flag", "environment", "message"];

/// Reads a post. `signed_at` is when it was signed, and stands for `at` where an alert has none.
///
/// # Errors
/// With the field that is wrong. One that is wrong refuses all.
pub fn webhook(body: &[u8], signed_at: Option<UnixMillis>) -> Result<Delivery, Malformed> {
    let document = document(body)?;
    let root = Fields::of(&document, "").map_err(|wrong| wrong.hint(EXAMPLE))?;
    if root.get("alerts").is_none() {
        return Ok(Delivery { told: vec![read(&root, signed_at)?], ..Delivery::default() });
    }
    root.only(&["alerts"])?;
    let alerts = root.list("alerts")?;
    if alerts.len() > MOST_OF_WEBHOOK {
        let hint = format!("send at most {MOST_OF_WEBHOOK}, and the rest in further posts");
        return Err(Malformed::new(format!("`alerts` has {} alerts", alerts.len())).hint(hint));
    }
    let each = |(index, alert): (usize, &Value)| read(&Fields::of(alert, format!("alerts[{index}]"))?, signed_at);
    let told = alerts.iter().enumerate().map(each).collect::<Result<_, _>>()?;
    Ok(Delivery { told, ..Delivery::default() })
}

const EXAMPLE: &str =
    r#"send such as {"id": "payments-probe", "status": "firing", "labels": {"severity": "critical"}}"#;

fn read(fields: &Fields<'_>, signed_at: Option<UnixMillis>) -> Result<Told, Malformed> {
    fields.only(&FIELDS)?;
    let id = fields.identity("id", LONGEST_ID).map_err(|wrong| wrong.hint(EXAMPLE))?;
    fields.needed("status")?;
    let standing = match fields.text("status")? {
        Some("firing") => Standing::Firing,
        Some("resolved") => Standing::Resolved,
        Some(_) | None => {
            return Err(Malformed::new(format!("`{}` must be \"firing\" or \"resolved\"", fields.path("status"))));
        }
    };
    Ok(Told {
        alert: Alert { fingerprint: id.to_owned(), labels: labels(fields, id)?.into_map() },
        standing,
        began: fields.moment("since")?,
        at: fields.moment("at")?.or(signed_at),
        until: None,
        message: None,
        no_data: false,
    })
}

fn labels(fields: &Fields<'_>, id: &str) -> Result<Labels, Malformed> {
    let mut labels = if fields.get("labels").is_some() { Labels::read(fields, "labels")? } else { Labels::default() };
    for name in ["rollout", "flag", "environment"] {
        let Some(value) = fields.text(name)? else { continue };
        let path = fields.path(name);
        let checked = match name {
            "rollout" => RolloutName::new(value).map(drop),
            _ => FlagKey::new(value).map(drop),
        };
        checked.map_err(|why| Malformed::new(format!("`{path}`: {why}")))?;
        if labels.get(name).is_some_and(|label| label != value) {
            let hint = "leave one of them out";
            return Err(Malformed::new(format!("`{path}` and the label `{name}` say different things")).hint(hint));
        }
        labels.set(name, value);
    }
    if let Some(message) = fields.text("message")? {
        if message.chars().count() > LONGEST_MESSAGE || message.chars().any(char::is_control) {
            let path = fields.path("message");
            let wrong = format!("`{path}` must be one line of at most {LONGEST_MESSAGE} characters");
            return Err(Malformed::new(wrong));
        }
        labels.set_if_absent("summary", message);
    }
    labels.set_if_absent("alertname", id);
    labels.within(&fields.path("labels"))
}
