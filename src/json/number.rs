//! The grammar of numbers.

use super::fault::{Fault, FaultKind};

/// One past the number that begins at `start`: `-`, digits without a leading zero, a fraction, an exponent.
pub(super) fn end_of_number(bytes: &[u8], start: usize) -> Result<usize, Fault> {
    let byte = |at: usize| bytes.get(at).copied();
    let mut at = match byte(start) {
        Some(b'-') => start.saturating_add(1),
        Some(_) | None => start,
    };
    let leading_zero = byte(at) == Some(b'0');
    at = match leading_zero {
        true => at.saturating_add(1),
        false => digits(bytes, at)?,
    };
    if leading_zero && matches!(byte(at), Some(b'0'..=b'9')) {
        return Err(Fault::new(start, at.saturating_add(1), FaultKind::LeadingZero));
    }
    if byte(at) == Some(b'.') {
        at = digits(bytes, at.saturating_add(1))?;
    }
    if matches!(byte(at), Some(b'e' | b'E')) {
        at = at.saturating_add(1);
        if matches!(byte(at), Some(b'+' | b'-')) {
            at = at.saturating_add(1);
        }
        at = digits(bytes, at)?;
    }
    Ok(at)
}

/// One past the digits at `start`, of which there must be one.
fn digits(bytes: &[u8], start: usize) -> Result<usize, Fault> {
    let mut at = start;
    while matches!(bytes.get(at), Some(b'0'..=b'9')) {
        at = at.saturating_add(1);
    }
    match at > start {
        true => Ok(at),
        false => Err(Fault::new(start, start, FaultKind::NoDigit)),
    }
}
