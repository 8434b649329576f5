//! A Dovecot of one's own: IMAP, and the password check of [`crate::Postfix`].

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use crate::certificates::{Certificates, Flaw};
use crate::postfix::NOBODY;
use crate::process::{end, free_port, need, wait_until};
use crate::{PASSWORD, USERNAME};

/// A second user, with the same mails and a password that `LOGIN` can carry (RFC 3501 section 6.2.3).
pub const ASCII_USER: &str = "alice.ascii@example.org";
/// The password of [`ASCII_USER`].
pub const ASCII_PASSWORD: &str = "correct-horse";

/// A running Dovecot with one user, [`USERNAME`].
#[derive(Debug)]
pub struct Dovecot {
    folder: tempfile::TempDir,
    certificates: Certificates,
    imap: u16,
    imaps: u16,
    child: Child,
}

impl Dovecot {
    /// Returns the one that other tests of this process use at the moment, or starts one.
    ///
    /// It ends with the last test that holds it. Use addresses or folders of your own.
    ///
    /// # Panics
    /// As [`Dovecot::start`].
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Dovecot>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return server;
        }
        let server = Arc::new(Self::start());
        *shared = Arc::downgrade(&server);
        server
    }

    /// Starts one.
    ///
    /// # Panics
    /// Something is not installed, we are not root, or it does not start.
    pub fn start() -> Self {
        let dovecot = need("dovecot", "dovecot-imapd");
        let folder = tempfile::Builder::new().prefix("zegel-dovecot-").tempdir().unwrap();
        let root = folder.path();
        fs::set_permissions(root, fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(root.join("mail")).unwrap();
        chown(root.join("mail"), Some(NOBODY), Some(NOBODY)).unwrap();
        let certificates = Certificates::make(&root.join("certificates"));
        let (imap, imaps) = (free_port(), free_port());
        let users = format!("{USERNAME}:{{PLAIN}}{PASSWORD}\n{ASCII_USER}:{{PLAIN}}{ASCII_PASSWORD}\n");
        fs::write(root.join("users"), users).unwrap();
        fs::write(root.join("dovecot.conf"), configuration(root, &certificates, imap, imaps)).unwrap();
        let child = Command::new(dovecot)
            .arg("-F")
            .arg("-c")
            .arg(root.join("dovecot.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { folder, certificates, imap, imaps, child };
        for port in [imap, imaps] {
            wait_until("Dovecot to listen", Duration::from_secs(20), || {
                std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
            });
        }
        let socket = server.auth_socket();
        wait_until("Dovecot's socket for log-ins", Duration::from_secs(20), || socket.exists());
        server
    }

    /// Returns the port with STARTTLS.
    pub fn port(&self) -> u16 {
        self.imap
    }

    /// Returns the port with TLS from the first byte.
    pub fn tls_port(&self) -> u16 {
        self.imaps
    }

    /// Returns the certificates; the servers use the good one.
    pub fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// Returns the socket at which Postfix asks about passwords.
    pub(crate) fn auth_socket(&self) -> PathBuf {
        self.folder.path().join("auth")
    }

    /// Returns the files of a folder of the user, by name (flags) and content; nothing when there is no such folder.
    pub fn messages(&self, folder: &str) -> Vec<(String, Vec<u8>)> {
        let root = self.folder.path().join("mail");
        let root = if folder == "INBOX" { root } else { root.join(format!(".{folder}")) };
        let mut found = Vec::new();
        for part in ["cur", "new"] {
            let Ok(entries) = fs::read_dir(root.join(part)) else { continue };
            for entry in entries {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                found.push((name, fs::read(&path).unwrap()));
            }
        }
        found.sort();
        found
    }

    /// Puts mails into a folder of the user that exists, as a mail program on the same computer would.
    ///
    /// # Panics
    /// There is no such folder.
    pub fn put(&self, folder: &str, mails: &[String]) {
        let root = self.folder.path().join("mail");
        let root = if folder == "INBOX" { root } else { root.join(format!(".{folder}")) };
        let part = root.join("cur");
        for (number, mail) in mails.iter().enumerate() {
            let path = part.join(format!("{}.{number}.put:2,S", 1_700_000_000 + number));
            fs::write(&path, mail).unwrap();
            chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }

    /// Returns its log so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        end(&mut self.child, Duration::from_secs(5));
    }
}

fn configuration(root: &Path, certificates: &Certificates, imap: u16, imaps: u16) -> String {
    let certificate = certificates.certificate(Flaw::None);
    let key = certificates.key(Flaw::None);
    let (root, certificate, key) = (root.display(), certificate.display(), key.display());
    format!(
        "base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/log
instance_name = zegel-test-{imap}
listen = 127.0.0.1
protocols = imap
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = yes
login_trusted_networks =
auth_mechanisms = plain login
mail_location = maildir:{root}/mail
first_valid_uid = 1
mail_uid = {NOBODY}
mail_gid = {NOBODY}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/users
}}
userdb {{
  driver = static
  args = uid={NOBODY} gid={NOBODY} home={root}/mail
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service auth {{
  unix_listener {root}/auth {{
    mode = 0666
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"
    )
}
