//! Which metrics a sentence of a rehearsal speaks of, and whether those have a past.

use tidegate::simulate::rehearse::{Course, Source};

/// The metrics of a plan.
pub(super) struct SpokenOf<'c>(&'c [Course]);

impl<'c> SpokenOf<'c> {
    pub(super) const fn new(courses: &'c [Course]) -> Self {
        Self(courses)
    }

    /// Their names, in the order of the plan; `something else` where there are none.
    pub(super) fn in_text(&self, text: &str) -> String {
        let names: Vec<&str> = self.courses_in(text).map(|course| course.metric.as_str()).collect();
        if names.is_empty() { "something else".to_owned() } else { names.join(" and ") }
    }

    /// Whether it speaks of some, and none of them has a past.
    pub(super) fn only_made_up(&self, text: &str) -> bool {
        let mut courses = self.courses_in(text).peekable();
        courses.peek().is_some() && courses.all(|course| course.source == Source::Model)
    }

    fn courses_in(&self, text: &str) -> impl Iterator<Item = &'c Course> {
        let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        self.0.iter().filter(move |course| text.split(|c| !word(c)).any(|one| one == course.metric.as_str()))
    }
}
