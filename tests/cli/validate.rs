//! `tidegate validate`, as a check of changes runs it.

use super::command::{FLAGS, ROLLOUT, run};
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

async fn validate(folder: &Path) -> (i32, Value) {
    let ran = run(&["validate", &folder.to_string_lossy(), "-o", "json"]).await;
    (ran.code, serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{ran:?}")))
}

fn messages(report: &Value) -> Vec<String> {
    let problems = report["problems"].as_array().unwrap().iter();
    let told = problems.map(|problem| {
        let file = Path::new(problem["file"].as_str().unwrap()).file_name().unwrap().to_string_lossy().into_owned();
        format!("{file}:{}: {} {}", problem["line"], problem["message"], problem["hint"])
    });
    told.collect()
}

#[tokio::test]
async fn good_files_are_counted_and_end_with_zero() {
    let both = format!("{FLAGS}---\n{ROLLOUT}");
    let good =
        folder(&[("a/both.yaml", &both), ("empty.json", "{\"flags\": {}}"), (".hidden.yaml", "x"), ("notes.txt", "x")]);
    let (code, report) = validate(good.path()).await;
    assert_eq!(
        (code, report),
        (0, json!({ "valid": true, "files": 2, "flags": 1, "rollouts": 1, "trains": 0, "problems": [] }))
    );
    let text = run(&["validate", &good.path().to_string_lossy()]).await;
    assert_eq!((text.code, text.out.trim()), (0, "1 flag and 1 rollout in 2 files: valid"));
}

#[tokio::test]
async fn all_problems_of_all_files_are_told_at_once_with_their_places() {
    let bad = folder(&[
        ("a.yaml", &FLAGS.replace("variants", "varients")),
        ("b.json", "{\"flags\": {"),
        ("c.yaml", &format!("{FLAGS}---\n{}", ROLLOUT.replace("flag: search", "flag: serch"))),
        ("d.yaml", &ROLLOUT.replace("exposure: 50%", "exposure: 101%")),
        ("e.yaml", "kind: Rolout\nname: x\n"),
        ("f.yaml", ""),
    ]);
    let (code, report) = validate(bad.path()).await;
    let told = messages(&report);
    assert_eq!((code, &report["valid"]), (1, &json!(false)));
    for part in [
        "a.yaml:4: \"unknown field `varients`\" \"did you mean `variants`?\"",
        "b.json:1: \"not JSON",
        "c.yaml:9: ",
        "d.yaml:9: \"`101%` is more than 100%\"",
        "e.yaml:1: \"a document of an unknown kind\" \"did you mean `Rollout`?\"",
        "f.yaml:1: \"the file is empty\"",
    ] {
        assert!(told.iter().any(|message| message.contains(part)), "{part} in {told:#?}");
    }
    let missing_flag = told.iter().find(|message| message.starts_with("c.yaml:9")).unwrap();
    assert!(missing_flag.contains("serch"), "{missing_flag}");
    let text = run(&["validate", &bad.path().to_string_lossy()]).await;
    assert_eq!((text.code, text.err.as_str()), (1, ""), "problems are the answer: they go to standard output");
    assert!(
        text.out.contains("a.yaml:4:5: flag `search`: unknown field `varients`; did you mean `variants`?"),
        "{}",
        text.out
    );
}

/// A plan must not show what else lies on the machine that validates it.
#[tokio::test]
async fn a_plan_names_files_of_its_own_folder_only() {
    let plan = |file: &str| ROLLOUT.replace("exposure: 50%", &format!("group: {{ file: {file} }}"));
    let named = |name: &str, file: &str| plan(file).replace("search-v2", name);
    let place = folder(&[
        ("flags.yaml", FLAGS),
        ("plans/good.yaml", &named("good", "groups/beta.txt")),
        ("plans/up.yaml", &named("up", "../secret.txt")),
        ("plans/link.yaml", &named("link", "link.txt")),
        ("plans/groups/beta.txt", "# testers\nann\n"),
        ("secret.txt", "hunter2\n"),
    ]);
    std::os::unix::fs::symlink(place.path().join("secret.txt"), place.path().join("plans/link.txt")).unwrap();
    let (code, report) = validate(place.path()).await;
    let told = messages(&report);
    assert_eq!((code, told.len(), &report["rollouts"]), (1, 2, &json!(1)), "{told:#?}");
    assert!(told[0].starts_with("link.yaml:9: \"the file `link.txt` is a link to a place outside"), "{told:#?}");
    assert!(told[1].starts_with("up.yaml:9: \"the file `../secret.txt` is outside of the plan's folder"), "{told:#?}");
    assert!(!report.to_string().contains("hunter2"), "{report}");
}

#[tokio::test]
async fn two_definitions_of_one_thing_are_a_problem() {
    let twice = folder(&[("a.yaml", FLAGS), ("b.yaml", FLAGS), ("c.yaml", ROLLOUT), ("d.yaml", ROLLOUT)]);
    let (code, report) = validate(twice.path()).await;
    let told = messages(&report);
    assert_eq!((code, told.len()), (1, 2), "{told:?}");
    assert!(told[0].starts_with("b.yaml:2") && told[1].starts_with("d.yaml"), "{told:?}");
}

#[tokio::test]
async fn paths_that_are_not_there_are_problems() {
    let nothing = run(&["validate", "/nowhere/at/all"]).await;
    assert_eq!(nothing.code, 1);
    assert!(nothing.out.contains("/nowhere/at/all"), "{nothing:?}");
    let other = folder(&[("flags.toml", "")]);
    let other = run(&["validate", &other.path().join("flags.toml").to_string_lossy()]).await;
    assert_eq!(other.code, 1);
    assert!(other.out.contains("ends neither in .json"), "{other:?}");
}

#[tokio::test]
async fn links_are_followed_and_circles_of_them_are_left() {
    let linked = folder(&[("real/flags.yaml", FLAGS)]);
    std::os::unix::fs::symlink(linked.path(), linked.path().join("real/up")).unwrap();
    std::os::unix::fs::symlink(linked.path().join("real/flags.yaml"), linked.path().join("link.yaml")).unwrap();
    let (code, report) = validate(linked.path()).await;
    assert_eq!((code, &report["files"], &report["flags"]), (0, &json!(1), &json!(1)), "{report}");
}
