//! `tidegate serve`.

use super::exit::{Exit, Failure, Outcome};
use clap::Args;
use std::path::PathBuf;
use std::time::Duration;
use tidegate::config::{self, Key, Origin, Raw, Settings};

const AFTER: &str = "\
Every option can be set as a variable (TIDEGATE_CONTROL for --control) and in a settings file \
(`control: 127.0.0.1:8080`); the command line wins over variables, variables win over the file.
The keys themselves are read from TIDEGATE_CONTROL_KEY and TIDEGATE_EVALUATION_KEY, or from the files named here.";

/// One thread goes on while another compiles a large file.
const CONTROL_THREADS: usize = 2;

/// How long threads that wait for a disk have at the end.
const END_WITHIN: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(crate) struct ServeArgs {
    /// Files and folders with flags and rollouts
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Where flags are evaluated [default: 127.0.0.1:8016]
    #[arg(long, value_name = "ADDR")]
    evaluation: Option<String>,
    /// Where Tidegate is controlled [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    control: Option<String>,
    /// The folder where rollouts and their ledger are kept [default: ./tidegate-data]
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// Keep nothing over a restart
    #[arg(long, conflicts_with = "data")]
    ephemeral: bool,
    /// Refuse to start when anything is wrong in the files
    #[arg(long)]
    strict: bool,
    /// The Prometheus server that metrics are asked from
    #[arg(long, value_name = "URL")]
    prometheus: Option<String>,
    /// What `address` in plans may lead to beside the public internet, such as 10.0.0.0/8 or prometheus:9090
    #[arg(long, value_name = "RANGE|HOST:PORT", value_delimiter = ',')]
    metric_addresses: Vec<String>,
    /// How users are hashed: v3, or v2 as flagd up to 0.16 [default: v3]
    #[arg(long, value_name = "v3|v2")]
    bucketing: Option<String>,
    /// How many clients may follow the event stream; with 0 there is none [default: 1000]
    #[arg(long, value_name = "N")]
    event_streams: Option<String>,
    /// Whose pages may evaluate flags from another origin, such as https://shop.example; * is everybody
    #[arg(long, value_name = "ORIGIN", value_delimiter = ',')]
    cors_origins: Vec<String>,
    /// How log lines look [default: text]
    #[arg(long, value_name = "text|json")]
    log: Option<String>,
    /// A file with the key of the control listener
    #[arg(long, value_name = "FILE")]
    control_key_file: Option<String>,
    /// A file with the key of the evaluation listener
    #[arg(long, value_name = "FILE")]
    evaluation_key_file: Option<String>,
    /// A YAML file with settings [env: TIDEGATE_CONFIG]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ServeArgs {
    fn raw(&self) -> Raw {
        let mut raw = Raw::default();
        if !self.paths.is_empty() {
            let paths = self.paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
            raw.set(Key::Paths, paths, Origin::Flag("PATH"));
        }
        if !self.cors_origins.is_empty() {
            raw.set(Key::CorsOrigins, self.cors_origins.clone(), Origin::Flag("--cors-origins"));
        }
        if !self.metric_addresses.is_empty() {
            raw.set(Key::MetricAddresses, self.metric_addresses.clone(), Origin::Flag("--metric-addresses"));
        }
        for (key, value) in [
            (Key::EventStreams, &self.event_streams),
            (Key::Evaluation, &self.evaluation),
            (Key::Control, &self.control),
            (Key::Data, &self.data),
            (Key::Prometheus, &self.prometheus),
            (Key::Bucketing, &self.bucketing),
            (Key::Log, &self.log),
            (Key::ControlKeyFile, &self.control_key_file),
            (Key::EvaluationKeyFile, &self.evaluation_key_file),
        ] {
            raw.set_flag(key, value.clone());
        }
        raw.set_flag(Key::Ephemeral, self.ephemeral.then(|| "true".to_owned()));
        raw.set_flag(Key::Strict, self.strict.then(|| "true".to_owned()));
        raw
    }

    fn settings(&self) -> Result<Settings, Failure> {
        // A variable that is not Unicode cannot be one of ours: all of their values are text.
        let variables: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        config::load(self.raw(), self.config.as_deref(), &variables).map_err(|faults| {
            let lines = faults.iter().map(ToString::to_string).collect::<Vec<_>>();
            Failure::new(Exit::Usage, lines.join("\n"))
        })
    }
}

pub(crate) fn run(args: &ServeArgs) -> Outcome {
    let settings = args.settings()?;
    // Evaluations have threads of their own: these are for control, which waits more than it works.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(CONTROL_THREADS).enable_all().build()?;
    let served = runtime.block_on(tidegate::app::serve(settings)).map_err(|error| Failure::error(error.to_string()));
    // What is still under way was waited for. A disk that hangs must not keep the process.
    runtime.shutdown_timeout(END_WITHIN);
    served.map(|()| Exit::Done)
}
