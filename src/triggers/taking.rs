//! A post on its way in: whose it is, whether it may come now, and what it says.

use super::answer::{Answer, Refused};
use super::desk::{Desk, Triggers};
use super::read;
use super::signature::Signed;
use super::source::{Kind, Source};
use super::told::{Delivery, Malformed};
use crate::telemetry::PostResult;
use axum::http::HeaderMap;

impl Triggers {
    /// Looks at a post before its body is read.
    ///
    /// # Errors
    /// When it cannot be the source's.
    pub fn before_body(&self, desk: &Desk, headers: &HeaderMap) -> Result<(), Refused> {
        let seen = match desk.source.kind {
            Kind::Probe(_) => Err(Refused::NotPosted),
            Kind::Alertmanager | Kind::Grafana | Kind::PagerDuty | Kind::Datadog | Kind::Webhook => {
                desk.source.proof.before_body(headers, self.clock.now()).map_err(Refused::from)
            }
        };
        seen.inspect_err(|refused| self.refuse(desk, refused))
    }

    /// Notes a post whose body did not arrive whole.
    pub fn unread(&self, desk: &Desk, too_large: bool) {
        let (result, what) = match too_large {
            true => (PostResult::TooLarge, "a body that is too large"),
            false => (PostResult::Malformed, "a body that did not arrive"),
        };
        self.count(desk, result);
        self.trouble(desk, what);
    }

    /// Takes a post. What it closes is closed and durable when this answers.
    ///
    /// # Errors
    /// When nothing of it was done, or something is not durable: then it is to be sent again.
    pub async fn take(&self, desk: &Desk, headers: &HeaderMap, body: &[u8]) -> Result<Answer, Refused> {
        match self.take_it(desk, headers, body).await {
            Ok(answer) => {
                self.count(desk, answer.result());
                Ok(answer)
            }
            Err(refused) => {
                self.refuse(desk, &refused);
                Err(refused)
            }
        }
    }

    async fn take_it(&self, desk: &Desk, headers: &HeaderMap, body: &[u8]) -> Result<Answer, Refused> {
        let now = self.clock.now();
        let signed = desk.source.proof.of_body(headers, body, now)?;
        // Whoever has no right to send must not use up what the source may send.
        let within_rate = desk.rate.take();
        let delivery = read_as(&desk.source, body, &signed);
        // A closing waits for nothing, however many posts about something else came before it.
        if !within_rate && !delivery.as_ref().is_ok_and(|delivery| self.would_close(desk, delivery)) {
            return Err(Refused::TooMany);
        }
        let taking = match (signed.signature, signed.at) {
            (Some(signature), Some(at)) => Some(desk.replays.begin(signature, at, now)?),
            (_, _) => None,
        };
        let answer = self.tell(desk, delivery?).await.map_err(Refused::Unavailable)?;
        if let Some(taking) = taking {
            taking.done();
        }
        Ok(answer)
    }

    fn refuse(&self, desk: &Desk, refused: &Refused) {
        self.count(desk, refused.result());
        self.trouble(desk, &refused.sentence());
    }
}

fn read_as(source: &Source, body: &[u8], signed: &Signed) -> Result<Delivery, Malformed> {
    match source.kind {
        Kind::Alertmanager => read::alertmanager(body),
        Kind::Grafana => read::grafana(body),
        Kind::PagerDuty => read::pagerduty(body),
        Kind::Datadog => read::datadog(body),
        Kind::Webhook => read::webhook(body, signed.at),
        Kind::Probe(_) => Err(Malformed::new("a probe takes no posts")),
    }
}
