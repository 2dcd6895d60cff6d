//! Tells what happens, and why, in plain sentences; breaks the second rollout when its time comes.

use super::files::Folder;
use super::shop::Shop;
use crate::app::{Server, StartError};
use crate::clock::{Clock, after};
use crate::config::{DEFAULT_CONTROL, DEFAULT_EVALUATION, Listener, Origins, Settings, StoreChoice};
use crate::eval::Bucketing;
use crate::http::api::wire::{History, HistoryEntry};
use crate::telemetry::LogFormat;
use crate::units::format_duration;
use reqwest::Client;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// How fast the demo's clock runs unless something else is asked for: an hour is a second.
const SPEED: u32 = 3_600;
/// How long the story may take at that speed before `--once` gives up.
const LONGEST: Duration = Duration::from_secs(360);
/// How long the new checkout is healthy in the wave in which it breaks.
const HEALTHY: Duration = Duration::from_millis(400);
/// How many users are asked to see what everybody gets.
const SURVEYED: u32 = 500;

/// The last wave's exposure: one in a hundred is held back, to have somebody to compare with.
const EVERYBODY: &str = "99%";
/// How many of those asked may be held back, by chance: hardly ever so many.
const MOST_HELD_BACK: usize = 20;

const GOOD: &str = "batch-patches-v1";
const BAD: &str = "checkout-v2";

/// What the demo is asked for.
#[derive(Debug, Clone, Default)]
pub struct DemoOptions {
    /// End by itself when both rollouts have shown what they are to show.
    pub once: bool,
    /// How fast the clock runs.
    pub speed: Option<u32>,
    /// Where flags are evaluated; the usual port, or a free one, unless said.
    pub evaluation: Option<SocketAddr>,
    /// Where it is controlled; the usual port, or a free one, unless said.
    pub control: Option<SocketAddr>,
}

/// How the story ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// One rollout reached everybody and the broken one closed.
    AsTold,
    /// The person at the keyboard ended it.
    Interrupted,
    /// It did not come to its end in time, or the server served something else than it said.
    Otherwise,
}

/// Why there was no story.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The shipped files could not be laid out.
    #[error("the demo's files cannot be written: {0}")]
    Files(#[from] io::Error),
    /// The server did not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The server did not answer as it should.
    #[error("the demo's own server does not answer: {0}")]
    Answer(#[from] reqwest::Error),
    /// The server refused a command.
    #[error("the demo's own server refused to start {0}")]
    Refused(&'static str),
}

/// Runs the demo. `say` gets each line for the person who watches.
///
/// # Errors
/// When the server does not start or does not answer.
pub async fn run(options: DemoOptions, say: impl Fn(&str) + Send) -> Result<Ending, DemoError> {
    let folder = Folder::create()?;
    let settings = Settings {
        paths: vec![folder.path().to_path_buf()],
        evaluation: Listener { address: free(options.evaluation, DEFAULT_EVALUATION), key: None },
        control: Listener { address: free(options.control, DEFAULT_CONTROL), key: None },
        store: StoreChoice::Ephemeral,
        strict: true,
        prometheus: None,
        connections: Vec::new(),
        metric_addresses: Vec::new(),
        bucketing: Bucketing::V3,
        event_streams: None,
        cors_origins: Origins::default(),
        log: LogFormat::Text,
        triggers: Vec::new(),
        remarks: Vec::new(),
    };
    let speed = options.speed.unwrap_or(SPEED).max(1);
    let clock = Clock::compressed(Clock::system().now(), speed);
    let shutdown = CancellationToken::new();
    let server = Server::start(&settings, clock, shutdown.clone()).await?;
    let client = Client::builder().no_proxy().timeout(Duration::from_secs(40)).build()?;
    let shop = Shop::new(client.clone(), server.evaluation, server.control);
    let mut story = Story {
        client,
        control: server.control,
        shop,
        say,
        began: Instant::now(),
        speed,
        last: 0,
        breaks_at: None,
        closed: false,
        everybody: false,
        wrong: false,
    };
    story.introduce(&server, folder.path());
    story.shop.open(&shutdown);
    let told = tokio::select! {
        told = story.tell(options.once) => told,
        _ = tokio::signal::ctrl_c() => Ok(Ending::Interrupted),
    };
    story.conclude(told.as_ref().ok());
    shutdown.cancel();
    server.stopped().await;
    told
}

/// The address that was asked for, or the usual one if nobody has it, or any free one.
fn free(asked: Option<SocketAddr>, usual: SocketAddr) -> SocketAddr {
    asked.unwrap_or_else(|| match std::net::TcpListener::bind(usual) {
        Ok(_) => usual,
        Err(_) => SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
    })
}

struct Story<S> {
    client: Client,
    control: SocketAddr,
    shop: Shop,
    say: S,
    began: Instant,
    speed: u32,
    /// The last line of the ledger that was told.
    last: u64,
    breaks_at: Option<Instant>,
    closed: bool,
    everybody: bool,
    wrong: bool,
}

impl<S: Fn(&str) + Send> Story<S> {
    fn introduce(&self, server: &Server, folder: &std::path::Path) {
        let say = &self.say;
        say(&format!(
            "Tidegate serves flags on http://{} and is controlled on http://{}",
            server.evaluation, server.control
        ));
        say(&format!("Flags and rollouts: {}", folder.display()));
        say(&format!(
            "A synthetic shop asks over OFREP and posts outcomes over HTTP; {} of the plans pass in a second.",
            format_duration(Duration::from_secs(u64::from(self.speed)))
        ));
        say(&format!("Look from another terminal: tidegate --server http://{} rollout list", server.control));
        say("");
    }

    async fn tell(&mut self, once: bool) -> Result<Ending, DemoError> {
        // Let the shop have some traffic before the first wave.
        sleep(Duration::from_millis(300)).await;
        self.start(GOOD).await?;
        self.start(BAD).await?;
        let patience = LONGEST.saturating_mul(SPEED).checked_div(self.speed).unwrap_or(LONGEST).max(LONGEST);
        loop {
            for entry in self.news().await? {
                self.last = entry.sequence;
                self.hear(&entry).await;
            }
            if self.breaks_at.is_some_and(|moment| Instant::now() >= moment) {
                self.breaks_at = None;
                self.shop.books().break_checkout();
                self.line("The new checkout begins to fail: 40 % of its requests end in an error.");
            }
            if once && (self.closed && self.everybody || self.wrong) {
                return Ok(if self.wrong { Ending::Otherwise } else { Ending::AsTold });
            }
            if once && self.began.elapsed() > patience {
                self.line("This takes longer than it ever should.");
                return Ok(Ending::Otherwise);
            }
        }
    }

    async fn start(&self, rollout: &'static str) -> Result<(), DemoError> {
        let address = format!("http://{}/api/v1/rollouts/{rollout}/start", self.control);
        let order = serde_json::json!({ "by": "the demo" });
        let answer = self.client.post(address).json(&order).send().await?;
        if answer.status().is_success() { Ok(()) } else { Err(DemoError::Refused(rollout)) }
    }

    async fn news(&self) -> Result<Vec<HistoryEntry>, DemoError> {
        let wait = if self.breaks_at.is_some() { "0s" } else { "1s" };
        let address = format!("http://{}/api/v1/history?after={}&wait={wait}", self.control, self.last);
        let history: History = self.client.get(address).send().await?.error_for_status()?.json().await?;
        if history.entries.is_empty() && self.breaks_at.is_some() {
            sleep(Duration::from_millis(20)).await;
        }
        Ok(history.entries)
    }

    async fn hear(&mut self, entry: &HistoryEntry) {
        if entry.kind == "applied" {
            return;
        }
        self.line(&format!("{}: {}", entry.rollout, entry.sentence));
        let exposure = entry.detail.get("exposure").and_then(|value| value.as_str());
        match (entry.rollout.as_str(), entry.kind.as_str()) {
            (BAD, "wave-opened") if exposure == Some("25%") => {
                self.breaks_at = Some(after(HEALTHY));
            }
            (BAD, "closed") => self.check_closed().await,
            (GOOD, "wave-opened") if exposure == Some(EVERYBODY) => self.check_everybody().await,
            (GOOD, "closed") => {
                self.line("That one was healthy and should not have closed.");
                self.wrong = true;
            }
            _ => {}
        }
    }

    async fn check_closed(&mut self) {
        let answers = self.shop.survey(BAD, SURVEYED).await;
        let still = answers.iter().filter(|answer| **answer != Some(false)).count();
        self.wrong |= still > 0;
        let Some(time) = self.shop.books().time_to_close() else {
            self.line("That closed although nothing had failed yet.");
            self.wrong = true;
            return;
        };
        let plan_time = format_duration(time.saturating_mul(self.speed));
        self.line(&format!(
            "From the first failed request to the last answer with the new checkout: {} ms, {plan_time} of the plan's time.",
            time.as_millis()
        ));
        self.line(&format!("Asked for {SURVEYED} users: {still} still get the new checkout."));
        self.closed = true;
    }

    async fn check_everybody(&mut self) {
        let answers = self.shop.survey(GOOD, SURVEYED).await;
        let have = answers.iter().filter(|answer| **answer == Some(true)).count();
        let held_back = answers.iter().filter(|answer| **answer == Some(false)).count();
        self.wrong |= have.saturating_add(held_back) != answers.len() || held_back > MOST_HELD_BACK;
        self.line(&format!(
            "Asked for {SURVEYED} users: {have} get the new batch system, {held_back} are held back until it was watched."
        ));
        self.everybody = true;
    }

    fn conclude(&self, ending: Option<&Ending>) {
        let (asked, posted) = self.shop.books().counts();
        (self.say)("");
        (self.say)(&format!("The shop asked {asked} times and posted {posted} outcomes."));
        if ending == Some(&Ending::AsTold) {
            (self.say)("One rollout reached everybody, the broken one closed by itself.");
        }
    }

    /// A line with the time on the demo's clock.
    fn line(&self, text: &str) {
        let time = self.began.elapsed().saturating_mul(self.speed);
        let (days, hours, minutes) = (time.as_secs() / 86_400, time.as_secs() / 3_600 % 24, time.as_secs() / 60 % 60);
        (self.say)(&format!("day {} {hours:02}:{minutes:02}  {text}", days.saturating_add(1)));
    }
}
