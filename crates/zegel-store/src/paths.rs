//! Where things lie: the platform's folders, or one folder of the caller's choice.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::environment::Environment;
use crate::private::{self, FileError, Holds};

/// Tells why the folders are not known.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PathsError {
    /// The system names no home folder for this user.
    #[error("this user has no home folder")]
    NoHome,
    /// A folder could not be made, or is open to others.
    #[error(transparent)]
    File(#[from] FileError),
}

impl PathsError {
    /// Returns what the person can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoHome => Some("set ZEGEL_HOME to a private folder".to_owned()),
            Self::File(error) => error.hint(),
        }
    }
}

/// The places of all files; nothing is made or touched before it is needed.
///
/// | | Linux | `ZEGEL_HOME=/dir` |
/// |---|---|---|
/// | config | `~/.config/zegel` | `/dir/config` |
/// | data | `~/.local/share/zegel` | `/dir/data` |
/// | state | `~/.local/state/zegel` | `/dir/state` |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    config: PathBuf,
    config_file: PathBuf,
    data: PathBuf,
    machine_file: Option<PathBuf>,
    state: PathBuf,
}

/// What an administrator settles for everybody on a computer. No variable moves it.
const MACHINE_FILE: &str = "/etc/zegel/config.toml";

impl Paths {
    /// Finds the folders: below `ZEGEL_HOME` when that is set, else where the platform keeps such things; the
    /// configuration file is the one named by `ZEGEL_CONFIG`, when that is set.
    ///
    /// # Errors
    /// Fails when neither the environment nor the system names a home.
    pub fn find(environment: &Environment) -> Result<Self, PathsError> {
        let mut paths = match environment.path("ZEGEL_HOME") {
            Some(home) => Self::below(&home),
            None => Self::of_platform()?,
        };
        if let Some(file) = environment.path("ZEGEL_CONFIG") {
            paths.config_file = file;
        }
        paths.machine_file = cfg!(unix).then(|| PathBuf::from(MACHINE_FILE));
        Ok(paths)
    }

    /// Looks for what an administrator settles in another file; for tests.
    #[must_use]
    pub fn with_machine_file(mut self, path: PathBuf) -> Self {
        self.machine_file = Some(path);
        self
    }

    /// Puts everything below one folder.
    pub fn below(home: &Path) -> Self {
        let config = home.join("config");
        Self {
            config_file: config.join("config.toml"),
            config,
            data: home.join("data"),
            machine_file: None,
            state: home.join("state"),
        }
    }

    fn of_platform() -> Result<Self, PathsError> {
        let folders = directories::ProjectDirs::from("", "", "zegel").ok_or(PathsError::NoHome)?;
        let config = folders.config_dir().to_owned();
        Ok(Self {
            config_file: config.join("config.toml"),
            config,
            data: folders.data_local_dir().to_owned(),
            machine_file: None,
            state: folders.state_dir().unwrap_or_else(|| folders.data_local_dir()).to_owned(),
        })
    }

    /// Returns the folder of the configuration; it holds no secrets.
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// Returns the configuration file.
    pub fn config_file(&self) -> &Path {
        &self.config_file
    }

    /// Returns the configuration that an administrator settles for everybody on the computer.
    pub fn machine_file(&self) -> Option<&Path> {
        self.machine_file.as_deref()
    }

    /// Returns the folder of identities and cards.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Returns the folder of what is remembered, such as which messages were opened before.
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// Returns the folder of the own identities.
    pub fn identities(&self) -> PathBuf {
        self.data.join("identities")
    }

    /// Returns the folder of the pinned cards of others.
    pub fn cards(&self) -> PathBuf {
        self.data.join("cards")
    }

    /// Returns the folder of the devices: how servers know this computer.
    pub fn devices(&self) -> PathBuf {
        self.data.join("devices")
    }

    /// Returns the folder that remembers who were the guests of sent messages.
    pub fn outgoing(&self) -> PathBuf {
        self.state.join("outgoing")
    }

    /// Returns the folder that remembers opened messages.
    pub fn seen(&self) -> PathBuf {
        self.state.join("seen")
    }

    /// Returns the folder that remembers whom mail went to.
    pub fn history(&self) -> PathBuf {
        self.state.join("history")
    }

    /// Makes the folders that are missing, with mode 0700, and refuses those that others can reach.
    ///
    /// # Errors
    /// Fails when one cannot be made, belongs to somebody else or is open to others.
    pub fn make(&self) -> Result<(), FileError> {
        private::make_folder(&self.config, Holds::Settings)?;
        private::make_folder(&self.data, Holds::Secrets)?;
        private::make_folder(&self.state, Holds::Secrets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_moves_everything() {
        let paths = Paths::find(&Environment::of([("ZEGEL_HOME", "/z")])).unwrap();
        let below = Paths::below(Path::new("/z"));
        assert_eq!(paths, if cfg!(unix) { below.with_machine_file(MACHINE_FILE.into()) } else { below });
        assert_eq!(paths.config_file(), Path::new("/z/config/config.toml"));
        assert_eq!(paths.cards(), Path::new("/z/data/cards"));
        let paths =
            Paths::find(&Environment::of([("ZEGEL_HOME", "/z"), ("ZEGEL_CONFIG", "/etc/zegel.toml")]))
                .unwrap();
        assert_eq!(paths.config_file(), Path::new("/etc/zegel.toml"));
        assert_eq!(
            paths.machine_file(),
            cfg!(unix).then(|| Path::new("/etc/zegel/config.toml")),
            "never moved"
        );
        assert_eq!(paths.data(), Path::new("/z/data"));
    }

    #[test]
    fn empty_means_unset() {
        let paths = Paths::find(&Environment::of([("ZEGEL_HOME", "")]));
        assert_ne!(paths.map(|p| p.data().to_owned()).ok(), Some(PathBuf::from("data")));
    }

    #[cfg(unix)]
    #[test]
    fn whoever_makes_a_folder_first_makes_it_private() {
        use std::os::unix::fs::PermissionsExt;

        use rand_core::OsRng;
        use zegel_core::identity::Identity;
        use zegel_core::{Address, Fingerprint, MessageId, Timestamp};

        use crate::cards::{Cards, Change, Proof};
        use crate::config::{Account, AccountChange, Config};
        use crate::history::HistoryFile;
        use crate::identity::{Existing, IdentityStore, Keep};
        use crate::seen::{Carrier, Message, SeenLog};

        let now = Timestamp::from_unix(10);
        let alice: Address = "alice@example.org".parse().unwrap();
        let identity = Identity::make(alice.clone(), "", now, 100, &mut OsRng).unwrap();
        let first_uses: [&dyn Fn(&Paths); 5] = [
            &|paths| {
                let mail = zegel_core::people::Mail { at: now, id: None, to: &[alice.clone().into()] };
                HistoryFile::new(paths).record(&mail, &mut OsRng).unwrap();
            },
            &|paths| IdentityStore::new(paths).save(&identity, Keep::PlainFile, Existing::Refuse).unwrap(),
            &|paths| {
                Cards::new(paths).pin(identity.card(), Proof::Confirmed, Change::Refuse, now).unwrap();
            },
            &|paths| {
                let carrier = Carrier { mail: None, digest: [0; 32] };
                let (id, sender) = (MessageId::from_bytes([1; 16]), Fingerprint::from_bytes([1; 32]));
                SeenLog::new(paths).record(&Message { id, sender }, &carrier, now).unwrap();
            },
            &|paths| {
                let name = "a".parse().unwrap();
                Config::save_account(paths, &name, &Account::new(alice.clone()), AccountChange::Add).unwrap();
            },
        ];
        for first_use in first_uses {
            let dir = tempfile::tempdir().unwrap();
            first_use(&Paths::below(&dir.path().join("share/zegel")));
            let mut folders = vec![dir.path().join("share")];
            let mut count = 0;
            while let Some(folder) = folders.pop() {
                count += 1;
                let mode = std::fs::metadata(&folder).unwrap().permissions().mode() & 0o7777;
                assert_eq!(mode, 0o700, "{}", folder.display());
                let inside = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
                folders.extend(inside.filter(|path| path.is_dir()));
            }
            assert!(count > 2);
        }
    }

    #[cfg(unix)]
    #[test]
    fn folders_are_private() {
        use std::os::unix::fs::PermissionsExt;

        let home = tempfile::tempdir().unwrap();
        let paths = Paths::below(home.path());
        paths.make().unwrap();
        for folder in [paths.config(), paths.data(), paths.state()] {
            assert_eq!(std::fs::metadata(folder).unwrap().permissions().mode() & 0o7777, 0o700);
        }
        std::fs::set_permissions(paths.data(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let error = paths.make().unwrap_err();
        assert!(error.hint().unwrap().starts_with("run: chmod go= "), "{error}");
    }
}
