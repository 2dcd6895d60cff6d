//! Queries to InfluxDB with everything filled in.

use crate::analysis::NoData;
use crate::measure::asking::Asking;
use crate::measure::written::{filled, unfit};
use crate::rollout::{AskInflux, InfluxLanguage};

/// The query. Plans have their placeholders for names inside of quotes only.
pub(super) fn query(ask: &AskInflux, asking: &Asking) -> Result<String, NoData> {
    match ask.language {
        InfluxLanguage::InfluxQl { .. } => filled(&ask.query, asking, in_influxql),
        InfluxLanguage::Flux { .. } => filled(&ask.query, asking, in_flux),
    }
}

/// The inside of a string in single quotes or of an identifier in double quotes.
fn in_influxql(name: &str, _: &str) -> Result<String, NoData> {
    if name.chars().any(char::is_control) {
        return Err(unfit(name, "has control characters"));
    }
    Ok(name.replace('\\', r"\\").replace('\'', r"\'").replace('"', "\\\""))
}

/// The inside of a string in double quotes; `${` would begin an expression.
fn in_flux(name: &str, _: &str) -> Result<String, NoData> {
    if name.chars().any(char::is_control) {
        return Err(unfit(name, "has control characters"));
    }
    Ok(name.replace('\\', r"\\").replace('"', "\\\"").replace("${", r"\${"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{FlagKey, VariantName};
    use std::sync::Arc;
    use std::time::Duration;

    fn asked(language: InfluxLanguage, template: &str, variant: &str) -> Result<String, NoData> {
        let (variant, flag) = (VariantName::new(variant).unwrap(), FlagKey::new("cart").unwrap());
        let asking = Asking::for_tests(variant, flag, Duration::from_secs(300));
        query(&AskInflux { query: Arc::from(template), language }, &asking)
    }

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        let ql = InfluxLanguage::InfluxQl { database: None };
        let template = "SELECT mean(v) FROM m WHERE variant = '{{variant}}' AND time > now() - {{window}}";
        assert_eq!(
            asked(ql, template, r"on' OR 1=1; DROP--\").unwrap(),
            r"SELECT mean(v) FROM m WHERE variant = 'on\' OR 1=1; DROP--\\' AND time > now() - 5m"
        );
        let flux = InfluxLanguage::Flux { organization: None };
        let template = r#"|> range(start: -{{window}}) |> filter(fn: (r) => r.variant == "{{variant}}")"#;
        assert_eq!(
            asked(flux, template, r#"on") |> drop() ${1+1} \"#).unwrap(),
            r#"|> range(start: -5m) |> filter(fn: (r) => r.variant == "on\") |> drop() \${1+1} \\")"#
        );
    }
}
