//! `tidegate metric test`.

use super::super::apply::{body, read};
use super::super::exit::{Exit, Failure, Outcome};
use super::super::output;
use super::super::remote::{Remote, converse};
use super::show;
use clap::Args;
use std::path::PathBuf;
use std::sync::Arc;
use tidegate::app::metric_providers;
use tidegate::clock::Clock;
use tidegate::config::{self, Key, Origin, Raw, Settings};
use tidegate::http::api::{tested, wire};
use tidegate::measure::try_queries;
use tidegate::rollout::Plan;
use tidegate::source::suggest;
use tidegate::store::PlanSource;
use tidegate::units::VariantName;

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// The file with the plan; `-` reads YAML from standard input
    plan: PathBuf,
    /// Only this rollout of the file
    #[arg(long, value_name = "NAME")]
    rollout: Option<String>,
    /// Only this variant
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// Ask from here and not from the server, with the connections of this settings file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Ask from here and not from the server, this Prometheus
    #[arg(long, value_name = "URL")]
    prometheus: Option<String>,
    /// What `address` in the plan may lead to when it is asked from here, such as 10.0.0.0/8 or prometheus:9090
    #[arg(long, value_name = "RANGE|HOST:PORT", value_delimiter = ',')]
    metric_addresses: Vec<String>,
}

pub(crate) fn run(remote: &Remote, args: &TestArgs) -> Outcome {
    let plans = plans(args)?;
    let here = args.config.is_some() || args.prometheus.is_some() || !args.metric_addresses.is_empty();
    let tested = match here {
        true => ask_from_here(&settings(args)?, &plans, args.variant.as_deref())?,
        false => ask_the_server(remote, plans, args.variant.as_deref())?,
    };
    output::print(remote.output, &tested, |tested| show::tested(tested))?;
    // A plan that asks nobody lacks nothing.
    let complete = tested.iter().all(|one| one.data || one.metrics.is_empty());
    Ok(if complete { Exit::Done } else { Exit::Error })
}

/// The rollouts of the file, sound ones.
fn plans(args: &TestArgs) -> Result<Vec<(Arc<Plan>, PlanSource)>, Failure> {
    let read = read(&args.plan)?;
    let problems = read.problems();
    if !problems.is_empty() {
        let lines = problems.iter().map(ToString::to_string).collect::<Vec<_>>();
        return Err(Failure::error(lines.join("\n")).hint("nothing was asked"));
    }
    let all: Vec<_> = read.rollouts().map(|(plan, source)| (Arc::clone(plan), source.clone())).collect();
    let Some(name) = &args.rollout else {
        let none = || Failure::error(format!("{} has no rollouts", args.plan.display()));
        return if all.is_empty() { Err(none().hint("a rollout says `kind: Rollout`")) } else { Ok(all) };
    };
    let hint = suggest(name, all.iter().map(|(plan, _)| plan.name.as_str()));
    let found: Vec<_> = all.into_iter().filter(|(plan, _)| plan.name.as_str() == name).collect();
    if found.is_empty() {
        let failure = Failure::error(format!("{} has no rollout `{name}`", args.plan.display()));
        return Err(match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        });
    }
    Ok(found)
}

fn ask_the_server(
    remote: &Remote,
    plans: Vec<(Arc<Plan>, PlanSource)>,
    variant: Option<&str>,
) -> Result<Vec<wire::MetricsTested>, Failure> {
    let client = remote.client()?;
    let query: Vec<_> = variant.map(|variant| ("variant", variant.to_owned())).into_iter().collect();
    converse(async {
        let mut tested = Vec::new();
        for (_, source) in plans {
            let (content_type, text) = body(source);
            tested.push(client.post_text(&["metrics", "test"], &query, content_type, text).await?);
        }
        Ok(tested)
    })
}

/// The settings that a server would have, as far as metrics are concerned.
fn settings(args: &TestArgs) -> Result<Settings, Failure> {
    let mut raw = Raw::default();
    raw.set(Key::Paths, vec![args.plan.to_string_lossy().into_owned()], Origin::Flag("PLAN"));
    raw.set_flag(Key::Prometheus, args.prometheus.clone());
    if !args.metric_addresses.is_empty() {
        raw.set(Key::MetricAddresses, args.metric_addresses.clone(), Origin::Flag("--metric-addresses"));
    }
    let variables: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    config::load(raw, args.config.as_deref(), &variables).map_err(|faults| {
        let lines = faults.iter().map(ToString::to_string).collect::<Vec<_>>();
        Failure::new(Exit::Usage, lines.join("\n"))
    })
}

fn ask_from_here(
    settings: &Settings,
    plans: &[(Arc<Plan>, PlanSource)],
    variant: Option<&str>,
) -> Result<Vec<wire::MetricsTested>, Failure> {
    let variant = variant.map(VariantName::new).transpose();
    let variant = variant.map_err(|error| Failure::new(Exit::Usage, format!("--variant: {error}")))?;
    converse(async {
        let providers = metric_providers(settings);
        let mut all = Vec::new();
        for (plan, _) in plans {
            if let Some(variant) = variant.as_ref().filter(|name| **name != plan.candidate && **name != plan.stable) {
                let message = format!("{} has no variant `{variant}`", plan.name);
                let hint = format!("its variants are `{}` and `{}`", plan.candidate, plan.stable);
                return Err(Failure::error(message).hint(hint));
            }
            let tried = try_queries(&providers, plan, variant.as_ref(), Clock::system().now()).await;
            all.push(tested(plan, &tried));
        }
        Ok(all)
    })
}
