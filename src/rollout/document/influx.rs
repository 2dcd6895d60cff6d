//! A metric that InfluxDB is asked for.

use super::fields::Fields;
use super::query::{PLACEHOLDERS, template};
use super::reader::Reader;
use super::shape::{self, Language};
use super::sourced::{Sourced, optional, query, unit};
use crate::rollout::{Ask, AskInflux, Better, InfluxLanguage, MetricSource};
use crate::source::Node;
use std::sync::Arc;

/// Reads what the provider `influxdb` has of its own.
pub(super) fn influx(fields: &Fields<'_>, reader: &mut Reader<'_>) -> Option<Sourced> {
    let unit = unit(fields, reader);
    let language = optional(fields.get("language"), Language::InfluxQl, |node| {
        reader.word(node, "language", shape::LANGUAGES, &[])
    });
    let database = optional(fields.get("database"), None, |node| name(node, "database", reader).map(Some));
    let organization = optional(fields.get("organization"), None, |node| name(node, "organization", reader).map(Some));
    let other = match language {
        Some(Language::InfluxQl) => fields.entry("organization").map(|entry| (entry, "flux")),
        Some(Language::Flux) => fields.entry("database").map(|entry| (entry, "influxql")),
        None => None,
    };
    if let Some((entry, owner)) = other {
        let message = format!("`{}` belongs to `language: {owner}`", entry.key);
        reader.complain(entry.key_span, message, "remove it, or change the language");
    }
    let node = fields.needed("query", "write the query that gives one series", reader);
    let text = node.and_then(|node| {
        let text = template(node, "query", PLACEHOLDERS, reader)?;
        within_quotes(node, &text, language?, reader)?;
        Some(text)
    });
    let language = match language {
        Some(Language::InfluxQl) => database.map(|database| InfluxLanguage::InfluxQl { database }),
        Some(Language::Flux) => organization.map(|organization| InfluxLanguage::Flux { organization }),
        None => None,
    };
    let ask = text.zip(language).map(|(query, language)| Ask::Influx(AskInflux { query, language }));
    let query = query(fields, ask, reader);
    Some((unit?, Better::Lower, MetricSource::Query(query?)))
}

fn name(node: &Node<'_>, what: &str, reader: &mut Reader<'_>) -> Option<Arc<str>> {
    reader.text(node, what).map(Arc::from)
}

/// Names are only safe inside of quotes, where they are escaped; the window is a literal outside of them.
fn within_quotes(node: &Node<'_>, text: &str, language: Language, reader: &mut Reader<'_>) -> Option<()> {
    let quotes: &[char] = match language {
        Language::InfluxQl => &['\'', '"'],
        Language::Flux => &['"'],
    };
    let (mut open, mut escaped) = (None, false);
    for (at, c) in text.char_indices() {
        let rest = text.get(at..).unwrap_or("");
        let placeholder = ["{{variant}}", "{{flag}}"].into_iter().find(|name| rest.starts_with(name));
        if let (Some(name), None) = (placeholder, open) {
            let place = reader.part_of(node, text, at..at.saturating_add(name.len())).unwrap_or(node.span);
            let hint =
                if language == Language::Flux { format!("write `\"{name}\"`") } else { format!("write `'{name}'`") };
            reader.complain(place, format!("`{name}` must stand inside of quotes"), hint);
            return None;
        }
        match open {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(quote) if c == quote => open = None,
            None if quotes.contains(&c) => open = Some(c),
            Some(_) | None => {}
        }
    }
    Some(())
}
