//! People with fixed keys and homes of their own, and the real program run for them in a cleared environment.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rand_core::{CryptoRng, RngCore};
use zegel_core::card::{Card, CardRequest};
use zegel_core::identity::Identity;
use zegel_core::keys::{AgeRecipient, SigningKey};
use zegel_core::{Address, Timestamp};
use zegel_store::Paths;
use zegel_store::cards::{Cards, Change, Proof};
use zegel_store::identity::{Existing, IdentityStore, Keep};
use zegel_testkit::zegel_binary;

/// The time at which everything happens.
pub(crate) const CLOCK: &str = "2026-11-21T08:00:00Z";
/// A recipient of plain X25519, whose identity nobody has.
const CLASSIC: &str = "age1wfslgyg23m2kw5g7pmhg0qv0ag5y98xufxah8p6dlqwpx585ng7ssk5mss";
const YEAR: u64 = 365 * 86_400;

/// Who has a home: name, address, name on the card, and whose cards they have pinned.
///
/// Mallory has made keys for Alice's address; nobody has pinned them.
pub(crate) const PEOPLE: [(&str, &str, &str, &[&str]); 6] = [
    ("alice", "alice@example.org", "Alice Jansen", &["bob", "carol", "dave", "erin", "gunther"]),
    ("bob", "bob@example.org", "Bob de Vries", &["alice"]),
    ("carol", "carol@example.net", "Carol", &["alice"]),
    ("mallory", "alice@example.org", "Alice Jansen", &["bob"]),
    ("stranger", "stranger@example.com", "", &["bob"]),
    ("gunther", "günther@example.org", "Günther", &["alice"]),
];

/// Random numbers from a name: keys that are the same in every run.
pub(crate) struct Fixed(blake3::OutputReader);

impl Fixed {
    pub(crate) fn new(name: &str) -> Self {
        Self(blake3::Hasher::new().update(name.as_bytes()).finalize_xof())
    }
}

impl RngCore for Fixed {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.0.fill(dest);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for Fixed {}

/// A folder with homes, cards, a work folder and a folder for temporary files; removed when dropped.
pub(crate) struct World(tempfile::TempDir);

/// What a run of the program did.
#[derive(Debug, Clone)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

/// How a program is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Screen {
    /// Input and outputs are pipes.
    Pipes,
    /// Input and outputs are a terminal.
    Terminal,
}

impl World {
    /// Makes a world in which everybody is as in [`PEOPLE`].
    pub(crate) fn new() -> Self {
        static TEMPLATE: OnceLock<tempfile::TempDir> = OnceLock::new();
        let template = TEMPLATE.get_or_init(make_template);
        let folder = tempfile::Builder::new().prefix("zegel-world-").tempdir().unwrap();
        let copied = Command::new("cp").arg("-a").arg(template.path().join(".")).arg(folder.path()).status();
        assert!(copied.unwrap().success());
        Self(folder)
    }

    /// Returns the folder of everything.
    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    /// Returns the path of something in it.
    pub(crate) fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    /// Returns somebody's `ZEGEL_HOME`.
    pub(crate) fn home(&self, who: &str) -> PathBuf {
        self.join("homes").join(who)
    }

    /// Writes a file, with the folders it needs.
    pub(crate) fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Writes the configuration of an account.
    pub(crate) fn write_account(&self, who: &str, smtp: &str) {
        let (_, address, ..) = PEOPLE.iter().find(|(name, ..)| *name == who).unwrap();
        let text =
            format!("version = 1\n[account.work]\naddress = \"{address}\"\n[account.work.smtp]\n{smtp}");
        let path = self.write(format!("homes/{who}/config/config.toml"), text);
        fs::set_permissions(path.parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Returns the variables a program gets, and no others.
    pub(crate) fn environment(&self, who: &str) -> BTreeMap<String, String> {
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        BTreeMap::from(
            [
                ("ZEGEL_HOME", text(self.home(who))),
                ("ZEGEL_TEST_CLOCK", CLOCK.to_owned()),
                // Not there unless a test writes it; that of the computer has no say here.
                ("ZEGEL_TEST_MACHINE", text(self.join("machine.toml"))),
                ("HOME", text(self.join("elsewhere"))),
                ("TMPDIR", text(self.join("tmp"))),
                ("LC_ALL", "C.UTF-8".to_owned()),
                ("TZ", "UTC".to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        )
    }

    /// Makes the command for a run of the program.
    pub(crate) fn command(&self, who: &str, arguments: &[String]) -> Command {
        let mut command = Command::new(zegel_binary());
        command.args(arguments).env_clear().envs(self.environment(who)).current_dir(self.join("work"));
        command
    }

    /// Runs the program for somebody.
    pub(crate) fn zegel(&self, who: &str, arguments: &[&str], input: &[u8]) -> Ran {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        finish(self.command(who, &arguments), input)
    }

    /// Runs the program and expects it to do what was asked.
    pub(crate) fn must(&self, who: &str, arguments: &[&str], input: &[u8]) -> Ran {
        let ran = self.zegel(who, arguments, input);
        assert_eq!(ran.code, 0, "zegel {arguments:?} for {who}: {}", ran.stderr);
        ran
    }

    /// Returns every file and folder with mode and a digest of the content, but for the folders named.
    pub(crate) fn listing(&self, but: &[&str]) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.root().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(self.root()).unwrap().to_str().unwrap().to_owned();
                if but.contains(&name.as_str()) {
                    continue;
                }
                let meta = path.symlink_metadata().unwrap();
                let mode = meta.mode() & 0o7777;
                if meta.is_dir() {
                    found.insert(format!("{name}/"), format!("{mode:04o}"));
                    folders.push(path);
                } else if meta.is_file() {
                    let digest = blake3::hash(&fs::read(&path).unwrap_or_default()).to_hex();
                    found.insert(name, format!("{mode:04o} {digest}"));
                } else {
                    found.insert(name, format!("{mode:04o} special"));
                }
            }
        }
        found
    }
}

/// Runs a prepared command to its end; one that hangs is a failure.
pub(crate) fn finish(mut command: Command, input: &[u8]) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let pid = child.id().to_string();
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            // A program may end without reading its input.
            let _ = stdin.write_all(input);
        });
        scope.spawn(move || {
            if wait.recv_timeout(Duration::from_secs(60)) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                let _ = Command::new("kill").args(["-KILL", &pid]).status();
            }
        });
        let output = child.wait_with_output().unwrap();
        let _ = done.send(());
        output
    });
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Waits for something that another process does.
pub(crate) fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < Duration::from_secs(20), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn make_template() -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("zegel-people-").tempdir().unwrap();
    for name in ["work", "tmp", "elsewhere", "cards", "homes"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    let now: Timestamp = CLOCK.parse().unwrap();
    let before = Timestamp::from_unix(now.unix() - 3 * YEAR);
    let mut cards: BTreeMap<&str, (Card, Timestamp)> = BTreeMap::new();
    let mut stores = Vec::new();
    for (who, address, name, _) in PEOPLE {
        let home = folder.path().join("homes").join(who);
        fs::create_dir(&home).unwrap();
        fs::set_permissions(&home, fs::Permissions::from_mode(0o700)).unwrap();
        let paths = Paths::below(&home);
        paths.make().unwrap();
        let address: Address = address.parse().unwrap();
        let identity = Identity::make(address, name, now, 2 * YEAR, &mut Fixed::new(who)).unwrap();
        IdentityStore::new(&paths).save(&identity, Keep::PlainFile, Existing::Refuse).unwrap();
        cards.insert(who, (identity.card().clone(), now));
        stores.push(Cards::new(&paths));
    }
    // Two without a home: a key that is not post-quantum, and a card that has ended.
    let mut rng = Fixed::new("dave");
    let classic: AgeRecipient = CLASSIC.parse().unwrap();
    cards.insert("dave", (make_card("dave@example.com", &classic, now, &mut rng), now));
    let erin =
        Identity::make("erin@example.net".parse().unwrap(), "Erin", before, YEAR, &mut Fixed::new("erin"))
            .unwrap();
    cards.insert("erin", (erin.card().clone(), before));
    for ((.., known), store) in PEOPLE.iter().zip(stores) {
        for other in *known {
            let (card, when) = &cards[other];
            store.pin(card, Proof::Confirmed, Change::Refuse, *when).unwrap();
        }
    }
    for (who, (card, _)) in &cards {
        fs::write(folder.path().join("cards").join(format!("{who}.card")), card.text()).unwrap();
    }
    folder
}

fn make_card(address: &str, recipient: &AgeRecipient, now: Timestamp, rng: &mut Fixed) -> Card {
    let address: Address = address.parse().unwrap();
    let expires = Timestamp::from_unix(now.unix() + YEAR);
    let request = CardRequest { address: &address, name: "", recipient, created: now, expires, serial: 1 };
    Card::make(&request, &SigningKey::make(rng), None).unwrap()
}
