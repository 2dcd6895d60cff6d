//! `tidegate serve` and its files: a save is live, a mistake changes nothing, a signal reads again.

use super::command::{FLAGS, run, tidegate};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::{Instant, sleep, timeout};

/// Far over what anything here takes; it only bounds a test that fails.
const DEADLINE: Duration = Duration::from_secs(20);

/// A server on one folder of files.
struct Serving {
    child: Child,
    log: Lines<BufReader<ChildStderr>>,
    evaluation: String,
    control: String,
    folder: TempDir,
    client: reqwest::Client,
}

impl Serving {
    async fn start(file: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("flags.yaml"), file).unwrap();
        let path = folder.path().to_string_lossy().into_owned();
        let args =
            ["serve", &path, "--ephemeral", "--log", "json", "--evaluation", "127.0.0.1:0", "--control", "127.0.0.1:0"];
        let mut child = tidegate(&args).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let line = until_line(&mut log, "Tidegate serves").await;
        let address = |name: &str| line[name].as_str().unwrap().to_owned();
        let (evaluation, control) = (address("evaluation"), address("control"));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { child, log, evaluation, control, folder, client }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("flags.yaml")
    }

    fn save(&self, content: &str) {
        std::fs::write(self.file(), content).unwrap();
    }

    async fn evaluate(&self, flag: &str) -> Value {
        let address = format!("http://{}/ofrep/v1/evaluate/flags/{flag}", self.evaluation);
        let body = json!({ "context": { "targetingKey": "ann" } });
        self.client.post(address).json(&body).send().await.unwrap().json().await.unwrap()
    }

    async fn ready(&self) -> String {
        let address = format!("http://{}/readyz?verbose", self.control);
        self.client.get(address).send().await.unwrap().text().await.unwrap()
    }

    /// Waits until the flag is served in that variant.
    async fn until_variant(&self, flag: &str, variant: &str) {
        let began = Instant::now();
        loop {
            let answer = self.evaluate(flag).await;
            if answer["variant"] == variant {
                return;
            }
            assert!(began.elapsed() < DEADLINE, "{flag} is not {variant}: {answer}\n{}", self.ready().await);
            sleep(Duration::from_millis(2)).await;
        }
    }

    async fn until_ready_says(&self, part: &str) {
        let began = Instant::now();
        loop {
            let said = self.ready().await;
            if said.contains(part) {
                return;
            }
            assert!(began.elapsed() < DEADLINE, "`{part}` is not in {said}");
            sleep(Duration::from_millis(5)).await;
        }
    }
}

async fn until_line(log: &mut Lines<BufReader<ChildStderr>>, message: &str) -> Value {
    loop {
        let line = timeout(DEADLINE, log.next_line()).await.unwrap().unwrap().expect("the log goes on");
        let line: Value = serde_json::from_str(&line).expect("a log line is JSON");
        if line["message"].as_str().is_some_and(|text| text.contains(message)) {
            return line;
        }
    }
}

#[tokio::test]
async fn a_save_is_live_and_a_mistake_changes_nothing_until_it_is_mended() {
    let serving = Serving::start(FLAGS).await;
    serving.until_variant("search", "off").await;
    serving.save(&FLAGS.replace("defaultVariant: 'off'", "defaultVariant: 'on'"));
    serving.until_variant("search", "on").await;

    // A flag that is wrong keeps its last good version, and a new one beside it is served.
    let wrong = format!(
        "{}  fresh:\n    state: ENABLED\n    variants: {{ a: 1 }}\n    defaultVariant: a\n",
        FLAGS.replace("ENABLED", "ENABELD")
    );
    serving.save(&wrong);
    serving.until_variant("fresh", "a").await;
    assert_eq!(serving.evaluate("search").await["variant"], "on");
    serving.until_ready_says("problems: 1").await;
    let said = serving.ready().await;
    assert!(said.contains("flags.yaml:3:") && said.contains("did you mean `ENABLED`"), "{said}");
    let listed = run(&["flag", "list", "--server", &format!("http://{}", serving.control)]).await;
    assert!(listed.out.contains("problems in the files:") && listed.out.contains("flags.yaml:3:"), "{listed:?}");
    let metrics = serving.client.get(format!("http://{}/metrics", serving.control)).send().await.unwrap();
    assert!(metrics.text().await.unwrap().contains("tidegate_problems{kind=\"files\"} 1"));

    // What is no document at all changes nothing.
    for broken in ["", "flags: {", "null", "\u{feff}", "flags: [1, 2"] {
        serving.save(broken);
        serving.until_ready_says("problems: 1").await;
        assert_eq!(serving.evaluate("search").await["variant"], "on", "{broken:?}");
        assert_eq!(serving.evaluate("fresh").await["variant"], "a", "{broken:?}");
    }
    std::fs::write(serving.file(), b"\xff\xfef\0l\0a\0g\0s\0").unwrap();
    serving.until_ready_says("UTF-16").await;
    assert_eq!(serving.evaluate("search").await["variant"], "on");

    serving.save(FLAGS);
    serving.until_variant("search", "off").await;
    serving.until_ready_says("problems: 0").await;
}

#[tokio::test]
async fn at_a_cold_start_a_wrong_flag_fails_alone() {
    let file = format!("{FLAGS}  broken:\n    state: ENABLED\n    varients: {{ a: 1 }}\n");
    let serving = Serving::start(&file).await;
    assert_eq!(serving.evaluate("search").await["variant"], "off");
    let answer = serving.evaluate("broken").await;
    assert_eq!(answer["errorCode"], "PARSE_ERROR", "{answer}");
    serving.until_ready_says("unknown field `varients`; did you mean `variants`?").await;
}

#[tokio::test]
async fn replacing_a_file_never_takes_its_flags_away() {
    let serving = Serving::start(FLAGS).await;
    let beside = serving.folder.path().join("flags.yaml.new");
    std::fs::write(&beside, FLAGS.replace("defaultVariant: 'off'", "defaultVariant: 'on'")).unwrap();
    std::fs::rename(&beside, serving.file()).unwrap();
    serving.until_variant("search", "on").await;

    // Taken away for a moment, as some tools do.
    std::fs::remove_file(serving.file()).unwrap();
    sleep(Duration::from_millis(60)).await;
    assert_eq!(serving.evaluate("search").await["variant"], "on");
    serving.save(FLAGS);
    serving.until_variant("search", "off").await;

    // Taken away for good.
    std::fs::remove_file(serving.file()).unwrap();
    let began = Instant::now();
    while serving.evaluate("search").await["errorCode"] != "FLAG_NOT_FOUND" {
        assert!(began.elapsed() < DEADLINE, "a file that is gone goes on being served");
        sleep(Duration::from_millis(5)).await;
    }
}

/// A list of users that a plan names is watched as the plan is.
#[tokio::test]
async fn a_list_that_changes_is_a_plan_that_changes() {
    let plan = "kind: Rollout\nname: search-v2\nflag: search\ncandidate: 'on'\nstable: 'off'\nwaves:\n- { name: beta, \
                group: { file: beta.txt }, bake: 1h }\n";
    let both = format!("{FLAGS}---\n{plan}");
    let serving = Serving::start(&both).await;
    serving.until_ready_says("flags.yaml:13:32: rollout `search-v2`: the file `beta.txt` is not there").await;
    let list = serving.folder.path().join("beta.txt");
    std::fs::write(&list, "bob\n").unwrap();
    serving.until_ready_says("problems: 0").await;
    std::fs::write(&list, "ann\n").unwrap();
    let server = format!("http://{}", serving.control);
    let began = Instant::now();
    // Once the second list is taken there are two rows of the ledger.
    while run(&["rollout", "history", "search-v2", "--server", &server]).await.out.matches("plan").count() < 1 {
        assert!(began.elapsed() < DEADLINE, "the list is not taken up");
        sleep(Duration::from_millis(20)).await;
    }
    let started = run(&["rollout", "start", "search-v2", "--server", &server]).await;
    assert_eq!(started.code, 0, "{started:?}");
    serving.until_variant("search", "on").await;
    // What is under way goes on with the list that it was started with, and says so.
    std::fs::write(&list, "cleo\n").unwrap();
    serving.until_ready_says("it goes on with the plan it was started with").await;
    assert_eq!(serving.evaluate("search").await["variant"], "on");
}

#[tokio::test]
async fn a_hangup_reads_the_files_again_and_ends_nothing() {
    let mut serving = Serving::start(FLAGS).await;
    let pid = serving.child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-HUP", &pid]).status().await.unwrap().success());
    until_line(&mut serving.log, "SIGHUP").await;
    serving.save(&FLAGS.replace("defaultVariant: 'off'", "defaultVariant: 'on'"));
    serving.until_variant("search", "on").await;
    assert!(serving.child.try_wait().unwrap().is_none(), "it still runs");
}
