//! What an administrator settles for everybody on a computer: a file of root's that no variable moves.
//!
//! It has `[policy]` and `[scan]` only. What stands there cannot be said otherwise by a user's configuration, in which only
//! `policy.own` remains: rules that are added. A user who runs another program is not held by it, as by nothing on their own
//! computer; it keeps mistakes, habits and a changed variable from loosening the rules unnoticed.

use std::path::Path;

use serde::Deserialize;

use super::error::ConfigError;
use super::{CONFIG_MAX, Config, PolicyFiles, Scan, VERSION};
use crate::private::{self, FileError, Holds};

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Machine {
    version: u32,
    #[serde(default)]
    policy: PolicyFiles,
    #[serde(default)]
    scan: Scan,
}

impl Machine {
    /// Reads the file; one that does not exist settles nothing.
    ///
    /// # Errors
    /// Fails when it is there and cannot be read, others may change it, or it is not as documented.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, ConfigError> {
        let bytes = match private::read_file(path, CONFIG_MAX, Holds::Settings) {
            Err(error) if error.is_missing() => return Ok(None),
            other => other?,
        };
        private::check_around(path)?;
        let text =
            std::str::from_utf8(&bytes).map_err(|_| FileError::damaged(path, "it is not UTF-8 text"))?;
        let mut machine: Self =
            toml::from_str(text).map_err(|error| ConfigError::from_toml(text, &error).in_file(path))?;
        let wrong = |message: &str| ConfigError::machine(path, message);
        if machine.version != VERSION {
            return Err(wrong(&format!("this version is not known here, only version = {VERSION}")));
        }
        if machine.policy.own.is_some() {
            return Err(wrong("policy.own is a user's, and stands in the user's configuration"));
        }
        if machine.policy.file.is_none() && (machine.policy.signer.is_some() || machine.policy.name.is_some())
        {
            return Err(wrong("policy.signer and policy.name stand beside policy.file"));
        }
        machine.policy.start_at(path.parent());
        Ok(Some(machine))
    }

    /// Puts what it settles into a user's configuration.
    ///
    /// # Errors
    /// Fails when that says otherwise: a user who thinks to be under other rules has to know.
    pub(super) fn settle(self, path: &Path, config: &mut Config) -> Result<(), ConfigError> {
        let settled = |what: &str| {
            Err(ConfigError::machine(
                path,
                &format!("{what} is settled here, and your configuration says otherwise"),
            ))
        };
        if self.policy.file.is_some() {
            let (ours, theirs) = (&self.policy, &config.policy);
            let differs = (theirs.file.is_some() && theirs.file != ours.file)
                || (theirs.signer.is_some() && theirs.signer != ours.signer)
                || (theirs.name.is_some() && theirs.name != ours.name);
            if differs {
                return settled("policy");
            }
            config.policy = PolicyFiles { own: config.policy.own.take(), ..self.policy };
            config.is_policy_settled = true;
        }
        if self.scan.clamd.is_some() {
            if config.scan.clamd.is_some() && config.scan != self.scan {
                return settled("scan");
            }
            config.scan = self.scan;
        }
        Ok(())
    }
}
