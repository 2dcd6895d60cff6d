//! Another evaluator in a process of its own: a line of JSON in, a line of JSON out.

use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

#[derive(Debug)]
pub(crate) struct Peer {
    name: &'static str,
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Peer {
    pub(crate) fn start(name: &'static str, command: &mut Command) -> Self {
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = started.unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
        let input = child.stdin.take().expect("piped");
        let output = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self { name, child, input, output }
    }

    pub(crate) fn ask(&mut self, question: &str) {
        self.input.write_all(question.as_bytes()).and_then(|()| self.input.write_all(b"\n")).expect(self.name);
    }

    /// By context, and in it by flag.
    pub(crate) fn answer(&mut self) -> Vec<Vec<String>> {
        let line = self.output.next().unwrap_or_else(|| panic!("{} ended; its last words are above", self.name));
        serde_json::from_str(&line.expect(self.name)).expect(self.name)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Its input ends with this process anyway; a peer that hangs must not outlive the test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
