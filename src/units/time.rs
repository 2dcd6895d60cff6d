//! A moment. The pure rooms are given the time; they never ask for it.

use std::time::Duration;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(i64);

impl UnixMillis {
    /// A moment from its number of milliseconds.
    #[must_use]
    pub const fn new(millis: i64) -> Self {
        Self(millis)
    }

    /// The number of milliseconds.
    #[must_use]
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The time from `earlier` to this moment; zero when the clock went backwards.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        let millis = self.0.saturating_sub(earlier.0);
        Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }

    /// This moment moved forward; saturates at the end of time.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(millis))
    }

    /// This moment moved back; saturates at the beginning of time.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(millis))
    }

    /// Reads a moment as RFC 3339 writes it, with seconds or without, always with the distance from UTC:
    /// `2026-03-02T09:00:00+01:00`, `2026-03-02T08:00Z`. Years 1970 to 9999.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (date, rest) = text.split_once(['T', 't', ' '])?;
        let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
        let zone = rest.find(['Z', 'z', '+', '-'])?;
        let (clock, zone) = rest.split_at(zone);
        let [hour, minute, second] = match clock.matches(':').count() {
            1 => numbers(clock, ':', [2, 2]).map(|[hour, minute]| [hour, minute, 0])?,
            _ => numbers(clock, ':', [2, 2, 2])?,
        };
        let offset = match zone.split_at_checked(1)? {
            ("Z" | "z", "") => 0,
            (sign @ ("+" | "-"), distance) => {
                let [hours, minutes] = numbers(distance, ':', [2, 2]).filter(|[h, m]| *h < 24 && *m < 60)?;
                let minutes = hours.saturating_mul(60).saturating_add(minutes);
                if sign == "+" { minutes } else { minutes.saturating_neg() }
            }
            _ => return None,
        };
        let sound = year >= 1970 && hour < 24 && minute < 60 && second < 60;
        let days = days_since_1970(year, month, day).filter(|_| sound)?;
        let minutes = days.saturating_mul(24).saturating_add(hour).saturating_mul(60).saturating_add(minute);
        let seconds = minutes.saturating_sub(offset).saturating_mul(60).saturating_add(second);
        Some(Self(seconds.saturating_mul(1_000)))
    }
}

/// Numbers of exactly so many digits with a sign between them.
fn numbers<const N: usize>(text: &str, between: char, digits: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(between);
    let mut numbers = [0; N];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next().filter(|part| part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

/// Days of the Gregorian calendar since 1970-01-01; `None` for a day that is not in it.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let february = if leap { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let month = usize::try_from(month).ok()?.checked_sub(1)?;
    if !(1..=*lengths.get(month)?).contains(&day) {
        return None;
    }
    let before = year.checked_sub(1)?;
    let leap_days = before / 4 - before / 100 + before / 400 - 477;
    let years = year.checked_sub(1970)?.checked_mul(365)?.checked_add(leap_days)?;
    let months: i64 = lengths.iter().take(month).sum();
    years.checked_add(months)?.checked_add(day)?.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_wherever_they_are_written() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2026-03-02T09:00:00+01:00", 1_772_438_400),
            ("2026-03-02T08:00Z", 1_772_438_400),
            ("2026-03-02 03:30:00-04:30", 1_772_438_400),
            ("2024-02-29T23:59:59Z", 1_709_251_199),
            ("2000-12-31T12:00:00Z", 978_264_000),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            assert_eq!(UnixMillis::parse(text), Some(UnixMillis::new(seconds * 1_000)), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "2026-03-02",
            "2026-03-02T09:00:00",
            "2026-13-02T09:00:00Z",
            "2025-02-29T00:00:00Z",
            "2026-03-02T24:00:00Z",
            "2026-03-02T09:60:00Z",
            "2026-3-2T09:00:00Z",
            "2026-03-02T09:00:00+0100",
            "2026-03-02T09:00:00ZZ",
            "1969-12-31T23:59:59Z",
            "2026-03-02T09:00:00+25:00",
            "٢٠٢٦-03-02T09:00:00Z",
        ] {
            assert_eq!(UnixMillis::parse(text), None, "{text}");
        }
    }
}
