//! A clamd of one's own.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::process::{end, free_port, need, wait_until};

/// A running clamd that knows one thing to be bad, [`Clamd::BAD`], and nothing else, so that it needs no download and
/// starts at once; it takes at most [`Clamd::LONGEST`] bytes.
#[derive(Debug)]
pub struct Clamd {
    folder: tempfile::TempDir,
    port: u16,
    child: Child,
}

impl Clamd {
    /// What it finds.
    pub const BAD: &str = "zegel-test-sample-of-something-infected";
    /// What it calls that.
    pub const BAD_NAME: &str = "Zegel.Test.Sample.UNOFFICIAL";
    /// The longest stream it takes.
    pub const LONGEST: usize = 1024 * 1024;

    /// Starts one.
    ///
    /// # Panics
    /// It is not installed, or does not start.
    pub fn start() -> Self {
        let program = need("clamd", "clamav-daemon");
        let folder = tempfile::Builder::new().prefix("zegel-clamd-").tempdir().unwrap();
        let root = folder.path();
        let port = free_port();
        fs::create_dir(root.join("database")).unwrap();
        // Name, any kind of file, any place, the bytes in hexadecimal.
        let bytes: String = Self::BAD.bytes().map(|byte| format!("{byte:02x}")).collect();
        fs::write(root.join("database/zegel.ndb"), format!("Zegel.Test.Sample:0:*:{bytes}\n")).unwrap();
        let settings = format!(
            "LocalSocket {socket}\nTCPSocket {port}\nTCPAddr 127.0.0.1\nDatabaseDirectory {root}/database\n\
             TemporaryDirectory {root}\nForeground yes\nStreamMaxLength {longest}\nSelfCheck 0\n",
            socket = root.join("clamd.ctl").display(),
            root = root.display(),
            longest = Self::LONGEST,
        );
        fs::write(root.join("clamd.conf"), settings).unwrap();
        let child = Command::new(program)
            .arg("--config-file")
            .arg(root.join("clamd.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Self { folder, port, child };
        wait_until("clamd to listen", Duration::from_secs(30), || {
            UnixStream::connect(server.socket()).is_ok()
        });
        server
    }

    /// Returns its local socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("clamd.ctl")
    }

    /// Returns its port of 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        end(&mut self.child, Duration::from_millis(500));
    }
}
