//! Answers whose status says that something went wrong.

use super::fetch::Answer;
use crate::analysis::NoData;

/// The body of an answer that went well; `said` finds what the system says is wrong in one that did not.
pub(super) fn body(answer: &Answer, said: impl Fn(&[u8]) -> Option<String>) -> Result<&[u8], NoData> {
    let status = answer.status;
    if status.as_u16() == 200 {
        return Ok(&answer.body);
    }
    Err(NoData::Refused(match said(&answer.body) {
        Some(message) => format!("HTTP {}: {message}", status.as_u16()),
        None if status.is_redirection() => {
            format!("HTTP {}: redirects are not followed, give the final address", status.as_u16())
        }
        None => format!("HTTP {status}"),
    }))
}
