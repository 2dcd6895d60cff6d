//! Questions to InfluxDB.

use std::borrow::Cow;
use std::sync::Arc;

/// A question to InfluxDB.
#[derive(Debug, Clone, PartialEq)]
pub struct AskInflux {
    /// A query that gives one series. The placeholders `{{variant}}` and `{{flag}}` stand inside of quotes in it;
    /// `{{window}}` stands outside of them.
    pub query: Arc<str>,
    /// The language of the query, with what it is asked of.
    pub language: InfluxLanguage,
}

/// A query language of InfluxDB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InfluxLanguage {
    /// InfluxQL: version 1, and the endpoint of that version in 2 and 3.
    InfluxQl {
        /// The database; the connection's where it is left out.
        database: Option<Arc<str>>,
    },
    /// Flux: version 2.
    Flux {
        /// The organization; the connection's where it is left out.
        organization: Option<Arc<str>>,
    },
}

impl AskInflux {
    /// Whether it can be asked for the candidate and for the control.
    pub(super) fn tells_variants(&self) -> bool {
        self.query.contains("{{variant}}")
    }

    /// Whether it looks back as long as it is told to.
    pub(super) fn any_window(&self) -> bool {
        self.query.contains("{{window}}")
    }

    /// As the plan has it.
    pub(super) fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.query)
    }
}
