//! Whose name a request is signed with: the environment's keys, or a profile of the shared files.

use crate::units::Credential;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The largest credentials or configuration file that is read.
const LARGEST: u64 = 1 << 20;

/// What says that a process has its keys from somewhere that Tidegate does not ask.
const ELSEWHERE: [(&str, &str); 3] = [
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "those of an ECS task"),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "those of a container or an EKS pod"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "those of a web identity"),
];

/// The settings of a profile that lead elsewhere.
const INDIRECT: [(&str, &str); 6] = [
    ("credential_process", "from a program"),
    ("sso_session", "by single sign-on"),
    ("sso_start_url", "by single sign-on"),
    ("role_arn", "by assuming a role"),
    ("web_identity_token_file", "by a web identity"),
    ("login_session", "by a console login"),
];

/// Where keys may be.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AwsPlaces {
    /// The variables of the process that speak of AWS, and `HOME`.
    variables: BTreeMap<String, String>,
    /// The profile that the connection names. Then the keys of the environment do not count.
    profile: Option<String>,
}

/// Without what the variables are: some of them are keys.
impl std::fmt::Debug for AwsPlaces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&String> = self.variables.keys().collect();
        f.debug_struct("AwsPlaces").field("variables", &names).field("profile", &self.profile).finish()
    }
}

/// An access key.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Keys {
    pub(super) id: String,
    pub(super) secret: Credential,
    pub(super) token: Option<Credential>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(redacted)")
    }
}

impl AwsPlaces {
    /// Those of this process: of all its variables only the ones that count here are kept.
    #[must_use]
    pub fn new(variables: &[(String, String)], profile: Option<String>) -> Self {
        let counts = |name: &str| name.starts_with("AWS_") || name == "HOME";
        let variables = variables.iter().filter(|(name, value)| counts(name) && !value.is_empty());
        Self { variables: variables.cloned().collect(), profile }
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str)
    }

    /// The keys as they are now: whoever changes a file need not start the server anew.
    ///
    /// # Errors
    /// With what is missing, for people, without any part of a key.
    pub(super) fn keys(&self) -> Result<Keys, String> {
        if self.profile.is_none()
            && let (Some(id), Some(secret)) =
                (self.variable("AWS_ACCESS_KEY_ID"), self.variable("AWS_SECRET_ACCESS_KEY"))
        {
            return keys(id, secret, self.variable("AWS_SESSION_TOKEN"), "the environment");
        }
        let profile = self.profile.as_deref().or_else(|| self.variable("AWS_PROFILE")).unwrap_or("default");
        let mut said = BTreeMap::new();
        let mut looked = String::new();
        for (path, is_config) in [(self.config_file(), true), (self.credentials_file(), false)] {
            let Some(path) = path else { continue };
            let _ = write!(looked, "{}{}", if looked.is_empty() { "" } else { " and " }, path.display());
            // What the credentials file says counts over the configuration file.
            said.extend(section(&read(&path)?, profile, is_config));
        }
        if let (Some(id), Some(secret)) = (said.get("aws_access_key_id"), said.get("aws_secret_access_key")) {
            let token = said.get("aws_session_token").map(String::as_str);
            return keys(id, secret, token, &format!("the profile `{profile}`"));
        }
        Err(self.missing(profile, &said, &looked))
    }

    /// The region of the profile or of the environment.
    pub(super) fn region(&self) -> Option<String> {
        let named = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find_map(|name| self.variable(name));
        if let (Some(region), None) = (named, &self.profile) {
            return Some(region.to_owned());
        }
        let profile = self.profile.as_deref().or_else(|| self.variable("AWS_PROFILE")).unwrap_or("default");
        let said = section(&read(&self.config_file()?).ok()?, profile, true);
        said.get("region").cloned().or_else(|| named.map(str::to_owned))
    }

    fn missing(&self, profile: &str, said: &BTreeMap<String, String>, looked: &str) -> String {
        if let Some((_, how)) = INDIRECT.into_iter().find(|(name, _)| said.contains_key(*name)) {
            return format!("the profile `{profile}` has its keys {how}, which is not supported: write keys into it");
        }
        if let Some((name, what)) = ELSEWHERE.into_iter().find(|(name, _)| self.variable(name).is_some()) {
            return format!(
                "there are no AWS credentials but {what} ({name}), which are not supported: set AWS_ACCESS_KEY_ID and \
                 AWS_SECRET_ACCESS_KEY, or keep a profile's keys up to date in a file"
            );
        }
        let looked = if looked.is_empty() { "no file, for HOME is not set" } else { looked };
        format!(
            "there are no AWS credentials: neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment nor \
             the profile `{profile}` in {looked}; those of instances (IMDS) are not supported"
        )
    }

    fn credentials_file(&self) -> Option<PathBuf> {
        self.file("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials")
    }

    fn config_file(&self) -> Option<PathBuf> {
        self.file("AWS_CONFIG_FILE", ".aws/config")
    }

    fn file(&self, variable: &str, usual: &str) -> Option<PathBuf> {
        let home = || self.variable("HOME").map(Path::new);
        match self.variable(variable) {
            Some(named) => Some(match (named.strip_prefix("~/"), home()) {
                (Some(below), Some(home)) => home.join(below),
                (Some(_) | None, _) => PathBuf::from(named),
            }),
            None => home().map(|home| home.join(usual)),
        }
    }
}

fn keys(id: &str, secret: &str, token: Option<&str>, of: &str) -> Result<Keys, String> {
    let wrong = |what: &'static str| move |why: &'static str| format!("the {what} of {of}: {why}");
    let id = Credential::new(id).map_err(wrong("access key's id"))?.reveal().to_owned();
    let secret = Credential::new(secret).map_err(wrong("secret access key"))?;
    let token = token.map(|token| Credential::new(token).map_err(wrong("session token"))).transpose()?;
    Ok(Keys { id, secret, token })
}

/// A file that is not there says nothing.
fn read(path: &Path) -> Result<String, String> {
    let cannot = |error: std::io::Error| format!("cannot read {}: {error}", path.display());
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(cannot(error)),
        Ok(about) if about.len() > LARGEST => return Err(format!("{} is larger than 1 MB", path.display())),
        Ok(_) => {}
    }
    std::fs::read_to_string(path).map_err(cannot)
}

/// What a file in AWS' format says of a profile. In the configuration file all sections but `default` are called
/// `profile NAME`.
fn section(text: &str, profile: &str, is_config: bool) -> BTreeMap<String, String> {
    let mut said = BTreeMap::new();
    let mut inside = false;
    for line in text.lines() {
        // Lines that are moved in belong to a nested setting, such as `s3`.
        let nested = line.starts_with([' ', '\t']);
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            let name = name.trim();
            let named = name.strip_prefix("profile").map(str::trim_start);
            inside = match (is_config, named) {
                (true, Some(named)) => named == profile,
                (true, None) => name == "default" && profile == "default",
                (false, _) => name == profile,
            };
        } else if let Some((name, value)) = line.split_once('=').filter(|_| inside && !nested) {
            said.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    said.retain(|_, value| !value.is_empty());
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREDENTIALS: &str = "# keys\n[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key=d/e=f\n\n\
        [shop]\nAWS_ACCESS_KEY_ID=AKIASHOP\naws_secret_access_key = hunter2\naws_session_token = tok==\n";
    const CONFIG: &str = "[default]\nregion = us-east-1\n[profile shop]\nregion=eu-central-1\ns3 =\n  region = x\n\
        [profile role]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = shop\n[profile sso]\nsso_session = a\n";

    fn places(variables: &[(&str, &str)], profile: Option<&str>) -> AwsPlaces {
        let owned: Vec<_> = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        AwsPlaces::new(&owned, profile.map(str::to_owned))
    }

    fn home() -> (tempfile::TempDir, String) {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        std::fs::write(home.path().join(".aws/credentials"), CREDENTIALS).unwrap();
        std::fs::write(home.path().join(".aws/config"), CONFIG).unwrap();
        let path = home.path().to_str().unwrap().to_owned();
        (home, path)
    }

    #[test]
    fn the_environments_keys_count_unless_the_connection_names_a_profile() {
        let (_kept, home) = home();
        let own = [("AWS_ACCESS_KEY_ID", "AKIAENV"), ("AWS_SECRET_ACCESS_KEY", "s"), ("HOME", home.as_str())];
        assert_eq!(places(&own, None).keys().unwrap().id, "AKIAENV");
        let shop = places(&own, Some("shop")).keys().unwrap();
        assert_eq!((shop.id.as_str(), shop.token.as_ref().map(Credential::reveal)), ("AKIASHOP", Some("tok==")));
        let default = places(&own[2..], None).keys().unwrap();
        assert_eq!((default.id.as_str(), default.secret.reveal()), ("AKIADEFAULT", "d/e=f"));
        let by_variable = places(&[("HOME", &home), ("AWS_PROFILE", "shop")], None);
        assert_eq!(by_variable.keys().unwrap().id, "AKIASHOP");
        assert_eq!(by_variable.region().as_deref(), Some("eu-central-1"));
        let file = format!("{home}/.aws/credentials");
        let elsewhere = [("AWS_SHARED_CREDENTIALS_FILE", file.as_str()), ("HOME", "/nowhere")];
        assert_eq!(places(&elsewhere, None).keys().unwrap().id, "AKIADEFAULT");
    }

    #[test]
    fn what_is_missing_or_not_supported_is_said_without_any_secret() {
        let (_kept, home) = home();
        let home = [("HOME", home.as_str())];
        let task = [("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x"), ("HOME", "/nowhere")];
        for (places, expected) in [
            (places(&home, Some("role")), "the profile `role` has its keys by assuming a role, which is not supported"),
            (places(&home, Some("sso")), "by single sign-on"),
            (places(&home, Some("other")), "nor the profile `other` in "),
            (places(&[], None), "no file, for HOME is not set"),
            (places(&task, None), "those of an ECS task"),
        ] {
            let why = places.keys().unwrap_err();
            assert!(why.contains(expected) && !why.contains("hunter2"), "{why}");
        }
        let debug = format!("{:?}", places(&home, Some("shop")).keys().unwrap());
        assert_eq!(debug, "Keys(redacted)");
    }
}
