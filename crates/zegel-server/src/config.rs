//! Configuration: defaults that need nothing on loopback, a TOML file, and `ZEGEL_SERVER_*` for the essentials.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::fail::Failure;
use crate::sms::SmsConfig;

/// The configuration, whole and checked.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) data: PathBuf,
    /// Under which address people reach the server.
    pub(crate) origin: String,
    /// How the organisation is called, in authenticators and codes.
    pub(crate) name: String,
    pub(crate) limits: Limits,
    pub(crate) sms: SmsConfig,
}

/// Limits, each with a default that suits one machine.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// Bytes of a new member.
    pub(crate) quota: u64,
    /// Bytes of one part.
    pub(crate) part: u64,
    /// Bytes of the answers of one guest to one message, each.
    pub(crate) reply: u64,
    /// Requests at work at the same time; more are answered with 503.
    pub(crate) requests: usize,
    /// Connections at the same time; more wait.
    pub(crate) connections: usize,
    /// Enrolments that begin in an hour, all together.
    pub(crate) enrolments_per_hour: u32,
    /// Streams of events at the same time.
    pub(crate) streams: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            quota: 20 << 30,
            part: 16 << 30,
            reply: 2 << 30,
            requests: 512,
            connections: 4_096,
            enrolments_per_hour: 600,
            streams: 2_048,
        }
    }
}

/// The file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Document {
    listen: Option<SocketAddr>,
    data: Option<PathBuf>,
    origin: Option<String>,
    name: Option<String>,
    behind_proxy: bool,
    limits: Limits,
    sms: SmsConfig,
}

/// What the command line and the environment say; it goes before the file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overrides {
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) data: Option<PathBuf>,
    pub(crate) origin: Option<String>,
}

impl Config {
    /// Reads the configuration.
    ///
    /// # Errors
    /// When the file cannot be read or understood, or would have the server speak plain HTTP beyond this machine.
    pub(crate) fn read(file: Option<&Path>, overrides: Overrides) -> Result<Self, Failure> {
        let document: Document = match file {
            None => Document::default(),
            Some(path) => {
                let text = fs::read_to_string(path).map_err(|error| {
                    Failure::configuration(format!("the configuration {} cannot be read", path.display()))
                        .because(error)
                })?;
                toml::from_str(&text).map_err(|error| {
                    Failure::configuration(format!("the configuration {} is not understood", path.display()))
                        .because(error)
                })?
            }
        };
        let listen = overrides
            .listen
            .or(document.listen)
            .unwrap_or_else(|| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8443));
        let loopback = listen.ip().is_loopback();
        if !loopback && !document.behind_proxy {
            return Err(Failure::configuration(format!(
                "{listen} is not on loopback, and this server speaks plain HTTP"
            ))
            .hint("put a proxy with TLS before it, and say `behind_proxy = true`"));
        }
        let origin = overrides.origin.or(document.origin).unwrap_or_else(|| format!("http://{listen}"));
        check_origin(&origin, loopback && !document.behind_proxy)?;
        document.sms.check(loopback)?;
        Ok(Self {
            listen,
            data: overrides.data.or(document.data).map_or_else(default_data, Ok)?,
            origin,
            name: document.name.unwrap_or_else(|| "Zegel".to_owned()),
            limits: document.limits,
            sms: document.sms,
        })
    }

    /// Returns the host of the origin.
    pub(crate) fn host(&self) -> &str {
        let host = self.origin.split_once("://").map_or(self.origin.as_str(), |(_, host)| host);
        host.split(['/', ':']).next().unwrap_or(host)
    }
}

fn check_origin(origin: &str, plain_is_fine: bool) -> Result<(), Failure> {
    let secure = origin.strip_prefix("https://");
    let plain = origin.strip_prefix("http://").filter(|_| plain_is_fine);
    match secure.or(plain) {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']) => Ok(()),
        _ => Err(Failure::configuration(format!("the origin `{origin}` is not of the form https://host"))),
    }
}

fn default_data() -> Result<PathBuf, Failure> {
    directories::ProjectDirs::from("", "", "zegel-server")
        .map(|folders| folders.data_dir().to_owned())
        .ok_or_else(|| {
            Failure::configuration("there is no home folder for the data").hint("say --data FOLDER")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.toml");
        fs::write(&path, text).unwrap();
        Config::read(Some(&path), Overrides { data: Some("/nowhere".into()), ..Overrides::default() })
    }

    #[test]
    fn nothing_needs_to_be_configured_on_loopback() {
        let config = read("").unwrap();
        assert!(config.listen.ip().is_loopback());
        assert_eq!(config.origin, "http://127.0.0.1:8443");
        assert_eq!(config.host(), "127.0.0.1");
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        assert!(read("listen = \"0.0.0.0:80\"").is_err());
        assert!(read("listen = \"0.0.0.0:80\"\nbehind_proxy = true").is_err());
        let config =
            read("listen = \"0.0.0.0:80\"\nbehind_proxy = true\norigin = \"https://zegel.example.org\"")
                .unwrap();
        assert_eq!(config.host(), "zegel.example.org");
        assert!(read("origin = \"http://zegel.example.org/x\"").is_err());
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert!(read("lissten = \"127.0.0.1:1\"").is_err());
        assert!(read("[limits]\nquotta = 1").is_err());
    }

    #[test]
    fn codes_are_written_to_a_file_on_loopback_only() {
        assert!(read("[sms]\nfile = \"/tmp/codes\"").is_ok());
        let open = "listen = \"0.0.0.0:80\"\nbehind_proxy = true\norigin = \"https://zegel.example.org\"\n";
        assert!(read(&format!("{open}[sms]\nfile = \"/tmp/codes\"")).is_err());
    }
}
