//! Which spans and points count.

use schemars::JsonSchema;

/// Which spans or metric points of traced applications become outcomes.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TelemetryDocument {
    /// Spans that count; not together with `metric`.
    pub spans: Option<SpansDocument>,
    /// The metric whose points count, a histogram or a counter; not together with `spans`.
    #[schemars(length(min = 1, max = 255))]
    pub metric: Option<String>,
    /// The attribute that tells the user; `feature_flag.context.id` when left out.
    #[schemars(length(min = 1, max = 255))]
    pub user: Option<String>,
    /// The attribute whose number is the outcome's value.
    #[schemars(length(min = 1, max = 255))]
    pub value: Option<String>,
    /// What fails beside what says so itself, by its status or by an attribute `error.type`.
    pub failed_when: Option<FailedWhenDocument>,
}

/// Which spans count.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SpansDocument {
    /// Only those of that name.
    #[schemars(length(min = 1, max = 255))]
    pub name: Option<String>,
    /// Only those of that kind.
    pub kind: Option<SpanKindWord>,
}

/// The kind of a span.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum SpanKindWord {
    /// Inside an application.
    Internal,
    /// A request that is answered.
    Server,
    /// A request that is made.
    Client,
    /// A message that is sent.
    Producer,
    /// A message that is worked on.
    Consumer,
}

/// One test of an attribute, or several of which any is enough.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum FailedWhenDocument {
    /// One.
    One(AttributeTestDocument),
    /// Several.
    Several(Vec<AttributeTestDocument>),
}

/// A test of an attribute. With neither `at_least` nor `is` it must be there and not be `false`.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct AttributeTestDocument {
    /// The attribute's name.
    #[schemars(length(min = 1, max = 255))]
    pub attribute: String,
    /// A number from this one on.
    pub at_least: Option<f64>,
    /// One of these texts.
    pub is: Option<TextsDocument>,
}

/// One text, or several.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum TextsDocument {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}
