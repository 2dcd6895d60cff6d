//! Which brackets are open, at one bit each.

/// A list or an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bracket {
    List,
    Object,
}

/// Open brackets, innermost last. The first 64 cost no allocation.
#[derive(Debug, Default)]
pub(super) struct Nesting {
    depth: usize,
    /// The innermost up to 64, the last in the lowest bit; set is an object.
    bits: u64,
    /// 64 of the outer ones each.
    outer: Vec<u64>,
}

impl Nesting {
    pub(super) fn open(&mut self, bracket: Bracket) {
        if self.depth > 0 && self.depth.is_multiple_of(64) {
            self.outer.push(self.bits);
        }
        self.bits = (self.bits << 1) | u64::from(bracket == Bracket::Object);
        self.depth = self.depth.saturating_add(1);
    }

    pub(super) fn close(&mut self) {
        self.bits >>= 1;
        self.depth = self.depth.saturating_sub(1);
        if self.depth.is_multiple_of(64) {
            self.bits = self.outer.pop().unwrap_or(0);
        }
    }

    pub(super) const fn innermost(&self) -> Option<Bracket> {
        match (self.depth, self.bits & 1) {
            (0, _) => None,
            (_, 0) => Some(Bracket::List),
            _ => Some(Bracket::Object),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_are_remembered_at_any_depth() {
        let kind = |n: u32| if n.is_multiple_of(3) { Bracket::Object } else { Bracket::List };
        let mut nesting = Nesting::default();
        (0..300).for_each(|n| nesting.open(kind(n)));
        for n in (0..300).rev() {
            assert_eq!(nesting.innermost(), Some(kind(n)), "{n}");
            nesting.close();
        }
        assert_eq!(nesting.innermost(), None);
    }
}
