//! Commands that metrics may be asked of: the settings say which, a plan only names one.

use super::section::{Section, Surroundings};
use crate::measure::{AllowedCommand, ExecConnection};
use crate::source::{Entry, Node, Problems};
use std::path::PathBuf;
use std::time::Duration;

/// The fields of such a connection.
pub(super) const FIELDS: [&str; 3] = ["kind", "commands", "at_once"];

/// How many commands run at a time when nothing is said.
const AT_ONCE: u64 = 4;

/// The fields of a command.
const COMMAND: &[&str] = &["command", "arguments", "timeout", "environment", "longest_output"];

/// The most commands of one connection.
const MOST: usize = 100;

/// The most arguments of a command.
const MOST_ARGUMENTS: usize = 100;

/// How long a command may take when nothing is said.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The longest that a check waits for anything.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(14);

/// How much a command may print, in bytes, when nothing is said.
const LONGEST_OUTPUT: u64 = 64 * 1_024;

/// Reads a connection.
pub(super) fn read(
    section: &Section<'_>,
    surroundings: Surroundings<'_>,
    problems: &mut Problems<'_>,
) -> ExecConnection {
    let at_once = section.whole_number("at_once", 1..=100, problems).unwrap_or(AT_ONCE);
    let commands = match section.get("commands") {
        Some(node) => commands(node, surroundings, problems),
        None => {
            let hint = "for instance `commands: { score: { command: /usr/local/bin/score } }`";
            problems.add_with_hint(section.start(), "a connection of the kind `exec` needs `commands`", hint);
            Vec::new()
        }
    };
    ExecConnection::new(commands, usize::try_from(at_once).unwrap_or(1))
}

/// Reads `commands`: names with programs.
fn commands(node: &Node<'_>, surroundings: Surroundings<'_>, problems: &mut Problems<'_>) -> Vec<AllowedCommand> {
    let Some(entries) = node.as_object() else {
        let message = format!("`commands` is {} where names with commands are expected", node.kind());
        problems.add_with_hint(node.span, message, "for instance `score: { command: /usr/local/bin/score }`");
        return Vec::new();
    };
    if entries.len() > MOST {
        problems.add(node.span, format!("{} commands are more than {MOST}", entries.len()));
        return Vec::new();
    }
    entries.iter().filter_map(|entry| command(entry, surroundings, problems)).collect()
}

fn command(entry: &Entry<'_>, surroundings: Surroundings<'_>, problems: &mut Problems<'_>) -> Option<AllowedCommand> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if entry.key.is_empty() || entry.key.len() > 200 || !entry.key.chars().all(plain) {
        let message = format!("a command cannot be called `{}`", entry.key);
        problems.add_with_hint(entry.key_span, message, "use letters, digits, `.`, `_` and `-`");
        return None;
    }
    let section = Section::read(&entry.value, "a command", COMMAND, surroundings, problems)?;
    let Some(node) = section.get("command") else {
        let hint = "the absolute path of a program, such as `/usr/local/bin/score`";
        problems.add_with_hint(section.start(), "a command needs `command`", hint);
        return None;
    };
    let program = PathBuf::from(section.text("command", problems)?);
    if !program.is_absolute() {
        let hint = "write the whole path: nothing is looked for, and no shell is asked";
        problems.add_with_hint(node.span, "`command` is no absolute path", hint);
        return None;
    }
    let arguments = section.texts("arguments", problems);
    if let Some(why) = wrong_arguments(&arguments) {
        problems.add(section.get("arguments").map_or(node.span, |node| node.span), why);
        return None;
    }
    let timeout = section.duration("timeout", Duration::from_millis(100)..=LONGEST_TIMEOUT, problems);
    let longest = section.whole_number("longest_output", 1..=1_048_576, problems).unwrap_or(LONGEST_OUTPUT);
    let wanted = section.texts("environment", problems);
    let value = |name: String| {
        let found = surroundings.variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (name, value.clone()))
    };
    Some(AllowedCommand {
        name: entry.key.clone().into_owned(),
        program,
        arguments,
        // One that is not set is not set for the command either.
        environment: wanted.into_iter().filter_map(value).collect(),
        timeout: timeout.unwrap_or(TIMEOUT),
        longest_output: usize::try_from(longest).unwrap_or(usize::MAX),
    })
}

fn wrong_arguments(arguments: &[String]) -> Option<String> {
    if arguments.len() > MOST_ARGUMENTS {
        return Some(format!("{} arguments are more than {MOST_ARGUMENTS}", arguments.len()));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    arguments.iter().find_map(|argument| {
        if argument.contains('\0') {
            return Some("an argument cannot have a NUL".to_owned());
        }
        argument.split("{{").skip(1).find_map(|rest| match rest.split_once("}}") {
            Some((name, _)) if !name.is_empty() && name.chars().all(plain) => None,
            Some((name, _)) => Some(format!("`{{{{{name}}}}}` is no name of an argument")),
            None => Some("a `{{` in an argument is never closed".to_owned()),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Format, parse};
    use std::path::Path;

    fn read(text: &str) -> (Vec<AllowedCommand>, Vec<String>) {
        let parsed = parse("settings.yaml", text.as_bytes(), Format::Yaml).unwrap();
        let mut problems = Problems::new(&parsed.text);
        let variables = [("HOME".to_owned(), "/root".to_owned()), ("KEY".to_owned(), "hunter2".to_owned())];
        let surroundings = Surroundings { folder: Path::new("/etc"), variables: &variables };
        let read = commands(&parsed.documents[0], surroundings, &mut problems);
        (read, problems.into_vec().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_command_has_a_whole_path_and_only_the_variables_that_it_names() {
        let (read, problems) = read(
            "score:\n  command: /usr/bin/score\n  arguments: [ --variant, \"{{variant}}\", \"--x={{a}},{{b}}\" ]\n  \
             timeout: 2s\n  environment: [ KEY, NOT_SET ]\n  longest_output: 100\n",
        );
        assert_eq!(problems, Vec::<String>::new());
        let command = &read[0];
        assert_eq!(command.wanted().collect::<Vec<_>>(), ["variant", "a", "b"]);
        assert_eq!(command.environment, [("KEY".to_owned(), "hunter2".to_owned())]);
        assert_eq!((command.timeout, command.longest_output), (Duration::from_secs(2), 100));
        assert!(!format!("{command:?}").contains("hunter2"));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, expected) in [
            ("[]", "where names with commands are expected"),
            ("score: { command: score }", "1:19: `command` is no absolute path"),
            ("score: { arguments: [ a ] }", "a command needs `command`"),
            ("score: { command: /a, shell: true }", "unknown field `shell`"),
            ("score: { command: /a, arguments: [ \"{{variant\" ] }", "is never closed"),
            ("score: { command: /a, arguments: [ \"{{a b}}\" ] }", "is no name of an argument"),
            ("score: { command: /a, timeout: 1h }", "`timeout` must be"),
            ("score: { command: /a, longest_output: 0 }", "`longest_output` must be"),
            ("\"a b\": { command: /a }", "a command cannot be called `a b`"),
        ] {
            let (_, problems) = read(text);
            assert!(problems.iter().any(|problem| problem.contains(expected)), "{text}: {problems:?}");
        }
    }
}
