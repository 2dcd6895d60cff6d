//! The things that can be set, and what they are called in each place.

/// One thing that can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Files and folders with flags and rollouts.
    Paths,
    /// The evaluation listener's address.
    Evaluation,
    /// A file with the evaluation listener's key.
    EvaluationKeyFile,
    /// The evaluation listener's key itself; from the environment only.
    EvaluationKey,
    /// The control listener's address.
    Control,
    /// A file with the control listener's key.
    ControlKeyFile,
    /// The control listener's key itself; from the environment only.
    ControlKey,
    /// The folder of the store.
    Data,
    /// Whether nothing is kept over a restart.
    Ephemeral,
    /// Whether a problem in a file refuses the start.
    Strict,
    /// The Prometheus server that metrics are asked from.
    Prometheus,
    /// What addresses in plans may lead to, beside the public internet.
    MetricAddresses,
    /// How users are hashed.
    Bucketing,
    /// How many may follow the event stream.
    EventStreams,
    /// Whose pages may evaluate flags from another origin.
    CorsOrigins,
    /// How log lines look.
    Log,
}

impl Key {
    /// Every key.
    pub const ALL: [Self; 16] = [
        Self::Paths,
        Self::Evaluation,
        Self::EvaluationKeyFile,
        Self::EvaluationKey,
        Self::Control,
        Self::ControlKeyFile,
        Self::ControlKey,
        Self::Data,
        Self::Ephemeral,
        Self::Strict,
        Self::Prometheus,
        Self::MetricAddresses,
        Self::Bucketing,
        Self::EventStreams,
        Self::CorsOrigins,
        Self::Log,
    ];

    /// The key in a settings file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Paths => "paths",
            Self::Evaluation => "evaluation",
            Self::EvaluationKeyFile => "evaluation_key_file",
            Self::EvaluationKey => "evaluation_key",
            Self::Control => "control",
            Self::ControlKeyFile => "control_key_file",
            Self::ControlKey => "control_key",
            Self::Data => "data",
            Self::Ephemeral => "ephemeral",
            Self::Strict => "strict",
            Self::Prometheus => "prometheus",
            Self::MetricAddresses => "metric_addresses",
            Self::Bucketing => "bucketing",
            Self::EventStreams => "event_streams",
            Self::CorsOrigins => "cors_origins",
            Self::Log => "log",
        }
    }

    /// The environment variable.
    #[must_use]
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Paths => "TIDEGATE_PATHS",
            Self::Evaluation => "TIDEGATE_EVALUATION",
            Self::EvaluationKeyFile => "TIDEGATE_EVALUATION_KEY_FILE",
            Self::EvaluationKey => "TIDEGATE_EVALUATION_KEY",
            Self::Control => "TIDEGATE_CONTROL",
            Self::ControlKeyFile => "TIDEGATE_CONTROL_KEY_FILE",
            Self::ControlKey => "TIDEGATE_CONTROL_KEY",
            Self::Data => "TIDEGATE_DATA",
            Self::Ephemeral => "TIDEGATE_EPHEMERAL",
            Self::Strict => "TIDEGATE_STRICT",
            Self::Prometheus => "TIDEGATE_PROMETHEUS",
            Self::MetricAddresses => "TIDEGATE_METRIC_ADDRESSES",
            Self::Bucketing => "TIDEGATE_BUCKETING",
            Self::EventStreams => "TIDEGATE_EVENT_STREAMS",
            Self::CorsOrigins => "TIDEGATE_CORS_ORIGINS",
            Self::Log => "TIDEGATE_LOG",
        }
    }

    /// The option on the command line; `None` for what is too secret to be seen in a process list.
    #[must_use]
    pub const fn flag(self) -> Option<&'static str> {
        match self {
            Self::Paths => Some("PATH"),
            Self::Evaluation => Some("--evaluation"),
            Self::EvaluationKeyFile => Some("--evaluation-key-file"),
            Self::Control => Some("--control"),
            Self::ControlKeyFile => Some("--control-key-file"),
            Self::Data => Some("--data"),
            Self::Ephemeral => Some("--ephemeral"),
            Self::Strict => Some("--strict"),
            Self::Prometheus => Some("--prometheus"),
            Self::MetricAddresses => Some("--metric-addresses"),
            Self::Bucketing => Some("--bucketing"),
            Self::EventStreams => Some("--event-streams"),
            Self::CorsOrigins => Some("--cors-origins"),
            Self::Log => Some("--log"),
            Self::EvaluationKey | Self::ControlKey => None,
        }
    }

    /// Whether it holds a secret, which belongs neither on a command line nor in a settings file.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        self.flag().is_none()
    }

    /// Whether it names something in the file system, relative to where it was written.
    #[must_use]
    pub const fn is_path(self) -> bool {
        matches!(self, Self::Paths | Self::Data | Self::EvaluationKeyFile | Self::ControlKeyFile)
    }

    /// The other way of setting the same thing: whoever says one of the two in a stronger place
    /// overrules the other in a weaker one.
    #[must_use]
    pub const fn rival(self) -> Option<Self> {
        match self {
            Self::Data => Some(Self::Ephemeral),
            Self::Ephemeral => Some(Self::Data),
            Self::EvaluationKey => Some(Self::EvaluationKeyFile),
            Self::EvaluationKeyFile => Some(Self::EvaluationKey),
            Self::ControlKey => Some(Self::ControlKeyFile),
            Self::ControlKeyFile => Some(Self::ControlKey),
            Self::Paths
            | Self::Evaluation
            | Self::Control
            | Self::Strict
            | Self::Prometheus
            | Self::MetricAddresses
            | Self::Bucketing
            | Self::EventStreams
            | Self::CorsOrigins
            | Self::Log => None,
        }
    }
}
