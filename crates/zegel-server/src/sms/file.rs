//! The gateway of demonstrations and tests: a file with one JSON object a line.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::Sms;
use crate::problem::Refusal;

pub(super) async fn send(path: &Path, sms: &Sms<'_>) -> Result<(), Refusal> {
    let line = format!("{}\n", serde_json::json!({ "number": sms.number, "text": sms.text }));
    let path = path.to_owned();
    let written = tokio::task::spawn_blocking(move || {
        OpenOptions::new().append(true).create(true).mode(0o600).open(path)?.write_all(line.as_bytes())
    });
    match written.await {
        Ok(Ok(())) => Ok(()),
        _ => Err(Refusal::unavailable()),
    }
}
