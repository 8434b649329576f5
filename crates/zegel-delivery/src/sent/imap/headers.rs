//! `FETCH` over IMAP (RFC 3501 section 6.4.5): the address fields of a folder, and nothing else of its mails.

use futures_util::StreamExt;

use super::{Steps, to_mutf7};
use crate::sent::{ImapSettings, SentError};

/// What is asked of each mail. `PEEK` leaves it unseen; the folder is opened read-only besides.
const FIELDS: &str = "BODY.PEEK[HEADER.FIELDS (FROM TO CC BCC DATE MESSAGE-ID)]";
/// How many mails are asked for at a time.
const BATCH: u32 = 200;
/// Bytes that a server may send for a batch: fields of 40 kB for every mail.
const BATCH_MAX: u64 = 8 << 20;

/// How far reading a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// Mails that were read.
    pub done: u32,
    /// Mails in the folder.
    pub total: u32,
}

/// Reads the fields of every mail in the folder, oldest first.
pub(in crate::sent) async fn read(
    settings: &ImapSettings,
    each: &mut dyn FnMut(&[u8], Position),
) -> Result<u32, SentError> {
    let (steps, mut session) = Steps::start(settings).await?;
    let folder = steps.wait("the folder", session.examine(to_mutf7(settings.folder()))).await?;
    let total = folder.exists;
    let mut done = 0;
    while done < total {
        let last = total.min(done.saturating_add(BATCH));
        steps.allow(BATCH_MAX);
        let wanted = format!("{}:{last}", done + 1);
        let headers = steps
            .wait("the headers", async {
                let mut found = Vec::new();
                let mut mails = session.fetch(wanted, FIELDS).await?;
                while let Some(mail) = mails.next().await {
                    // A mail removed meanwhile, or one the server has nothing to say about, is none.
                    found.extend(mail?.header().map(<[u8]>::to_vec));
                }
                Ok(found)
            })
            .await?;
        done = last;
        for header in headers {
            each(&header, Position { done, total });
        }
    }
    // All is read; how the goodbye goes changes nothing.
    let _ = steps.wait("the goodbye", session.logout()).await;
    Ok(total)
}
