//! A certificate authority for one test, and certificates good and bad.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{must, need};

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// It ended years ago.
    Expired,
    /// Nothing: it is for `localhost` and 127.0.0.1.
    None,
    /// It is for another host.
    WrongName,
}

impl Flaw {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Expired, Self::None, Self::WrongName];

    fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::None => "good",
            Self::WrongName => "wrong-name",
        }
    }
}

/// The files of an authority and its certificates, made by `openssl`.
#[derive(Debug, Clone)]
pub struct Certificates {
    folder: PathBuf,
}

const CONFIG: &str = "[ca]
default_ca = own
[own]
dir = .
database = ./index.txt
serial = ./serial
new_certs_dir = .
certificate = ./ca.pem
private_key = ./ca.key
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[good]
subjectAltName = DNS:localhost,IP:127.0.0.1
[expired]
subjectAltName = DNS:localhost,IP:127.0.0.1
[wrong-name]
subjectAltName = DNS:elsewhere.example.org
[req]
distinguished_name = name
[name]
";

impl Certificates {
    /// Makes an authority and a certificate of each kind in `folder`.
    ///
    /// # Panics
    /// `openssl` is missing or fails.
    pub fn make(folder: &Path) -> Self {
        let openssl = need("openssl", "openssl");
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("openssl.cnf"), CONFIG).unwrap();
        fs::write(folder.join("index.txt"), "").unwrap();
        fs::write(folder.join("serial"), "01\n").unwrap();
        let run = |arguments: &str| {
            must(Command::new(&openssl).args(arguments.split(' ')).current_dir(folder));
        };
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -config openssl.cnf";
        run(&format!(
            "req -x509 {key} -keyout ca.key -out ca.pem -days 30 -subj /CN=test-authority -extensions authority"
        ));
        for flaw in Flaw::ALL {
            let name = flaw.name();
            let end = if flaw == Flaw::Expired { "20210101000000Z" } else { "20490101000000Z" };
            run(&format!("req -new {key} -keyout {name}.key -out {name}.csr -subj /CN={name}"));
            run(&format!(
                "ca -batch -notext -config openssl.cnf -in {name}.csr -out {name}.pem -extensions {name} \
                 -startdate 20200101000000Z -enddate {end}"
            ));
        }
        Self { folder: folder.to_owned() }
    }

    /// Returns the file of the authority's own certificate (PEM).
    pub fn authority(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }

    /// Returns the file of a certificate (PEM).
    pub fn certificate(&self, flaw: Flaw) -> PathBuf {
        self.folder.join(format!("{}.pem", flaw.name()))
    }

    /// Returns the file of a certificate's key (PEM).
    pub fn key(&self, flaw: Flaw) -> PathBuf {
        self.folder.join(format!("{}.key", flaw.name()))
    }
}
