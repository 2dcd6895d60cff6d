//! How the stake of a bet is spread over the looks at which a regression may begin.

/// As much lies on the first 250 looks as on all after them. With so heavy a tail a late beginning costs only the
/// logarithm of its number: twice the looks, 1.4 in ln E.
const SPREAD: f64 = 250.0;

/// The part of the stake that lies on a look, counted from 1.
pub(super) fn stake(look: f64) -> f64 {
    SPREAD / ((look + SPREAD - 1.0) * (look + SPREAD))
}

/// The part of the stake that lies on the looks after one.
pub(super) fn unstaked(look: f64) -> f64 {
    SPREAD / (look + SPREAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_are_the_whole_stake() {
        let mut staked = 0.0;
        for look in 1..=10_000_u32 {
            let look = f64::from(look);
            staked += stake(look);
            assert!((staked + unstaked(look) - 1.0).abs() < 1e-10, "{look}");
        }
        assert!((unstaked(250.0) - 0.5).abs() < 1e-12 && unstaked(0.0) >= 1.0);
        assert!(stake(1e18) > 0.0);
    }
}
