//! Asks for the past, rehearses the plan in it, and tells what was found.

use super::super::super::exit::{self, Exit, Failure};
use super::super::super::output::{self, Format};
use super::super::super::remote::converse;
use super::super::simulate;
use super::args::RehearseArgs;
use super::report::Report;
use super::text;
use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;
use tidegate::analysis::NoData;
use tidegate::app::metric_providers;
use tidegate::clock::Clock;
use tidegate::config::{self, Key, Origin, Raw, Settings};
use tidegate::measure::hint;
use tidegate::rehearse::{Fetched, Folder, Order, OrderError, Progress, fetch};
use tidegate::rollout::{MetricSource, Plan};
use tidegate::simulate::rehearse::{Limits, Past, rehearse};
use tidegate::units::{UnixMillis, format_duration};

const HOUR: Duration = Duration::from_secs(3_600);

/// What is newer than this may not all be there yet.
const SETTLES: Duration = Duration::from_secs(600);

/// The shortest and the longest step that is chosen where none is named.
const STEPS: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(1_800));

pub(in super::super) fn run(format: Format, args: &RehearseArgs) -> exit::Outcome {
    let plan = simulate::plan(&args.plan, args.rollout.as_deref(), "nothing was rehearsed")?;
    let settings = settings(args)?;
    let order = order(&plan, args);
    let pieces = order.pieces(&plan).map_err(refused)?;
    let folder = folder(args)?;
    let shown = io::stderr().is_terminal();
    if shown && !pieces.is_empty() {
        let span = format_duration(order.until.since(order.from));
        tell(&format!("{} requests at most for {span} in steps of {}\n", pieces.len(), format_duration(order.step)));
    }
    let fetched: Fetched = converse(async {
        let providers = metric_providers(&settings);
        let world = world(&settings);
        let mut last = Progress { done: 0, all: pieces.len(), kept: 0 };
        let mut told = |progress: Progress| {
            last = progress;
            if shown {
                tell(&format!("\r{} of {}, {} of them kept from before ", progress.done, progress.all, progress.kept));
            }
        };
        let asking = fetch(&plan, &order, &pieces, &providers, (folder.as_ref(), &world), &mut told);
        // The signal first: it must be listened for before anybody is asked.
        let ended = tokio::select! {
            biased;
            _ = tokio::signal::ctrl_c() => None,
            fetched = asking => Some(fetched),
        };
        if shown {
            tell("\n");
        }
        let kept = folder.as_ref().map(|folder| folder.path().display().to_string());
        let kept = kept.map(|folder| format!("what was answered is kept in {folder}: run it again to go on"));
        match ended {
            Some(Ok(fetched)) => Ok(fetched),
            Some(Err(interrupted)) => {
                let Progress { done, all, .. } = interrupted.progress;
                let nobody = matches!(interrupted.why, NoData::NoProvider(_)).then(|| {
                    "name the Prometheus server with --prometheus, or a file with connections with --config".to_owned()
                });
                let failure = Failure::error(format!("{interrupted} ({done} of {all} were there)"));
                let asked = plan.metrics.get(&interrupted.metric).map_or("", |metric| match &metric.source {
                    MetricSource::Query(query) => query.ask.kind(),
                    MetricSource::Outcomes { .. } | MetricSource::Events { .. } => "",
                });
                let both = [hint(&interrupted.why, asked).map(str::to_owned), kept];
                let both = both.into_iter().flatten().collect::<Vec<_>>().join("; ");
                // Where nobody can be asked, asking again does not help.
                Err(hinted(failure, nobody.or_else(|| (!both.is_empty()).then_some(both))))
            }
            None => {
                let failure =
                    Failure::new(Exit::Interrupted, format!("interrupted after {} of {}", last.done, last.all));
                Err(hinted(failure, kept))
            }
        }
    })?;
    let past = past(&order, &fetched)?;
    if shown {
        tell("rehearsing\n");
    }
    let limits = Limits { seed: args.seed, users_per_hour: args.users_per_hour };
    let report = interruptible(move || Report::new(&plan, &past, &fetched, &rehearse(&plan, &past, limits)))?;
    output::print(format, &report, text::text)?;
    Ok(Exit::Done)
}

/// Works in a thread of its own: whoever listened for an interruption once must go on listening, for the system does
/// not end the process by itself any more. The thread ends with the process.
fn interruptible<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let (done, outcome) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || drop(done.send(work())));
    converse(async {
        tokio::select! {
            biased;
            _ = tokio::signal::ctrl_c() => Err(Failure::new(Exit::Interrupted, "interrupted while rehearsing".to_owned())),
            outcome = outcome => outcome.map_err(|_| Failure::error("the rehearsal ended before its time".to_owned())),
        }
    })
}

fn hinted(failure: Failure, hint: Option<String>) -> Failure {
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Nobody need hear it.
fn tell(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// The server's settings, of which the connections count. No file but the plan is read.
fn settings(args: &RehearseArgs) -> Result<Settings, Failure> {
    let mut raw = Raw::default();
    raw.set(Key::Paths, vec![args.plan.to_string_lossy().into_owned()], Origin::Flag("PLAN"));
    raw.set_flag(Key::Ephemeral, Some("true".to_owned()));
    raw.set_flag(Key::Prometheus, args.prometheus.clone());
    let variables: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    config::load(raw, args.config.as_deref(), &variables).map_err(|faults| {
        let lines: Vec<_> = faults.iter().map(ToString::to_string).collect();
        Failure::new(Exit::Usage, lines.join("\n"))
    })
}

fn order(plan: &Plan, args: &RehearseArgs) -> Order {
    let clock = Clock::system().now();
    let settled = clock.minus(SETTLES);
    let now = settled.get();
    let hour = i64::try_from(HOUR.as_millis()).unwrap_or(i64::MAX);
    // Ends that are the same for an hour find more of what was kept.
    let until = args.until.unwrap_or_else(|| UnixMillis::new(now.div_euclid(hour).saturating_mul(hour)));
    // Of what is to come nobody can tell anything.
    let until = until.min(clock);
    let shortest = plan.waves.iter().map(|wave| wave.every).min().unwrap_or(STEPS.0);
    let most_requests = usize::try_from(args.most_requests).unwrap_or(usize::MAX);
    Order {
        from: until.minus(args.since),
        until,
        step: args.step.unwrap_or_else(|| shortest.clamp(STEPS.0, STEPS.1)),
        most_requests,
        pause: args.pause,
        settled,
    }
}

fn refused(error: OrderError) -> Failure {
    let hint = match error {
        OrderError::TooMany { .. } => "take a longer --step or a shorter --since, or allow more with --most-requests",
        OrderError::Step { .. } => "take a --step such as 1m and a --since such as 14d",
    };
    Failure::new(Exit::Usage, error.to_string()).hint(hint)
}

fn folder(args: &RehearseArgs) -> Result<Option<Folder>, Failure> {
    let Some(path) = args.keep.clone().or_else(cache) else { return Ok(None) };
    let open = Folder::open(&path);
    let cannot = |error: io::Error| Failure::error(format!("{} cannot be used: {error}", path.display()));
    match (open, &args.keep) {
        (Ok(folder), _) => Ok(Some(folder)),
        (Err(error), Some(_)) => Err(cannot(error).hint("name another folder with --keep")),
        // Nobody asked for it.
        (Err(_), None) => Ok(None),
    }
}

/// The folder of the user's that is there for what can be had again.
fn cache() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_CACHE_HOME").filter(|path| path.is_absolute());
    let base = base.or_else(|| set("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("tidegate").join("rehearse"))
}

/// What tells servers apart that answer the same question differently.
fn world(settings: &Settings) -> String {
    // Headers say whose metrics are meant (`X-Scope-OrgID`). Secret ones are shown as such and nothing else, so that no
    // name of a file is made of a secret.
    let connections = settings
        .connections
        .iter()
        .map(|one| format!("{} {:?} {:?} {:?}", one.name, one.address, one.kind, one.fetch.headers));
    let alone = settings.prometheus.iter().map(|address| format!("prometheus {address:?}"));
    connections.chain(alone).collect::<Vec<_>>().join("\n")
}

fn past(order: &Order, fetched: &Fetched) -> Result<Past, Failure> {
    let inside = |points: &Vec<(UnixMillis, f64)>| -> Vec<(UnixMillis, f64)> {
        points.iter().filter(|(at, _)| order.from <= *at && *at <= order.until).copied().collect()
    };
    let series: BTreeMap<_, _> = fetched.series.iter().map(|(name, points)| (name.clone(), inside(points))).collect();
    Past::new((order.from, order.until), order.step, series)
        .map_err(|error| Failure::new(Exit::Usage, error.to_string()).hint("take a longer --since or a shorter --step"))
}
