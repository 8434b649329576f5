//! Identities, cards, configuration and memory of Zegel, on disk and in the keyring.
//!
//! ```
//! use zegel_store::config::Config;
//! use zegel_store::environment::Environment;
//! use zegel_store::paths::Paths;
//!
//! # let home = tempfile::tempdir()?;
//! # let environment = Environment::of([("ZEGEL_HOME", home.path())]);
//! # let _ = Environment::of_process;
//! let paths = Paths::find(&environment)?; // in a program: Environment::of_process()
//! let config = Config::load(&paths, &environment)?;
//! assert!(config.accounts().is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What lies where is written down in `docs/formats/store.md`. Three rules hold throughout: a file is whole or not
//! there ([`staging`]), what is private is refused when others can reach it, and what cannot be read is an error and
//! never counts as absent.
#![forbid(unsafe_code)]

pub mod cards;
pub mod config;
pub mod devices;
pub mod environment;
pub mod history;
pub mod identity;
pub mod keyring;
mod lock;
mod names;
pub mod outgoing;
pub mod paths;
pub mod policy;
mod private;
pub mod seen;
pub mod staging;

pub use crate::cards::Cards;
pub use crate::config::{Account, Config};
pub use crate::environment::Environment;
pub use crate::history::HistoryFile;
pub use crate::identity::IdentityStore;
pub use crate::paths::Paths;
pub use crate::private::{FileError, check_around};
pub use crate::seen::SeenLog;
