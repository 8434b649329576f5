//! A Postfix of one's own.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use crate::certificates::{Certificates, Flaw};
use crate::dovecot::Dovecot;
use crate::process::{end, free_port, must, need, wait_until};

/// The user mail is delivered as (Debian's `nobody`).
pub(crate) const NOBODY: u32 = 65_534;

/// A door of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    /// STARTTLS offered, log-in required inside it.
    LogIn,
    /// STARTTLS offered, with this certificate; no log-in.
    StartTls(Flaw),
    /// TLS from the first byte, with this certificate; no log-in.
    Implicit(Flaw),
    /// No TLS at all.
    Plain,
    /// As `Implicit(Flaw::None)`, and takes mail of at most [`Port::SMALL_LIMIT`] bytes.
    Small,
}

impl Port {
    /// The largest mail [`Port::Small`] takes.
    pub const SMALL_LIMIT: u64 = 20_000;

    const ALL: [Self; 9] = [
        Self::LogIn,
        Self::StartTls(Flaw::Expired),
        Self::StartTls(Flaw::None),
        Self::StartTls(Flaw::WrongName),
        Self::Implicit(Flaw::Expired),
        Self::Implicit(Flaw::None),
        Self::Implicit(Flaw::WrongName),
        Self::Plain,
        Self::Small,
    ];
}

/// What the server answers to some recipients, at `RCPT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// 450: not now; for `later@…`.
    Later,
    /// 550: never; for `never@…`.
    Never,
}

impl Rule {
    /// Returns the local part to which the rule applies, in any domain the server takes mail for.
    pub fn local_part(self) -> &'static str {
        match self {
            Self::Later => "later",
            Self::Never => "never",
        }
    }
}

/// A running Postfix that takes mail for `example.org`, `example.net` and `example.com` and for everybody in them,
/// up to 120 MB each, and keeps it; it sends nothing anywhere.
#[derive(Debug)]
pub struct Postfix {
    folder: tempfile::TempDir,
    certificates: Certificates,
    dovecot: Dovecot,
    ports: Vec<u16>,
    child: Child,
}

impl Postfix {
    /// Returns the one that other tests of this process use at the moment, or starts one.
    ///
    /// It ends with the last test that holds it. Use addresses or folders of your own.
    ///
    /// # Panics
    /// As [`Postfix::start`].
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Postfix>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = shared.upgrade() {
            return server;
        }
        let server = Arc::new(Self::start());
        *shared = Arc::downgrade(&server);
        server
    }

    /// Starts one, with a [`Dovecot`] beside it that checks passwords.
    ///
    /// # Panics
    /// Something is not installed, we are not root, or it does not start.
    pub fn start() -> Self {
        need("postfix", "postfix");
        let dovecot = Dovecot::start();
        let folder = tempfile::Builder::new().prefix("zegel-postfix-").tempdir().unwrap();
        let root = folder.path();
        // The daemons run as several users.
        fs::set_permissions(root, fs::Permissions::from_mode(0o755)).unwrap();
        let certificates = dovecot.certificates().clone();
        for name in ["etc", "queue", "data", "mail"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        chown(root.join("mail"), Some(NOBODY), Some(NOBODY)).unwrap();
        must(Command::new("chown").arg("postfix").arg(root.join("data")));
        let ports: Vec<u16> = Port::ALL.iter().map(|_| free_port()).collect();
        fs::write(root.join("etc/main.cf"), main_cf(root, &dovecot.auth_socket())).unwrap();
        fs::write(root.join("etc/master.cf"), master_cf(&ports, &certificates)).unwrap();
        make_queue(&root.join("queue"));
        // What `postfix start` would run in the end, after two seconds of checks that a new folder does not need.
        let child = Command::new("/usr/lib/postfix/sbin/master")
            .arg("-c")
            .arg(root.join("etc"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { folder, certificates, dovecot, ports, child };
        // The last door that `master` opens; each knock would start another process, so the others are left alone.
        let address = ("127.0.0.1", server.port(Port::Small));
        wait_until("Postfix to listen", Duration::from_secs(20), || TcpStream::connect(address).is_ok());
        server
    }

    /// Returns the number of a port of 127.0.0.1.
    pub fn port(&self, port: Port) -> u16 {
        self.ports[Port::ALL.iter().position(|other| *other == port).unwrap()]
    }

    /// Returns the certificates.
    pub fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// Returns the IMAP server beside it.
    pub fn dovecot(&self) -> &Dovecot {
        &self.dovecot
    }

    /// Waits for `count` mails to `address` and returns them as they lie in the mailbox (LF, with trace headers).
    ///
    /// # Panics
    /// They do not come within `limit`.
    pub fn received(&self, address: &str, count: usize, limit: Duration) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        wait_until(&format!("{count} mails to {address}"), limit, || {
            found = self.all().into_iter().filter(|mail| is_to(mail, address)).collect();
            found.len() >= count
        });
        found
    }

    /// Returns every mail that has been delivered, to whomever.
    pub fn all(&self) -> Vec<Vec<u8>> {
        let Ok(entries) = fs::read_dir(self.folder.path().join("mail/all/new")) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|path| fs::read(path).unwrap()).collect()
    }

    /// Returns the Maildir everything is delivered to, for tests that take mail out of it themselves.
    pub fn mailbox(&self) -> PathBuf {
        self.folder.path().join("mail/all")
    }

    /// Returns the folder of the server: queue, log, mail.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns its log so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        // It ends its children at once, and then may wait for its log, which was one of them, for ever.
        end(&mut self.child, Duration::from_millis(300));
    }
}

/// Says whether the mailbox program noted `address` as the recipient, in the first header fields.
fn is_to(mail: &[u8], address: &str) -> bool {
    let head = String::from_utf8_lossy(&mail[..mail.len().min(2000)]).into_owned();
    head.lines().take(6).any(|line| {
        line.strip_prefix("Delivered-To: ").is_some_and(|to| to.trim().eq_ignore_ascii_case(address))
    })
}

/// Makes the folders of an empty queue with the owners Postfix wants.
fn make_queue(queue: &Path) {
    let make = |names: &[&str], owner: &str, mode: u32| {
        for name in names {
            let path = queue.join(name);
            fs::create_dir(&path).unwrap();
            must(Command::new("chown").arg(owner).arg(&path));
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    make(&["pid"], "root:root", 0o755);
    make(&["maildrop"], "postfix:postdrop", 0o730);
    make(&["public"], "postfix:postdrop", 0o710);
    let own = [
        "active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved",
        "trace",
    ];
    make(&own, "postfix:root", 0o700);
}

fn main_cf(root: &Path, auth_socket: &Path) -> String {
    let (root, socket) = (root.display(), auth_socket.display());
    format!(
        "compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {root}/log
maillog_file_prefixes = {root}
myhostname = mail.example.org
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = loopback-only
inet_protocols = ipv4
alias_maps =
alias_database =
smtputf8_enable = yes
message_size_limit = 120000000
mailbox_size_limit = 0
virtual_mailbox_limit = 0
default_transport = error:this server sends nothing on
relay_transport = error:this server sends nothing on
virtual_mailbox_domains = example.org, example.net, example.com
virtual_mailbox_maps = static:all/
virtual_mailbox_base = {root}/mail
virtual_uid_maps = static:{NOBODY}
virtual_gid_maps = static:{NOBODY}
virtual_minimum_uid = 1
smtpd_client_connection_rate_limit = 0
smtpd_client_connection_count_limit = 0
smtpd_recipient_restrictions = check_recipient_access regexp:{{{{/^later@/ 450 4.7.1 come back later}} {{/^never@/ 550 5.7.1 never}}}}, permit_mynetworks, reject
smtpd_sasl_type = dovecot
smtpd_sasl_path = {socket}
smtpd_sasl_security_options = noanonymous
smtpd_tls_auth_only = yes
smtpd_tls_loglevel = 1
smtpd_tls_session_cache_database =
"
    )
}

fn master_cf(ports: &[u16], certificates: &Certificates) -> String {
    let mut text = String::new();
    for (port, number) in Port::ALL.iter().zip(ports) {
        text.push_str(&format!("127.0.0.1:{number} inet n - n - - smtpd\n"));
        let (tls, flaw) = match port {
            Port::LogIn => ("encrypt", Flaw::None),
            Port::StartTls(flaw) => ("may", *flaw),
            Port::Implicit(flaw) => {
                text.push_str("  -o smtpd_tls_wrappermode=yes\n");
                ("encrypt", *flaw)
            }
            Port::Small => {
                let limit = Port::SMALL_LIMIT;
                text.push_str(&format!("  -o smtpd_tls_wrappermode=yes\n  -o message_size_limit={limit}\n"));
                ("encrypt", Flaw::None)
            }
            Port::Plain => ("none", Flaw::None),
        };
        text.push_str(&format!(
            "  -o smtpd_tls_security_level={tls}\n  -o smtpd_tls_cert_file={}\n  -o smtpd_tls_key_file={}\n",
            certificates.certificate(flaw).display(),
            certificates.key(flaw).display()
        ));
        if *port == Port::LogIn {
            text.push_str("  -o smtpd_sasl_auth_enable=yes\n  -o smtpd_client_restrictions=permit_sasl_authenticated,reject\n");
        }
    }
    text.push_str(
        "pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
",
    );
    text
}
