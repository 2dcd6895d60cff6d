//! Posted values: their mean, and how far it may be from the true one.

use super::bytes::{Reader, Writer};
use super::tally::nearly_all;
use crate::analysis::{NoData, Sums};
use crate::units::User;

/// Users are dealt to this many groups by their hash.
const GROUPS: usize = 64;

/// Values of one user go together, so their number says more than it should. What a sum over users would be known
/// to be off by is seen from how far the groups' sums lie apart.
#[derive(Debug, Clone, Copy, Default)]
struct GroupOfUsers {
    count: u64,
    sum: f64,
}

/// Sums over values. Two of them add up to those of all their values.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    count: u64,
    sum: f64,
    /// The sum of the squared distances from the mean, kept by the formula of Chan, Golub and LeVeque (1979): a
    /// sum of squares would lose the variance of values that are far from zero.
    squares: f64,
    /// How many of them came with a user.
    keyed: u64,
    /// Only there when one did.
    groups: Option<Box<[GroupOfUsers; GROUPS]>>,
}

impl Values {
    pub(super) fn add(&mut self, value: f64, user: Option<User>) {
        self.merge_moments(1, value, 0.0);
        if let Some(user) = user {
            self.keyed = self.keyed.saturating_add(1);
            let groups = self.groups.get_or_insert_with(|| Box::new([GroupOfUsers::default(); GROUPS]));
            if let Some(group) = groups.get_mut(group_of(user)) {
                group.count = group.count.saturating_add(1);
                group.sum += value;
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.merge_moments(other.count, other.sum, other.squares);
        self.keyed = self.keyed.saturating_add(other.keyed);
        if let Some(others) = &other.groups {
            let groups = self.groups.get_or_insert_with(|| Box::new([GroupOfUsers::default(); GROUPS]));
            for (group, other) in groups.iter_mut().zip(others.iter()) {
                group.count = group.count.saturating_add(other.count);
                group.sum += other.sum;
            }
        }
    }

    fn merge_moments(&mut self, count: u64, sum: f64, squares: f64) {
        let (ours, theirs) = (self.count as f64, count as f64);
        if self.count > 0 && count > 0 {
            let apart = sum / theirs - self.sum / ours;
            self.squares += apart * apart * (ours * theirs / (ours + theirs));
        }
        self.count = self.count.saturating_add(count);
        self.sum += sum;
        self.squares += squares;
    }

    /// Writes it down.
    pub(super) fn keep(&self, out: &mut Writer) {
        out.number(self.count);
        out.float(self.sum);
        out.float(self.squares);
        out.number(self.keyed);
        out.maybe(self.groups.as_deref(), |out, groups| {
            for group in groups {
                out.number(group.count);
                out.float(group.sum);
            }
        });
    }

    /// Reads what was written down.
    pub(super) fn kept(from: &mut Reader<'_>) -> Option<Self> {
        let (count, sum, squares, keyed) = (from.number()?, from.float()?, from.float()?, from.number()?);
        let groups = from.maybe(|from| {
            let mut groups = Box::new([GroupOfUsers::default(); GROUPS]);
            for group in groups.iter_mut() {
                *group = GroupOfUsers { count: from.number()?, sum: from.float()? };
            }
            Some(groups)
        })?;
        Some(Self { count, sum, squares, keyed, groups })
    }

    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// `None` when there are none; infinite when they are too large to be added.
    pub(super) fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }

    /// Count, mean and variance, in the unit in which they were posted.
    ///
    /// The variance is that of single values or, where it is larger and at least 99 % of the values came with a
    /// user, the one that makes `variance / count` the variance of the mean as the random groups show it (Wolter,
    /// "Introduction to Variance Estimation", chapter 2; for a mean of unequal groups in its linearised form:
    /// m / (m - 1) times the sum over the m groups of (sum - mean * count)^2, by the count squared). With all 64
    /// groups that is right within about 18 %.
    pub(super) fn sums(&self) -> Result<Sums, NoData> {
        let Some(mean) = self.mean() else { return Err(NoData::Empty) };
        if self.count < 2 {
            return Err(NoData::TooFew { have: self.count, need: 2 });
        }
        let single = self.squares / (self.count as f64 - 1.0);
        let variance = match nearly_all(self.keyed, self.count) {
            true => single.max(self.between_groups()?),
            false => single,
        };
        match mean.is_finite() && variance.is_finite() {
            true => Ok(Sums { count: self.count, mean, variance }),
            false => Err(NoData::NotFinite((if mean.is_finite() { variance } else { mean }).to_string())),
        }
    }

    fn between_groups(&self) -> Result<f64, NoData> {
        let groups = || self.groups.iter().flat_map(|groups| groups.iter()).filter(|group| group.count > 0);
        let (used, keyed) = (groups().count(), self.keyed as f64);
        if used < 2 {
            return Err(NoData::TooFew { have: used as u64, need: 2 });
        }
        let mean = groups().map(|group| group.sum).sum::<f64>() / keyed;
        let apart = groups().map(|group| (group.sum - mean * group.count as f64).powi(2)).sum::<f64>();
        Ok(apart / keyed * (used as f64 / (used as f64 - 1.0)))
    }
}

/// By the lowest bits of the hash; which users are sampled goes by the highest.
fn group_of(user: User) -> usize {
    const MASK: u64 = GROUPS as u64 - 1;
    usize::try_from(user.hash() & MASK).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(number: u64) -> Option<User> {
        Some(User::of(&format!("user-{number}")))
    }

    /// A spread of values without any pattern that a group could share.
    fn noise(number: u64) -> f64 {
        (User::of(&number.to_string()).hash() >> 40) as f64 / f64::from(1 << 24)
    }

    #[test]
    fn mean_and_variance_are_those_of_all_values_however_they_were_split() {
        let mut whole = Values::default();
        for chunk in (0..1_000_u64).collect::<Vec<_>>().chunks(37) {
            let mut slot = Values::default();
            chunk.iter().for_each(|number| slot.add(1e9 + noise(*number), None));
            whole.merge(&slot);
        }
        let sums = whole.sums().unwrap();
        assert!((sums.mean - 1e9 - 0.5).abs() < 0.05, "{sums:?}");
        assert!((sums.variance * 12.0 - 1.0).abs() < 0.1, "the variance of even spread is a twelfth: {sums:?}");
        assert_eq!(sums.count, 1_000);
    }

    #[test]
    fn values_of_one_user_that_go_together_count_as_little_as_they_say() {
        let (mut alone, mut together) = (Values::default(), Values::default());
        for number in 0..20_000 {
            alone.add(noise(number), user(number));
            together.add(noise(number % 200), user(number % 200));
        }
        let (alone, together) = (alone.sums().unwrap(), together.sums().unwrap());
        assert!((0.9..1.7).contains(&(alone.variance * 12.0)), "{alone:?}");
        assert!((50.0..170.0).contains(&(together.variance * 12.0)), "100 values of each user: {together:?}");
    }

    #[test]
    fn without_users_the_single_values_are_all_there_is() {
        let mut values = Values::default();
        assert_eq!(values.sums(), Err(NoData::Empty));
        values.add(1.0, None);
        assert_eq!(values.sums(), Err(NoData::TooFew { have: 1, need: 2 }));
        values.add(3.0, None);
        assert_eq!(values.sums(), Ok(Sums { count: 2, mean: 2.0, variance: 2.0 }));
    }

    #[test]
    fn one_user_alone_says_nothing_of_how_far_users_lie_apart() {
        let mut values = Values::default();
        (0..50).for_each(|number| values.add(noise(number), user(7)));
        assert_eq!(values.sums(), Err(NoData::TooFew { have: 1, need: 2 }));
    }

    #[test]
    fn what_cannot_be_added_is_not_finite() {
        let mut values = Values::default();
        values.add(f64::MAX, None);
        values.add(f64::MAX, None);
        assert_eq!(values.sums(), Err(NoData::NotFinite("inf".to_owned())));
    }
}
