//! Bodies that are nearly right: cut off anywhere, with bytes changed, with values of other kinds in every place.

use super::deliveries::{files, reader};
use serde_json::{Value, json};
use std::path::Path;

fn bodies() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/triggers/deliveries");
    let folders = files(&root).into_iter();
    let each = folders.flat_map(|folder| {
        let kind = folder.file_name().unwrap().to_str().unwrap().to_owned();
        files(&folder).into_iter().map(move |file| (kind.clone(), file))
    });
    let small = |(kind, file): (String, std::path::PathBuf)| {
        let body = std::fs::read(&file).unwrap();
        (file.extension().is_some_and(|end| end == "json") && body.len() < 4_096).then_some((kind, body))
    };
    each.filter_map(small).collect()
}

/// Reads, and holds what is read to its bounds.
fn look(kind: &str, body: &[u8]) {
    match reader(kind)(body) {
        Ok(delivery) => {
            for told in &delivery.told {
                let labels = &told.alert.labels;
                let bytes: usize = labels.iter().map(|(name, value)| name.len() + value.len()).sum();
                assert!(labels.len() <= 256 && bytes <= 3 * 65_536, "{labels:?}");
                assert!(labels.values().all(|value| !value.chars().any(char::is_control)), "{labels:?}");
                assert!(told.alert.fingerprint.len() <= 4_096);
            }
        }
        Err(why) => {
            assert!(!why.message.is_empty() && why.message.len() < 1_024, "{}", why.message);
            assert!(!why.message.chars().any(char::is_control), "{:?}", why.message);
        }
    }
}

#[test]
fn a_body_that_is_cut_off_or_changed_is_read_or_refused() {
    for (kind, body) in bodies() {
        for cut in 0..body.len() {
            look(&kind, &body[..cut]);
        }
        for (place, byte) in (0..body.len()).flat_map(|place| [0, b'"', b'{', b'9', 0xFF].map(|byte| (place, byte))) {
            let mut changed = body.clone();
            changed[place] = byte;
            look(&kind, &changed);
        }
    }
}

/// Puts each of these where each value is.
fn replaced(document: &Value, with: &Value, found: &mut Vec<Value>) {
    found.push(with.clone());
    match document {
        Value::Object(fields) => {
            for name in fields.keys() {
                let mut inner = Vec::new();
                replaced(&fields[name], with, &mut inner);
                found.extend(inner.into_iter().map(|value| {
                    let mut fields = fields.clone();
                    fields[name] = value;
                    Value::Object(fields)
                }));
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let mut inner = Vec::new();
                replaced(item, with, &mut inner);
                found.extend(inner.into_iter().map(|value| {
                    let mut items = items.clone();
                    items[index] = value;
                    Value::Array(items)
                }));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn a_value_of_another_kind_in_any_place_is_read_or_refused() {
    let others = [
        json!(null),
        json!(true),
        json!(-1.5e300),
        json!(""),
        json!("\u{0}\n"),
        json!("x".repeat(5_000)),
        json!([]),
        json!({}),
    ];
    for (kind, body) in bodies() {
        let Ok(document) = serde_json::from_slice::<Value>(&body) else { continue };
        for other in &others {
            let mut changed = Vec::new();
            replaced(&document, other, &mut changed);
            changed.iter().for_each(|changed| look(&kind, changed.to_string().as_bytes()));
        }
    }
}
