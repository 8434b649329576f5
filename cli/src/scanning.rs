//! The virus scanner that the configuration names: before sealing and on opening.

use std::borrow::Cow;
use std::io::Read;
use std::path::PathBuf;

use zegel_core::policy::ScanResult;
use zegel_inspect::scan::{Clamd, ScanAddress, ScanError, ScanVerdict};
use zegel_wire::error::Kind;
use zegel_wire::report::{ScanState, ScanView};

use crate::context::Context;
use crate::error::{Failure, Result};

/// What is refused when the scanner cannot be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Somebody looks whether it is there.
    Looking,
    /// A message is being opened.
    Opening,
    /// A draft is being judged.
    Sealing,
}

/// A virus scanner to ask.
#[derive(Debug)]
pub(crate) struct VirusScanner {
    clamd: Clamd,
    moment: Moment,
}

impl VirusScanner {
    /// Returns the one that the configuration names; nothing is connected yet.
    ///
    /// # Errors
    /// Code 78 when its address is none.
    pub(crate) fn configured(moment: Moment, context: &Context<'_>) -> Result<Option<Self>> {
        let Some(address) = context.config()?.scan().clamd() else { return Ok(None) };
        Ok(Some(Self { clamd: Clamd::new(scan_address(address)?), moment }))
    }

    /// Has one file scanned.
    ///
    /// # Errors
    /// Code 75 when the scanner does not answer: nothing passes unscanned in silence. Code 74 when the file cannot be read.
    pub(crate) fn scan(&self, content: impl Read) -> Result<ScanResult> {
        Ok(match self.clamd.scan(content).map_err(|error| self.failed(&error))? {
            ScanVerdict::Clean => ScanResult::Clean,
            ScanVerdict::Infected { name } => ScanResult::Infected(name),
            ScanVerdict::NotExamined { reason } => ScanResult::NotScanned(reason),
            _ => ScanResult::NotScanned("the scanner gave an answer that is not known here".to_owned()),
        })
    }

    /// Has every text of a mail scanned, and says the worst of it.
    ///
    /// # Errors
    /// As [`Self::scan`].
    pub(crate) fn scan_texts(&self, texts: &[Cow<'_, [u8]>]) -> Result<ScanResult> {
        let mut worst = ScanResult::Clean;
        for text in texts {
            match (self.scan(text.as_ref())?, &worst) {
                (found @ ScanResult::Infected(_), _) => return Ok(found),
                (missed @ ScanResult::NotScanned(_), ScanResult::Clean) => worst = missed,
                _ => {}
            }
        }
        Ok(worst)
    }

    /// Asks which scanner answers, and how old its knowledge is.
    ///
    /// # Errors
    /// Code 75 when none does.
    pub(crate) fn version(&self) -> Result<String> {
        self.clamd.version().map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &ScanError) -> Failure {
        let kind = if matches!(error, ScanError::Read(_)) { Kind::Io } else { Kind::Temporary };
        let failure = Failure::from_error(kind, error);
        let (failure, nothing) = match self.moment {
            Moment::Looking => (failure, "nothing is sent or opened without it"),
            Moment::Opening => (
                failure.while_trying("the message was not scanned for viruses"),
                "nothing was shown or saved",
            ),
            Moment::Sealing => {
                (failure.while_trying("the mail was not scanned for viruses"), "nothing was sent")
            }
        };
        failure.hint(format!("{nothing}; start the scanner, or look at [scan] in the configuration"))
    }
}

/// Describes a result for reports.
pub(crate) fn view(result: &ScanResult) -> ScanView {
    let (state, detail) = match result {
        ScanResult::Clean => (ScanState::Clean, None),
        ScanResult::Infected(name) => (ScanState::Infected, Some(name.clone())),
        ScanResult::NotScanned(why) => (ScanState::NotScanned, Some(why.clone())),
    };
    ScanView { state, detail }
}

/// Reads `/run/clamav/clamd.ctl` or `host:port`.
fn scan_address(text: &str) -> Result<ScanAddress> {
    if text.starts_with('/') {
        return Ok(ScanAddress::Unix(PathBuf::from(text)));
    }
    let parts = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    match parts {
        Some((host, port)) if !host.is_empty() => {
            Ok(ScanAddress::Tcp(host.trim_matches(['[', ']']).to_owned(), port))
        }
        _ => {
            Err(Failure::new(Kind::Configuration, "scan.clamd is neither the path of a socket nor host:port"))
        }
    }
}
