//! What every request shares.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::sync::{Semaphore, broadcast, watch};
use zegel_wire::server::{EventKind, EventView};

use crate::blobs::Blobs;
use crate::clock::{self, Clock};
use crate::config::Config;
use crate::db::Database;
use crate::fail::Failure;
use crate::journal::{Journal, Tombstone};
use crate::keys::Keys;
use crate::limits::{Budgets, Locks, Streams, Uploading};
use crate::sessions::Sessions;
use crate::sms::Gateways;
use crate::text::Id;

/// How many events wait for a reader that is slow; it is cut off then, and lists anew.
const EVENTS: usize = 4_096;

/// The server.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) config: Config,
    pub(crate) db: Database,
    pub(crate) blobs: Blobs,
    pub(crate) journal: Journal,
    pub(crate) keys: Keys,
    pub(crate) clock: Clock,
    pub(crate) sessions: Sessions,
    pub(crate) budgets: Budgets,
    pub(crate) locks: Locks,
    pub(crate) uploading: Uploading,
    pub(crate) streams: Streams,
    pub(crate) gateways: Gateways,
    /// Requests at work.
    pub(crate) requests: Arc<Semaphore>,
    /// Streams of events that are open.
    pub(crate) listeners: Arc<Semaphore>,
    /// Held while something sweeps.
    pub(crate) sweeping: tokio::sync::Mutex<()>,
    /// When was last looked for files that no row names.
    pub(crate) orphans_looked_for: Mutex<Option<Instant>>,
    /// Events with the member they are for.
    events: broadcast::Sender<(i64, EventView)>,
    /// Changes when devices or members were taken away.
    pub(crate) epoch: watch::Sender<i64>,
    /// Becomes true when the server ends.
    pub(crate) ending: watch::Sender<bool>,
}

/// The server, as handlers hold it.
pub(crate) type App = Arc<Server>;

/// Where things lie in the data folder.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Takes a data folder, which is made when it is missing.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn make(root: &Path) -> Result<Self, Failure> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(root).map_err(|error| {
            Failure::io(format!("the data folder {} cannot be made", root.display())).because(error)
        })?;
        Ok(Self { root: root.to_owned() })
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.root.join("zegel.sqlite")
    }

    pub(crate) fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.root.join("tombstones.log")
    }

    pub(crate) fn secret(&self) -> PathBuf {
        self.root.join("secret")
    }
}

impl Server {
    /// Opens everything in the data folder.
    ///
    /// # Errors
    /// When something of it cannot be opened.
    pub(crate) async fn open(config: Config) -> Result<App, Failure> {
        let layout = Layout::make(&config.data)?;
        let (db, blobs) = open_store(&layout).await?;
        let keys = Keys::open(&layout.secret()).map_err(|error| {
            Failure::io(format!("the secret {} cannot be used", layout.secret().display())).because(error)
        })?;
        let (journal, buried) = Journal::open(&layout.journal())
            .map_err(|error| Failure::io("the journal of tombstones cannot be used").because(error))?;
        let epoch =
            db.epoch().await.map_err(|error| Failure::io("the database cannot be read").because(error))?;
        let gateways = Gateways::new(&config.sms)?;
        let server = Arc::new(Self {
            requests: Arc::new(Semaphore::new(config.limits.requests)),
            listeners: Arc::new(Semaphore::new(config.limits.streams)),
            config,
            db,
            blobs,
            journal,
            keys,
            clock: Clock::start(),
            sessions: Sessions::default(),
            budgets: Budgets::default(),
            locks: Locks::default(),
            uploading: Uploading::default(),
            streams: Streams::default(),
            gateways,
            sweeping: tokio::sync::Mutex::default(),
            orphans_looked_for: Mutex::default(),
            events: broadcast::channel(EVENTS).0,
            epoch: watch::channel(epoch).0,
            ending: watch::channel(false).0,
        });
        server.bury(&buried).await?;
        Ok(server)
    }

    /// Ends again what the journal says has ended: an older backup may have brought it back (T30).
    async fn bury(&self, buried: &HashSet<Tombstone>) -> Result<(), Failure> {
        let failed = "the tombstones cannot be applied";
        let again = self.db.bury(buried).await.map_err(|error| Failure::io(failed).because(error))?;
        self.erase_guests(&again).await.map_err(|_| Failure::io(failed))?;
        if !again.is_empty() {
            tracing::warn!(count = again.len(), "what had ended was there again, and is ended again");
        }
        Ok(())
    }

    /// Tells a member's streams what happened.
    pub(crate) fn tell(&self, member: i64, event: EventKind, message: Id, guest: Option<Id>) {
        let view = EventView {
            event,
            message: message.to_string(),
            guest: guest.map(|guest| guest.to_string()),
            at: clock::text(self.clock.now()),
        };
        // Nobody may be listening.
        let _ = self.events.send((member, view));
    }

    /// Hears what happens from now on.
    pub(crate) fn listen(&self) -> broadcast::Receiver<(i64, EventView)> {
        self.events.subscribe()
    }
}

/// Opens the database and the blobs of a data folder.
///
/// # Errors
/// When they cannot be opened.
pub(crate) async fn open_store(layout: &Layout) -> Result<(Database, Blobs), Failure> {
    let db = Database::open(&layout.database())
        .await
        .map_err(|error| Failure::io("the database cannot be opened").because(error))?;
    let blobs = Blobs::open(layout.blobs())
        .map_err(|error| Failure::io("the folder of blobs cannot be opened").because(error))?;
    Ok((db, blobs))
}
