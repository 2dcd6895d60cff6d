//! The boundary that a sum of errors crosses with a small probability only, at whatever time one looks.

/// Which deviations count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tails {
    /// Both.
    Two,
    /// One of them.
    One,
}

/// The normal mixture boundary: that a sum of errors with the given variance ever exceeds it has a probability of
/// at most alpha, asymptotically. Waudby-Smith and others, arXiv 2103.06476, of which the half-width of a mean is
/// this at n, over n. `tightest` is the variance at which the boundary is the tightest.
///
/// Infinite for a variance that is no positive number, and for an alpha that is no probability.
pub(super) fn boundary(variance: f64, tightest: f64, alpha: f64, tails: Tails) -> f64 {
    if !(variance > 0.0 && variance.is_finite() && alpha > 0.0 && alpha < 1.0) {
        return f64::INFINITY;
    }
    let twice = -2.0 * alpha.ln();
    let rho_squared = (twice + twice.ln_1p()) / tightest;
    let grown = variance * rho_squared + 1.0;
    let logarithm = match tails {
        Tails::Two => (grown.sqrt() / alpha).ln(),
        Tails::One => (grown.sqrt() / (2.0 * alpha)).ln_1p(),
    };
    (2.0 * grown / rho_squared * logarithm).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_half_width_of_the_paper() {
        let (n, alpha) = (5_000.0_f64, 0.05_f64);
        let rho = ((-2.0 * alpha.ln() + (-2.0 * alpha.ln() + 1.0).ln()) / 5_000.0).sqrt();
        let inner = n * rho * rho + 1.0;
        let two = (2.0 * inner / (n * rho).powi(2) * (inner.sqrt() / alpha).ln()).sqrt();
        assert!((boundary(n, 5_000.0, alpha, Tails::Two) / n - two).abs() < 1e-12);
        // One look only, with the same alpha, would need 1.96 standard errors; the price of all looks is a half more.
        assert!((1.4..1.6).contains(&(two * n.sqrt() / 1.96)), "{two}");
    }

    #[test]
    fn what_cannot_be_said_has_no_boundary() {
        for (variance, alpha) in [(0.0, 0.01), (f64::NAN, 0.01), (-1.0, 0.01), (1.0, 0.0), (1.0, 1.0), (1.0, f64::NAN)]
        {
            assert_eq!(boundary(variance, 5_000.0, alpha, Tails::One), f64::INFINITY);
        }
    }
}
