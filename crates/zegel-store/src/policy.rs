//! The policy in force: the files that the configuration names, checked, and never an older issue than one seen before.
//!
//! ```
//! use zegel_store::Paths;
//! use zegel_store::config::PolicyFiles;
//! use zegel_store::policy::PolicyStore;
//!
//! # let home = tempfile::tempdir()?;
//! // Nothing is configured: the built-in policy, seal to everybody or refuse.
//! let in_force = PolicyStore::new(&Paths::below(home.path())).load(&PolicyFiles::default())?;
//! assert!(!in_force.policy.has_rules());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use thiserror::Error;
use zegel_core::keys::VerifyingKey;
use zegel_core::policy::{Authority, Policy, PolicyError, SignedPolicy};

use crate::config::PolicyFiles;
use crate::lock::Lock;
use crate::paths::Paths;
use crate::private::{self, FileError, Holds};
use crate::staging::{Mode, Overwrite, write_atomically};

/// Longest policy file that is read; the core has the same limit and says which it is.
const FILE_MAX: usize = 512 << 10;
/// Longest signature.
const SIGNATURE_MAX: usize = 4 << 10;
/// Longest memory of issues: thousands of signers.
const SERIALS_MAX: usize = 1 << 20;

/// Why there is no policy in force; nothing is sent then.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PolicyLoadError {
    /// A file could not be read, or others may change it.
    #[error(transparent)]
    File(#[from] FileError),
    /// The signature is not there.
    #[error("{} is not signed: there is no {}", .policy.display(), .signature.display())]
    NotSigned {
        /// The policy.
        policy: PathBuf,
        /// Where its signature should be.
        signature: PathBuf,
    },
    /// Another policy than the configuration names: a signer may sign more than one.
    #[error("{} is the policy {found:?}, and {wanted:?} is wanted", .path.display())]
    OtherName {
        /// The policy.
        path: PathBuf,
        /// What it is called.
        found: String,
        /// What the configuration says.
        wanted: String,
    },
    /// A later issue was in force before: somebody put an old one back.
    #[error("{} is issue {found}, but issue {seen} was in force before", .path.display())]
    Older {
        /// The policy.
        path: PathBuf,
        /// What it says.
        found: u64,
        /// What was seen.
        seen: u64,
    },
    /// It cannot be used.
    #[error("the policy {} cannot be used", .path.display())]
    Policy {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: PolicyError,
    },
}

impl PolicyLoadError {
    /// Returns what the person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::NotSigned { .. } => {
                Some("ask for both files, policy and .sig; nothing is sent without them".to_owned())
            }
            Self::OtherName { .. } | Self::Older { .. } => {
                Some("ask for the current policy file and its .sig".to_owned())
            }
            Self::Policy { path, .. } => {
                Some(format!("look at it with: zegel policy lint {}", path.display()))
            }
        }
    }
}

/// The policy in force, and where it comes from.
#[derive(Debug)]
pub struct InForce {
    /// The rules.
    pub policy: Policy,
    /// The file; none for the built-in policy.
    pub path: Option<PathBuf>,
    /// Who signed it.
    pub signer: Option<VerifyingKey>,
    /// The user's own policy that was added.
    pub own: Option<PathBuf>,
}

/// Finds the policy in force.
#[derive(Debug, Clone)]
pub struct PolicyStore {
    state: PathBuf,
}

impl PolicyStore {
    /// Remembers issues below these folders.
    pub fn new(paths: &Paths) -> Self {
        Self { state: paths.state().to_owned() }
    }

    /// Reads, checks and joins the policies that the configuration names.
    ///
    /// # Errors
    /// See [`PolicyLoadError`]; there is no falling back to weaker rules.
    pub fn load(&self, files: &PolicyFiles) -> Result<InForce, PolicyLoadError> {
        // Whoever may rename in the folders around a file without a signature chooses the rules.
        for path in files.file().into_iter().chain(files.own()) {
            private::check_around(path)?;
        }
        let mut policy = match files.file() {
            None => Policy::built_in(),
            Some(path) => self.organisations(path, files)?,
        };
        if let Some(own) = files.own() {
            policy = policy.tighten(&read(own)?).map_err(unusable(own))?;
        }
        Ok(InForce {
            policy,
            path: files.file().map(Path::to_owned),
            signer: files.signer().copied(),
            own: files.own().map(Path::to_owned),
        })
    }

    /// Reads the organisation's policy, and checks whose and which it is.
    fn organisations(&self, path: &Path, files: &PolicyFiles) -> Result<Policy, PolicyLoadError> {
        let text = read(path)?;
        let policy = match files.signer() {
            None => Policy::parse(&text, Authority::Unsigned).map_err(unusable(path))?,
            Some(signer) => {
                let signature = read_signature(path)?;
                let signed = SignedPolicy { text: &text, signature: &signature };
                signed.verify(signer).map_err(unusable(path))?
            }
        };
        if let Some(wanted) = files.name().filter(|name| *name != policy.name()) {
            return Err(PolicyLoadError::OtherName {
                path: path.to_owned(),
                found: policy.name().to_owned(),
                wanted: wanted.to_owned(),
            });
        }
        if let Some(signer) = files.signer() {
            self.refuse_older(path, signer, &policy)?;
        }
        Ok(policy)
    }

    /// Refuses an issue that is older than one seen before, and remembers a newer one.
    fn refuse_older(
        &self,
        path: &Path,
        signer: &VerifyingKey,
        policy: &Policy,
    ) -> Result<(), PolicyLoadError> {
        let file = self.state.join("policy-issues.toml");
        let key = format!("{signer} {}", policy.name());
        let seen = issues(&file)?.get(&key).copied();
        match seen {
            Some(seen) if policy.serial() < seen => {
                return Err(PolicyLoadError::Older { path: path.to_owned(), found: policy.serial(), seen });
            }
            Some(seen) if seen == policy.serial() => return Ok(()),
            _ => {}
        }
        private::make_folder(&self.state, Holds::Secrets)?;
        let _lock = Lock::take(&self.state.join("policy-issues.lock"))?;
        let mut all = issues(&file)?;
        let issue = all.entry(key).or_default();
        *issue = policy.serial().max(*issue);
        let text = toml::to_string(&all).map_err(|error| FileError::damaged(&file, error.to_string()))?;
        Ok(write_atomically(&file, text.as_bytes(), Mode::Private, Overwrite::Allow)?)
    }
}

fn unusable(path: &Path) -> impl FnOnce(PolicyError) -> PolicyLoadError {
    let path = path.to_owned();
    move |source| PolicyLoadError::Policy { path, source }
}

/// Reads a policy file.
///
/// # Errors
/// Refuses one that is too long, not text, or that others may change.
pub fn read(path: &Path) -> Result<String, FileError> {
    let bytes = private::read_file(path, FILE_MAX, Holds::Settings)?;
    String::from_utf8(bytes.to_vec()).map_err(|_| FileError::damaged(path, "it is not UTF-8 text"))
}

/// Returns where the signature of a policy stands: beside it, with `.sig` added.
pub fn signature_path(policy: &Path) -> PathBuf {
    let mut name = policy.as_os_str().to_owned();
    name.push(".sig");
    PathBuf::from(name)
}

/// Reads the signature beside a policy.
///
/// # Errors
/// [`PolicyLoadError::NotSigned`] when there is none.
pub fn read_signature(policy: &Path) -> Result<String, PolicyLoadError> {
    let path = signature_path(policy);
    let bytes = match private::read_file(&path, SIGNATURE_MAX, Holds::Settings) {
        Err(error) if error.is_missing() => {
            return Err(PolicyLoadError::NotSigned { policy: policy.to_owned(), signature: path });
        }
        other => other?,
    };
    String::from_utf8(bytes.to_vec()).map_err(|_| FileError::damaged(&path, "it is not UTF-8 text").into())
}

fn issues(file: &Path) -> Result<BTreeMap<String, u64>, FileError> {
    let bytes = match private::read_file(file, SERIALS_MAX, Holds::Secrets) {
        Err(error) if error.is_missing() => return Ok(BTreeMap::new()),
        other => other?,
    };
    // What cannot be read is no licence to take an old policy.
    let text = std::str::from_utf8(&bytes).ok();
    text.and_then(|text| toml::from_str(text).ok())
        .ok_or_else(|| FileError::damaged(file, "it is not what was written here"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use zegel_core::keys::SigningKey;
    use zegel_core::policy::sign;

    fn text(serial: u64) -> String {
        format!(
            "format = \"zegel/policy/v1\"\nname = \"p\"\nserial = {serial}\n[[rule]]\nid = \"r\"\naction = \"block\"\nexplain = {{ nl = \"x\", en = \"x\" }}\nwhen = [{{ content = {{ detectors = [\"bsn\"] }} }}]\n"
        )
    }

    fn files(folder: &Path, signer: Option<&VerifyingKey>) -> PolicyFiles {
        let signer = signer.map(|key| format!("signer = \"{key}\"\n")).unwrap_or_default();
        let path = folder.join("policy.toml");
        toml::from_str(&format!("file = {path:?}\n{signer}")).unwrap()
    }

    #[test]
    fn signed_policies_only_go_forward() {
        let home = tempfile::tempdir().unwrap();
        let store = PolicyStore::new(&Paths::below(home.path()));
        let (key, other) = (SigningKey::make(&mut rand_core::OsRng), SigningKey::make(&mut rand_core::OsRng));
        let signer = key.verifying_key();
        let named = files(home.path(), Some(&signer));
        let path = home.path().join("policy.toml");
        let put = |serial: u64, key: &SigningKey| {
            std::fs::write(&path, text(serial)).unwrap();
            std::fs::write(signature_path(&path), sign(&text(serial), key).unwrap()).unwrap();
        };

        std::fs::write(&path, text(3)).unwrap();
        assert!(matches!(store.load(&named), Err(PolicyLoadError::NotSigned { .. })));
        put(3, &other);
        assert!(matches!(
            store.load(&named),
            Err(PolicyLoadError::Policy { source: PolicyError::Signature, .. })
        ));
        put(3, &key);
        assert_eq!(store.load(&named).unwrap().policy.serial(), 3);
        put(2, &key);
        assert!(matches!(store.load(&named), Err(PolicyLoadError::Older { found: 2, seen: 3, .. })));
        put(4, &key);
        assert_eq!(store.load(&named).unwrap().policy.serial(), 4);
        put(3, &key);
        assert!(matches!(store.load(&named), Err(PolicyLoadError::Older { found: 3, seen: 4, .. })));
        // The right signer under another name is another policy.
        let wanted: PolicyFiles =
            toml::from_str(&format!("file = {path:?}\nsigner = \"{signer}\"\nname = \"q\"\n")).unwrap();
        put(9, &key);
        assert!(matches!(store.load(&wanted), Err(PolicyLoadError::OtherName { .. })));
        // A memory that cannot be read refuses as well.
        std::fs::write(home.path().join("state/policy-issues.toml"), "{").unwrap();
        put(9, &key);
        assert!(matches!(store.load(&named), Err(PolicyLoadError::File(_))));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(store.load(&named), Err(PolicyLoadError::File(_))));
    }

    #[test]
    fn rules_of_ones_own_tighten_the_built_in_policy() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("own.toml");
        std::fs::write(&path, text(1)).unwrap();
        let store = PolicyStore::new(&Paths::below(home.path()));
        let in_force = store.load(&toml::from_str(&format!("own = {path:?}")).unwrap()).unwrap();
        assert_eq!(
            in_force.policy.rules().iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>(),
            ["own:r"]
        );
        assert_eq!((in_force.path, in_force.own), (None, Some(path)));
    }

    #[cfg(unix)]
    #[test]
    fn a_policy_that_others_may_change_is_refused() {
        use std::os::unix::fs::PermissionsExt;

        let home = tempfile::tempdir().unwrap();
        let store = PolicyStore::new(&Paths::below(home.path()));
        let path = home.path().join("policy.toml");
        std::fs::write(&path, text(1)).unwrap();
        assert!(store.load(&files(home.path(), None)).unwrap().policy.has_rules());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        assert!(matches!(store.load(&files(home.path(), None)), Err(PolicyLoadError::File(_))));
    }

    /// Whoever may rename in the folder could put milder rules in the place of a file without a signature.
    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_can_change_holds_no_rules() {
        use std::os::unix::fs::PermissionsExt;

        let home = tempfile::tempdir().unwrap();
        let rules = home.path().join("rules");
        std::fs::create_dir(&rules).unwrap();
        std::fs::write(rules.join("policy.toml"), text(1)).unwrap();
        let store = PolicyStore::new(&Paths::below(home.path()));
        let own: PolicyFiles = toml::from_str(&format!("own = {:?}\n", rules.join("policy.toml"))).unwrap();
        let mode = |mode| std::fs::set_permissions(&rules, std::fs::Permissions::from_mode(mode)).unwrap();
        for files in [files(&rules, None), own] {
            mode(0o777);
            let refused = store.load(&files);
            assert!(matches!(refused, Err(PolicyLoadError::File(FileError::Exposed { .. }))), "{refused:?}");
            mode(0o755);
            assert!(store.load(&files).is_ok());
        }
    }
}
