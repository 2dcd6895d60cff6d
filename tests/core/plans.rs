//! Rollout documents, bad and good.
//!
//! Each file in `testdata/plans` is a plan with a fault; the `.txt` beside it is what its author is
//! told. `UPDATE_EXPECT=1` writes those texts anew: read the difference before you keep it.

use crate::served::{answer, catalog, snapshot, with_overlay};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tidegate::eval::Bucketing;
use tidegate::flag::CatalogEntry;
use tidegate::rollout::train::{Train, disagreement, has_no_part};
use tidegate::rollout::{
    self, Ask, AskPrometheus, Attachments, Clause, List, Measure, MetricSource, Plan, Query, Role, Stage, State, Unit,
};
use tidegate::source::{Format, Node, Problem, parse};
use tidegate::units::{Exposure, UnixMillis};

fn files_in(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// The files that were handed over with each plan.
fn attachments() -> Attachments {
    let mut files = Attachments::none();
    files.add("beta.txt", "# who takes part\r\n\r\nann\r\n bob \r\nann\n");
    files.add("nobody.txt", "# nobody yet\n\n");
    files.add("binary.txt", "ann\nb\u{1}b\n");
    files.add("large.txt", "#".repeat((4 << 20) + 1));
    files.add("many.txt", (0..=100_000).map(|number| format!("u{number}\n")).collect::<String>());
    files.add_fault("locked.txt", "cannot be read: permission denied");
    files
}

/// All documents of a text, each as its problems or nothing.
fn check_all(name: &str, text: &str) -> Vec<Result<(), Vec<Problem>>> {
    match parse(name, text.as_bytes(), Format::of(name).unwrap()) {
        Ok(parsed) => {
            let files = attachments();
            let is_train = |document: &Node<'_>| document.get("kind").and_then(Node::as_str) == Some("Train");
            let check = |document: &Node<'_>| match is_train(document) {
                true => rollout::lower_train(document, &parsed.text).map(drop),
                false => rollout::lower(document, &parsed.text, &files).map(drop),
            };
            parsed.documents.iter().map(check).collect()
        }
        Err(problems) => vec![Err(problems)],
    }
}

/// All documents of a text, each as its plan or its problems.
fn lower_all(name: &str, text: &str) -> Vec<Result<Plan, Vec<Problem>>> {
    match parse(name, text.as_bytes(), Format::of(name).unwrap()) {
        Ok(parsed) => {
            let files = attachments();
            parsed.documents.iter().map(|document| rollout::lower(document, &parsed.text, &files)).collect()
        }
        Err(problems) => vec![Err(problems)],
    }
}

#[track_caller]
fn lower_one(text: &str) -> Plan {
    lower_all("plan.yaml", text).remove(0).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

#[test]
fn every_bad_plan_is_refused_at_its_fault() {
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let (mut seen, mut wrong) = (0, String::new());
    for file in files_in("tests/core/testdata/plans") {
        let name = file_name(&file);
        if Format::of(&name).is_none() {
            continue;
        }
        let mut told = String::new();
        let text = std::fs::read_to_string(&file).unwrap();
        let problems: Vec<_> = check_all(&name, &text).into_iter().filter_map(Result::err).flatten().collect();
        for problem in &problems {
            writeln!(told, "{problem}\n    | {}", problem.excerpt).unwrap();
        }
        let one_fault = problems.len() == 1 || (problems.len() > 1 && name.starts_with("several_"));
        if !one_fault {
            writeln!(wrong, "{name} has {} problems:\n{told}", problems.len()).unwrap();
        }
        let expected = file.with_extension("txt");
        if update {
            std::fs::write(&expected, &told).unwrap();
        }
        let written = std::fs::read_to_string(&expected).unwrap_or_default();
        if written != told {
            writeln!(wrong, "{name} tells\n{told}instead of\n{written}").unwrap();
        }
        seen += 1;
    }
    assert!(seen >= 200, "only {seen} bad plans: some are missing");
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_a_plan_leaves_out_has_its_usual_value() {
    let plan = lower_one(
        "kind: Rollout\nname: search-2\nflag: search\ncandidate: new\nstable: old\n\
         metrics:\n  failures: { provider: outcomes, measure: errors }\n  all: { provider: outcomes, measure: count }\n  \
         cpu: { provider: prometheus, query: 'cpu{variant=\"{{variant}}\"}' }\n\
         waves: [ { name: everyone, exposure: 100%, bake: 10m } ]\n",
    );
    assert_eq!((&*plan.environment, &*plan.bucket_by, &*plan.salt), ("default", "targetingKey", "search-2"));
    let wave = &plan.waves[0];
    assert_eq!((wave.every, wave.bake), (Duration::from_secs(60), Duration::from_secs(600)));
    assert_eq!((&wave.audience, &wave.approval, &plan.after), (&None, &None, &None));
    assert!(wave.clauses.is_empty());
    let window = Duration::from_secs(300);
    let metric = |name: &str| &plan.metrics[name];
    assert_eq!(metric("failures").role, Role::Guardrail);
    let errors = MetricSource::Outcomes { measure: Measure::Errors, window, min_samples: 20 };
    assert_eq!((metric("failures").unit, &metric("failures").source), (Unit::Count, &errors));
    // Six outcomes are six outcomes, however few that is.
    let count = MetricSource::Outcomes { measure: Measure::Count, window, min_samples: 0 };
    assert_eq!(metric("all").source, count);
    let ask = Ask::Prometheus(AskPrometheus::Value("cpu{variant=\"{{variant}}\"}".into()));
    let cpu = MetricSource::Query(Query { connection: None, address: None, window, ask });
    assert_eq!((metric("cpu").unit, &metric("cpu").source), (Unit::Number, &cpu));
}

/// The conditions of one list, in canonical form.
fn texts(clauses: &[Arc<Clause>], list: List) -> Vec<&str> {
    clauses.iter().filter(|clause| clause.list == list).map(|clause| &*clause.text).collect()
}

#[test]
fn what_is_always_judged_comes_before_what_a_wave_adds() {
    let plan = lower_one(
        r#"
kind: Rollout
name: search
flag: search
candidate: new
stable: old
metrics:
  error_rate: { provider: outcomes, measure: error_ratio }
  cost: { provider: prometheus, unit: percent, query: cost, role: signal, no_data: hold }
always: { close_when: 'alert(severity = "critical", team != "shop")', hold_when: [ error_rate > 5%, cost > 80% ] }
waves:
  - { name: first, exposure: 0.5%, bake: 1h30m, every: 5s, approval: release-managers }
  - { name: second, exposure: 0.5%, bake: 1h, approval: false, close_when: [ error_rate > 1% for 90s ], hold_when: error_rate >= 0.5% }
  - { name: third, exposure: 100 %, bake: 1h, approval: true }
after: { watch: 14d, every: 15m }
"#,
    );
    let alert = "alert(severity = \"critical\", team != \"shop\")";
    let [first, second, third] = &plan.waves[..] else { panic!("three waves") };
    assert_eq!(texts(&first.clauses, List::Close), [alert]);
    assert_eq!(texts(&second.clauses, List::Close), [alert, "error_rate > 1% for 1m30s"]);
    assert_eq!(texts(&second.clauses, List::Hold), ["error_rate > 5%", "cost > 80%", "error_rate >= 0.5%"]);
    let after = &plan.after.as_ref().unwrap().clauses;
    assert_eq!((texts(after, List::Close), texts(after, List::Hold).len()), (vec![alert], 2));
    assert!(second.clauses.is_sorted_by_key(|clause| clause.list), "what closes is looked at first");
    let approvals: Vec<_> = [first, second, third].map(|wave| wave.approval.as_deref()).to_vec();
    assert_eq!(approvals, [Some("release-managers"), None, Some("a person")]);
    assert_eq!((first.exposure.ppm(), third.exposure), (5_000, Exposure::ALL));
    assert_eq!(plan.metrics["cost"].role, Role::Signal);
}

/// Whoever is outside of the slice has the stable variant, also when all of the slice has the candidate.
#[test]
fn a_slice_of_a_layer_leaves_somebody_to_compare_with() {
    let plan = lower_one(
        r#"
kind: Rollout
name: search
flag: search
candidate: new
stable: old
layer: { name: checkout, from: 12.5%, to: 62.5% }
budget: { metric: error_rate, objective: 99%, share: 10% }
metrics: { error_rate: { provider: outcomes, measure: error_ratio } }
waves: [ { name: all, exposure: 100%, bake: 1h, close_when: error_rate > control + 5pp } ]
after: { watch: 1h, close_when: error_rate regresses }
"#,
    );
    let layer = plan.layer.as_ref().unwrap();
    assert_eq!((layer.name().as_str(), layer.from().ppm(), layer.to().ppm()), ("checkout", 125_000, 625_000));
    assert!((plan.part_of_all() - 0.5).abs() < 1e-12);
}

/// Whom the waves of a plan open to, each with those before it.
fn opened(plan: &Plan, contexts: &[&str]) -> Vec<Vec<usize>> {
    let served = snapshot("flags: { f: { state: ENABLED, variants: { new: 1, old: 0 } } }", Bucketing::V3);
    let at = |wave: usize| {
        let stage = Stage::enter(1, wave, UnixMillis::new(0));
        let overlay = rollout::overlay(plan, &State::Running(stage)).unwrap();
        let open = with_overlay(&served, "f", overlay);
        let has = |context: &&str| answer(&open, "f", context).contains(r#""variant":"new""#);
        contexts.iter().enumerate().filter(|(_, context)| has(context)).map(|(position, _)| position).collect()
    };
    (0..plan.waves.len()).map(at).collect()
}

#[test]
fn groups_are_users_by_name_by_rule_or_by_file() {
    let head = "kind: Rollout\nname: r\nflag: f\ncandidate: new\nstable: old\n";
    let waves = r#"waves:
  - { name: team, group: { users: [ team-1, "7", team-1 ] }, bake: 1h }
  - { name: paying, group: { rule: { "==": [ { var: plan }, pro ] }, exposure: 100% }, bake: 1h }
  - { name: listed, group: { file: beta.txt }, bake: 1h }
  - { name: nobody-more, group: { file: beta.txt }, approval: support, bake: 1h }
"#;
    let plan = lower_one(&format!("{head}{waves}"));
    let contexts = [
        r#"{"targetingKey":"team-1"}"#,
        r#"{"targetingKey":"7"}"#,
        r#"{"targetingKey":"eve","plan":"pro"}"#,
        r#"{"targetingKey":"ann"}"#,
        r#"{"targetingKey":"bob"}"#,
        "{\"targetingKey\":\"# who takes part\"}",
        r#"{"targetingKey":"Ann"}"#,
        r#"{"plan":"pro"}"#,
        r#"{"targetingKey":""}"#,
    ];
    let expected = [vec![0, 1], vec![0, 1, 2], vec![0, 1, 2, 3, 4], vec![0, 1, 2, 3, 4]];
    assert_eq!(opened(&plan, &contexts), expected);
    // Whoever is hashed by a number is named by it.
    let plan = lower_one(&format!("{head}bucket_by: account.id\n{waves}"));
    let contexts = [
        r#"{"account":{"id":7}}"#,
        r#"{"account":{"id":"7"}}"#,
        r#"{"targetingKey":"7"}"#,
        r#"{"account":{"id":8},"targetingKey":"ann"}"#,
        r#"{"account":{"id":"ann"}}"#,
    ];
    assert_eq!(opened(&plan, &contexts), [vec![0, 1], vec![0, 1], vec![0, 1, 4], vec![0, 1, 4]]);
}

/// Ten people of the company, then whoever takes part in the beta, then a quarter of everybody, and on.
#[test]
fn a_share_may_be_smaller_than_that_of_another_audience_before_it() {
    let plan = lower_one(
        r#"
kind: Rollout
name: search
flag: search
candidate: new
stable: old
waves:
  - { name: team, exposure: 100%, audience: { ends_with: [ { var: email }, "@company.example" ] }, bake: 2d }
  - { name: beta, exposure: 100%, audience: { "==": [ { var: beta }, true ] }, bake: 3d }
  - { name: quarter, exposure: 25%, bake: 2d }
  - { name: quarter-once-more, exposure: 25%, bake: 2d, approval: support }
  - { name: half, exposure: 50%, bake: 2d }
  - { name: everybody, exposure: 100%, bake: 1d }
"#,
    );
    let percent = |wave: &rollout::Wave| wave.exposure.ppm() / 10_000;
    assert_eq!(plan.waves.iter().map(percent).collect::<Vec<_>>(), [100, 100, 25, 25, 50, 100]);
}

/// The plans in `flags/`, by name.
fn shipped() -> BTreeMap<String, Plan> {
    let plans = files_in("flags").into_iter().filter(|file| file_name(file).ends_with(".rollout.yaml")).map(|file| {
        let plan = lower_one(&std::fs::read_to_string(&file).unwrap());
        assert_eq!(file_name(&file), format!("{}.rollout.yaml", plan.name));
        (plan.name.to_string(), plan)
    });
    plans.collect()
}

/// The shipped plans are what the demo runs and what newcomers copy: they must be sound, and follow
/// the plan they claim to follow.
#[test]
fn the_shipped_plans_are_sound() {
    let shipped = shipped();
    let hours = |wave: &rollout::Wave| wave.bake.as_secs() / 3_600;
    let minutes = |wave: &rollout::Wave| wave.every.as_secs() / 60;
    let shares = |plan: &Plan| plan.waves.iter().map(|wave| wave.exposure.ppm() / 10_000).collect::<Vec<_>>();
    let batch = &shipped["batch-patches-v1"];
    assert_eq!(shares(batch), [10, 25, 50, 100]);
    assert_eq!(batch.waves.iter().map(hours).collect::<Vec<_>>(), [24, 48, 48, 48]);
    assert_eq!(batch.waves.iter().map(minutes).collect::<Vec<_>>(), [15, 10, 5, 1]);
    for wave in &batch.waves {
        let critical = ["error_rate > 10% for 5m", "success_rate < 90%", "p95 > 1s", "p99 > 1.5s", "violations > 10"];
        let close = texts(&wave.clauses, List::Close);
        let first = ["alert(severity = \"critical\")", "corruption >= 1", "error_rate regresses by 20%"];
        assert_eq!((&close[..3], &close[3..8]), (&first[..], &critical[..]));
        let warning = ["error_rate > 5%", "success_rate < 95%", "p95 > 600ms", "p99 > 800ms", "violations > 5"];
        assert_eq!(texts(&wave.clauses, List::Hold), warning);
        let target = ["error_rate < 2%", "success_rate > 98%", "p95 < 400ms", "p99 < 500ms", "violations <= 0"];
        assert_eq!(texts(&wave.clauses, List::Advance), target);
    }
    assert!(batch.waves[0].audience.is_some() && batch.waves[1..].iter().all(|wave| wave.audience.is_none()));
    assert_eq!(batch.after.as_ref().unwrap().watch, Duration::from_secs(14 * 86_400));
    assert_eq!(shares(&shipped["checkout-v2"]), [10, 25, 50, 100]);
    for plan in shipped.values() {
        let built_in = |metric: &rollout::Metric| !matches!(metric.source, MetricSource::Query(_));
        assert!(plan.metrics.values().all(built_in), "{}: the demo has no other system", plan.name);
        assert!(plan.waves.iter().all(|wave| wave.approval.is_none()), "{}: the demo runs unattended", plan.name);
    }
}

/// Plans to copy from: each is sound with the files it names, and completes nothing by accident.
#[test]
fn the_plans_among_the_examples_are_sound() {
    let (mut names, mut layers) = (Vec::new(), Vec::new());
    for file in files_in("examples/plans") {
        let (name, text) = (file_name(&file), std::fs::read_to_string(&file).unwrap());
        let Some((stem, _)) = name.split_once(".rollout.yaml").or_else(|| name.split_once(".train.yaml")) else {
            continue;
        };
        let parsed = parse(&name, text.as_bytes(), Format::Yaml).unwrap();
        let (mut plans, mut trains) = (Vec::new(), Vec::new());
        for document in &parsed.documents {
            if document.get("kind").and_then(Node::as_str) == Some("Train") {
                trains.push(rollout::lower_train(document, &parsed.text).unwrap_or_else(|why| panic!("{why:#?}")));
                continue;
            }
            let mut files = Attachments::none();
            for named in rollout::named_files(document) {
                files.add(named, std::fs::read_to_string(file.with_file_name(named)).unwrap());
            }
            plans.push(rollout::lower(document, &parsed.text, &files).unwrap_or_else(|why| panic!("{why:#?}")));
        }
        assert_eq!(stem, trains.first().map_or(plans[0].name.as_str(), |train| train.name.as_str()));
        let mut waves = plans.iter().flat_map(|plan| &plan.waves);
        assert!(waves.any(|wave| wave.approval.is_some()), "{name}: in production people agree");
        trains.iter().for_each(|train| rides_well(train, &plans));
        names.push(stem.to_owned());
        layers.extend(plans.into_iter().filter_map(|plan| plan.layer));
    }
    let [express, installments] = &layers[..] else { panic!("two of a layer") };
    assert!(!express.overlaps(installments), "they are to share no user");
    assert_eq!(
        names,
        [
            "batch-patches-v1",
            "checkout-express",
            "checkout-installments",
            "hybrid-routing",
            "maintenance-scheduling",
            "search-ranking"
        ]
    );
}

/// A train finds each rollout in its own file, and they suit it.
fn rides_well(train: &Train, plans: &[Plan]) {
    assert_eq!(train.members.len(), plans.len(), "every rollout of the file rides");
    for member in &train.members {
        let plan = plans.iter().find(|plan| plan.name == member.rollout).unwrap();
        assert_eq!(has_no_part(train, member, plan), None);
        assert_eq!(member.watch, Duration::from_secs(120), "each is watched for two minutes");
    }
    assert_eq!(disagreement(train, &plans.iter().collect::<Vec<_>>()), None);
}

/// Whoever copies a plan from the documentation must not be told that it is wrong.
#[test]
fn the_plans_in_the_documentation_are_sound() {
    let read = |name| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)).unwrap();
    let trains = read("trains.md");
    let (train, rollout) = trains.split_once("```yaml\n").unwrap().1.split_once("```yaml\n").unwrap();
    let parsed = parse("trains.md", train.split_once("```").unwrap().0.as_bytes(), Format::Yaml).unwrap();
    let train = rollout::lower_train(&parsed.documents[0], &parsed.text).unwrap_or_else(|why| panic!("{why:#?}"));
    let rollout = lower_one(rollout.split_once("```").unwrap().0);
    let rides = train.members.iter().find(|member| member.rollout == rollout.name).unwrap();
    assert_eq!(has_no_part(&train, rides, &rollout), None);
    let text = read("rollouts.md");
    let blocks: Vec<&str> = text.split("```yaml\n").skip(1).filter_map(|block| block.split("```").next()).collect();
    let is_plan = |block: &&str| block.lines().find(|line| !line.starts_with('#')) == Some("kind: Rollout");
    let (plans, parts): (Vec<&str>, Vec<&str>) = blocks.into_iter().partition(is_plan);
    assert!(plans.len() >= 2 && parts.len() >= 3, "{} plans and {} parts", plans.len(), parts.len());
    for plan in plans {
        lower_one(plan);
    }
    // A part shows metrics, lists or waves, and is a plan with what it leaves out.
    for part in parts {
        let head = "kind: Rollout\nname: r\nflag: f\ncandidate: new\nstable: old\n";
        let waves = if part.contains("waves:") { "" } else { "waves: [ { name: all, exposure: 100%, bake: 1h } ]\n" };
        lower_one(&format!("{head}{}{waves}", part.replace("beta-users.txt", "beta.txt")));
    }
}

/// The shipped flags are sound, and each shipped plan finds its flag and variants there.
#[test]
fn the_shipped_plans_fit_the_shipped_flags() {
    let text =
        std::fs::read_to_string(files_in("flags").iter().find(|file| file_name(file) == "demo.flags.yaml").unwrap());
    let catalog = catalog("demo.flags.yaml", &text.unwrap());
    assert_eq!(catalog.problems(), []);
    let serving: BTreeMap<_, _> = catalog
        .flags()
        .filter_map(|(key, entry)| match entry {
            CatalogEntry::Serving(definition) => Some((key.to_string(), definition)),
            CatalogEntry::Broken(_) => None,
        })
        .collect();
    for plan in shipped().values() {
        assert_eq!(rollout::check_against(plan, serving.get(plan.flag.as_str()).map(|flag| &**flag)), [""; 0]);
    }
}

#[test]
fn a_plan_that_does_not_fit_its_flag_is_told_why() {
    let plan = lower_one(
        "{ kind: Rollout, name: a, flag: search, candidate: nwe, stable: former, \
         waves: [ { name: all, exposure: 100%, bake: 1h } ] }",
    );
    assert_eq!(rollout::check_against(&plan, None), ["the flag `search` is not defined, or never was without a fault"]);
    let flags = "flags: { search: { state: DISABLED, variants: { new: true, old: false }, defaultVariant: old } }";
    let catalog = catalog("flags.yaml", flags);
    let Some((_, CatalogEntry::Serving(definition))) = catalog.flags().next() else { panic!("a sound flag") };
    assert_eq!(
        rollout::check_against(&plan, Some(&definition)),
        [
            "the flag `search` is disabled, so that nobody gets the candidate",
            "the flag `search` has no variant `nwe`, the plan's `candidate`; did you mean `new`?",
            "the flag `search` has no variant `former`, the plan's `stable`; it has `new`, `old`",
        ]
    );
}
