//! CloudWatch's API over HTTP.

use super::answer::{Gathered, error_message, page};
use super::credentials::AwsPlaces;
use super::question::{Span, body};
use super::sign::{ToSign, signature};
use crate::analysis::NoData;
use crate::measure::asking::Asking;
use crate::measure::connections::{Address, Connection, ConnectionKind};
use crate::measure::fetch::{Asked, redacted};
use crate::measure::refusal;
use crate::rollout::AskCloudWatch;
use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use std::sync::Arc;
use std::time::Duration;

/// What is asked for in CloudWatch's JSON protocol.
const TARGET: &str = "GraniteServiceVersion20100801.GetMetricData";

/// The type of that protocol's bodies.
const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// The most pages of one answer.
const MOST_PAGES: usize = 10;

/// What is to be known of a CloudWatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudWatchConnection {
    /// The region that is asked where a metric names none.
    pub region: Option<Arc<str>>,
    /// Where the keys are that requests are signed with.
    pub places: AwsPlaces,
    /// How long ago the newest complete period may have ended.
    pub max_age: Duration,
}

impl Default for CloudWatchConnection {
    /// Keys of nowhere, and ten minutes of age: what is measured takes some minutes to be seen.
    fn default() -> Self {
        Self { region: None, places: AwsPlaces::default(), max_age: Duration::from_secs(600) }
    }
}

/// A CloudWatch, with everything that a request needs.
#[derive(Debug)]
pub(super) struct Api<'c> {
    connection: &'c Connection,
    pub(super) settings: &'c CloudWatchConnection,
    region: String,
}

impl<'c> Api<'c> {
    /// # Errors
    /// When the connection is to something else, or there is no region.
    pub(super) fn new(connection: &'c Connection, ask: &AskCloudWatch) -> Result<Self, NoData> {
        let ConnectionKind::CloudWatch(settings) = &connection.kind else {
            return Err(NoData::NoProvider(connection.name.to_string()));
        };
        let named = ask.region.as_deref().or(settings.region.as_deref()).map(str::to_owned);
        let region = named.or_else(|| settings.places.region()).ok_or_else(|| {
            let why = "no region is named: neither by the metric nor by the connection, AWS_REGION or the profile";
            NoData::NotAsked(why.to_owned())
        })?;
        Ok(Self { connection, settings, region })
    }

    /// All values of the periods.
    pub(super) async fn values(&self, ask: &AskCloudWatch, asking: &Asking, span: Span) -> Result<Gathered, NoData> {
        let mut gathered = Gathered::default();
        let mut next = None;
        for _ in 0..MOST_PAGES {
            let asked = self.request(body(ask, asking, span, next.as_deref())?, asking).await?;
            // Of a signature that does not fit AWS repeats all that was signed, the session's token included.
            let sent: Vec<HeaderValue> = asked.headers.iter().map(|(_, value)| value.clone()).collect();
            let secrets: Vec<&str> =
                sent.iter().filter(|value| value.is_sensitive()).filter_map(|value| value.to_str().ok()).collect();
            let answer = self.connection.fetcher.fetch(asked, asking.deadline).await?;
            let body = refusal::body(&answer, error_message).map_err(|why| redacted(why, &secrets))?;
            let page = page(body)?;
            next.clone_from(&page.next_token);
            gathered.add(page)?;
            if next.is_none() {
                return Ok(gathered);
            }
        }
        Err(NoData::Refused(format!("its answer has more than {MOST_PAGES} pages")))
    }

    /// A signed request.
    async fn request(&self, body: Vec<u8>, asking: &Asking) -> Result<Asked, NoData> {
        let places = self.settings.places.clone();
        // Files are read each time, so that keys that change are found, and are read aside from all else.
        let keys = tokio::task::spawn_blocking(move || places.keys()).await;
        let keys =
            keys.unwrap_or_else(|_| Err("the credentials could not be read".to_owned())).map_err(NoData::NotAsked)?;
        let url = self.url()?;
        let headers =
            [("content-type", CONTENT_TYPE.to_owned()), ("host", host(&url)), ("x-amz-target", TARGET.to_owned())];
        let to_sign = ToSign { url: url.as_str(), headers: &headers, region: &self.region };
        let signed = signature(&to_sign, &body, &keys, asking.now).map_err(NoData::NotAsked)?;
        let mut asked = Asked::post(url, CONTENT_TYPE, body);
        asked.headers.push((HeaderName::from_static("x-amz-target"), HeaderValue::from_static(TARGET)));
        for (name, value) in signed {
            let wrong = || NoData::NotAsked("the signature cannot stand in a header".to_owned());
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
            let mut value = HeaderValue::from_str(value.reveal()).map_err(|_| wrong())?;
            value.set_sensitive(true);
            asked.headers.push((name, value));
        }
        Ok(asked)
    }

    fn url(&self) -> Result<Url, NoData> {
        if let Some(address) = &self.connection.address {
            return Ok(address.below(&[""]));
        }
        let domain = if self.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let known = Address::parse(&format!("https://monitoring.{}.{domain}/", self.region));
        known.map(|address| address.url().clone()).map_err(|_| NoData::NotAsked("the region is none".to_owned()))
    }
}

/// The host as the request's header has it.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or("");
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}
