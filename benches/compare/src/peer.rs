//! What every engine is asked.

use tidegate_cases::people::Person;

/// An engine with its flags loaded. Each method does what a user of that engine would write, no more.
pub trait Peer<'p> {
    /// Builds the engine's own contexts, once; that is not timed.
    fn meet(&mut self, people: &'p [Person]);

    /// Asks one flag for each person in turn and hands each answer, as the engine gives it, to a black box.
    fn ask_each(&mut self, key: &str);

    /// Asks all flags for one person and hands all answers at once to a black box.
    fn ask_all(&mut self, person: usize);

    /// Whether a flag is on for a person. Not timed: this is how the engines are checked.
    fn is_on(&mut self, key: &str, person: usize) -> bool;
}
