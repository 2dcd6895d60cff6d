//! `tidegate rollout simulate`.

use super::super::exit::{Exit, Failure};
use super::super::output::{self, Format};
use super::super::{exit, output::columns};
use clap::Args;
use serde::Serialize;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tidegate::app::sources;
use tidegate::rollout::{Plan, Wait};
use tidegate::simulate::{LONGEST_RECORDING, Outcome, Recording, Row, Scenario, Simulated, simulate};
use tidegate::units::format_duration;

pub(super) const AFTER: &str = "\
Scenarios:
  healthy        the candidate is as good as the stable variant
  double-errors  the candidate is twice as bad from the beginning: errors, latencies
  slow-burn      from the second wave on the candidate gets worse with every hour
  outage         in the middle of the second wave no metric has data for three hours
  FILE.csv       the metrics are what the table says: `time,metric,value[,arm]`

Exit codes: 0 completed, 3 rolled back, 6 held until a person does something.";

#[derive(Debug, Args)]
pub(super) struct SimulateArgs {
    /// The file with the plan
    plan: PathBuf,
    /// What happens: healthy, double-errors, slow-burn, outage, or a file that ends in .csv
    #[arg(long, value_name = "SCENARIO", default_value = "healthy")]
    scenario: String,
    /// Which of all the ways in which chance may fall; the same number gives the same result
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many users come in an hour; without it as many as the plan needs for the samples it asks for
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000_000))]
    users_per_hour: Option<u64>,
    /// Which rollout, where the file has several
    #[arg(long, value_name = "NAME")]
    rollout: Option<String>,
}

/// A simulation as JSON has it.
#[derive(Debug, Serialize)]
struct Report {
    rollout: String,
    scenario: String,
    seed: u64,
    users_per_hour: u64,
    outcome: &'static str,
    reason: String,
    lasted: String,
    lasted_seconds: f64,
    checks: u64,
    /// The metrics of users of the stable variant while all is well.
    healthy: Vec<Shown>,
    timeline: Vec<Line>,
    /// Rows that are not there because there were too many.
    left_out: u64,
}

#[derive(Debug, Serialize)]
struct Line {
    at: String,
    seconds: f64,
    kind: &'static str,
    sentence: String,
    wave: Option<String>,
    exposure: String,
    waits: Vec<Waits>,
    readings: Vec<Shown>,
}

#[derive(Debug, Serialize)]
struct Waits {
    kind: &'static str,
    sentence: String,
}

#[derive(Debug, Serialize)]
struct Shown {
    metric: String,
    value: String,
}

pub(super) fn run(format: Format, args: &SimulateArgs) -> exit::Outcome {
    let plan = plan(&args.plan, args.rollout.as_deref(), "nothing was simulated")?;
    let scenario = scenario(&args.scenario, &plan)?;
    let simulated = simulate(&plan, scenario, args.seed, args.users_per_hour);
    let exit = match simulated.outcome {
        Outcome::Completed => Exit::Done,
        Outcome::RolledBack => Exit::RolledBack,
        Outcome::Held => Exit::NeedsPerson,
    };
    output::print(format, &report(&plan, args, simulated), text)?;
    Ok(exit)
}

/// The plan of a file, read as a server reads it. `undone` says what did not take place when that fails.
pub(super) fn plan(file: &Path, name: Option<&str>, undone: &str) -> Result<Arc<Plan>, Failure> {
    let read = sources::read(file);
    let problems = read.problems();
    if !problems.is_empty() {
        let lines: Vec<_> = problems.iter().map(ToString::to_string).collect();
        return Err(Failure::error(lines.join("\n")).hint(undone));
    }
    let plans: Vec<&Arc<Plan>> = read.rollouts().map(|(plan, _)| plan).collect();
    let names = || plans.iter().map(|plan| plan.name.as_str()).collect::<Vec<_>>().join(", ");
    match (plans.as_slice(), name) {
        ([], _) => {
            Err(Failure::error(format!("{} has no rollouts", file.display())).hint("a rollout says `kind: Rollout`"))
        }
        (plans, Some(name)) => {
            let found = plans.iter().find(|plan| plan.name.as_str() == name).map(|plan| Arc::clone(plan));
            found.ok_or_else(|| {
                Failure::error(format!("{} has no rollout {name}", file.display())).hint(format!("it has: {}", names()))
            })
        }
        ([plan], None) => Ok(Arc::clone(plan)),
        (_, None) => Err(Failure::new(Exit::Usage, format!("{} has several rollouts: {}", file.display(), names()))
            .hint("choose one with `--rollout NAME`")),
    }
}

fn scenario(word: &str, plan: &Plan) -> Result<Scenario, Failure> {
    match word {
        "healthy" => Ok(Scenario::Healthy),
        "double-errors" => Ok(Scenario::DoubleErrors),
        "slow-burn" => Ok(Scenario::SlowBurn),
        "outage" => Ok(Scenario::Outage),
        file if Path::new(file).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv")) => {
            recorded(file, plan)
        }
        other => Err(Failure::new(Exit::Usage, format!("there is no scenario `{other}`"))
            .hint("use healthy, double-errors, slow-burn, outage, or a file that ends in .csv")),
    }
}

fn recorded(file: &str, plan: &Plan) -> Result<Scenario, Failure> {
    let cannot = |error: std::io::Error| Failure::error(format!("{file} cannot be read: {error}"));
    let most = u64::try_from(LONGEST_RECORDING).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    // One byte more shows that it is too long.
    File::open(file).and_then(|file| file.take(most.saturating_add(1)).read_to_end(&mut bytes)).map_err(cannot)?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::error(format!("{file} is not UTF-8")))?;
    Recording::parse(&text, plan).map(Scenario::Recorded).map_err(|error| {
        let failure = Failure::error(format!("{file}:{error}"));
        match error.hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })
}

fn report(plan: &Plan, args: &SimulateArgs, simulated: Simulated) -> Report {
    Report {
        rollout: plan.name.to_string(),
        scenario: args.scenario.clone(),
        seed: args.seed,
        users_per_hour: simulated.users_per_hour,
        outcome: simulated.outcome.as_str(),
        reason: simulated.reason,
        lasted: format_duration(simulated.lasted),
        lasted_seconds: simulated.lasted.as_secs_f64(),
        checks: simulated.checks,
        healthy: shown(simulated.sound),
        timeline: simulated.timeline.into_iter().map(line).collect(),
        left_out: simulated.left_out,
    }
}

fn line(row: Row) -> Line {
    let wait = |wait: &Wait| Waits { kind: wait.kind(), sentence: wait.to_string() };
    Line {
        at: moment(row.at),
        seconds: row.at.as_secs_f64(),
        kind: row.kind,
        sentence: row.sentence,
        wave: Some(row.wave).filter(|wave| !wave.is_empty()),
        exposure: row.exposure.to_string(),
        waits: row.waits.iter().map(wait).collect(),
        readings: shown(row.readings),
    }
}

fn shown(values: Vec<(String, String)>) -> Vec<Shown> {
    values.into_iter().map(|(metric, value)| Shown { metric, value }).collect()
}

/// A time since the beginning to the second: `2d 03:15:00`.
fn moment(at: Duration) -> String {
    let seconds = at.as_secs();
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    match seconds / 86_400 {
        0 => clock,
        days => format!("{days}d {clock}"),
    }
}

fn text(report: &Report) -> String {
    let title = format!("{}, scenario {}, seed {}", report.rollout, report.scenario, report.seed);
    let healthy = report.healthy.iter().map(|shown| format!("{} {}", shown.metric, shown.value));
    let world = std::iter::once(format!("{} users an hour", grouped(report.users_per_hour))).chain(healthy);
    let mut before: Option<(&str, &str)> = None;
    let rows: Vec<Vec<String>> = report
        .timeline
        .iter()
        .map(|line| {
            // Where it stands is shown when it changes.
            let stands = (line.wave.as_deref().unwrap_or("-"), line.exposure.as_str());
            let (wave, exposure) = if before == Some(stands) { ("", "") } else { stands };
            before = Some(stands);
            vec![line.at.clone(), wave.to_owned(), exposure.to_owned(), line.kind.to_owned(), line.sentence.clone()]
        })
        .collect();
    let mut lines = vec![title, format!("assumed: {}", world.collect::<Vec<_>>().join(", ")), String::new()];
    lines.push(columns(&["TIME", "WAVE", "EXPOSURE", "WHAT", "IN WORDS"], rows));
    if report.left_out > 0 {
        lines.push(format!("... and {} more changes of what it waits for", grouped(report.left_out)));
    }
    let checks = grouped(report.checks);
    lines.push(String::new());
    lines.push(format!(
        "{} after {}, {checks} checks: {}",
        report.outcome.replace('_', " "),
        report.lasted,
        report.reason
    ));
    lines.join("\n")
}

/// A number with its thousands apart: `60,000`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && digits.len().saturating_sub(index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
