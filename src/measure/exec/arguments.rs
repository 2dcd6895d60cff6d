//! What a command is started with. No shell reads it: every argument is one word, whatever is in it.

use super::allowed::AllowedCommand;
use crate::analysis::NoData;
use crate::measure::asking::Asking;
use crate::measure::written::{self, unfit};
use crate::rollout::AskExec;
use std::collections::BTreeMap;

/// The longest value of a placeholder, in bytes.
const LONGEST: usize = 400;

/// The arguments with everything filled in.
pub(super) fn arguments(command: &AllowedCommand, ask: &AskExec, asking: &Asking) -> Result<Vec<String>, NoData> {
    let mut given: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in &ask.arguments {
        if !command.wanted().any(|wanted| wanted == &**name) {
            let why = format!("the command `{}` has no argument `{name}`", command.name);
            return Err(NoData::NotAsked(why));
        }
        given.insert(name, checked(written::filled(value, asking, plain)?)?);
    }
    if let Some(missing) = command.wanted().find(|wanted| !given.contains_key(wanted)) {
        let why = format!("the command `{}` needs the argument `{missing}`", command.name);
        return Err(NoData::NotAsked(why));
    }
    Ok(command.arguments.iter().map(|argument| filled(argument, &given)).collect())
}

/// Commands are often scripts, and not every script takes care of its quotes: a name has only signs that mean nothing
/// to any of them.
fn plain(name: &str, _: &str) -> Result<String, NoData> {
    let plain = |c: char| c.is_alphanumeric() || "_-.:/@=+%,".contains(c);
    match name.chars().all(plain) {
        true => Ok(name.to_owned()),
        false => Err(unfit(name, "has other characters than letters, digits and `_-.:/@=+%,`")),
    }
}

/// What begins with a `-` would be taken for an option.
fn checked(value: String) -> Result<String, NoData> {
    match value {
        value if value.starts_with('-') => Err(unfit(&value, "begins with `-`, as options do")),
        value if value.len() > LONGEST => Err(unfit(&value, "is too long for an argument")),
        value => Ok(value),
    }
}

fn filled(argument: &str, given: &BTreeMap<&str, String>) -> String {
    let mut filled = String::with_capacity(argument.len());
    let mut rest = argument;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, tail) = after.split_once("}}").unwrap_or((after, ""));
        filled.push_str(before);
        filled.push_str(given.get(name).map_or("", String::as_str));
        rest = tail;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{FlagKey, VariantName};
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::time::Duration;

    fn asked(variant: &str, given: &[(&str, &str)]) -> Result<Vec<String>, NoData> {
        let command = AllowedCommand {
            name: "score".to_owned(),
            program: PathBuf::from("/bin/score"),
            arguments: ["--of={{variant}}", "{{over}}"].map(str::to_owned).to_vec(),
            environment: Vec::new(),
            timeout: Duration::from_secs(1),
            longest_output: 100,
        };
        let arguments = given.iter().map(|(name, value)| (Arc::from(*name), Arc::from(*value))).collect();
        let ask = AskExec { command: Arc::from("score"), arguments, value: None, samples: None, min_samples: 0 };
        let (variant, flag) = (VariantName::new(variant).unwrap(), FlagKey::new("cart").unwrap());
        super::arguments(&command, &ask, &Asking::for_tests(variant, flag, Duration::from_secs(300)))
    }

    #[test]
    fn a_command_gets_what_it_wants_and_nothing_else() {
        let both = [("variant", "{{flag}}/{{variant}}"), ("over", "{{window}}")];
        assert_eq!(asked("on", &both).unwrap(), ["--of=cart/on", "5m"]);
        for (variant, given, expected) in [
            ("on", &both[..1], "needs the argument `over`"),
            ("on", &[both[0], both[1], ("x", "1")][..], "has no argument `x`"),
            ("$(reboot)", &both[..], "has other characters"),
            ("a b", &both[..], "has other characters"),
            ("'", &both[..], "has other characters"),
            ("--help", &[("variant", "{{variant}}"), both[1]][..], "begins with `-`"),
        ] {
            let why = asked(variant, given).unwrap_err().to_string();
            assert!(why.contains(expected), "{why}");
        }
        // What was put in is not filled in again.
        let nested = [("variant", "{{variant}}"), ("over", "1")];
        assert!(asked("{{over}}", &nested).is_err());
    }
}
