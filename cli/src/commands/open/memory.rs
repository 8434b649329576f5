//! Whether a message was opened before, and remembering that it was (T16).

use zegel_core::message::manifest::Manifest;
use zegel_store::seen::{Carrier, Message, Seen, SeenLog};
use zegel_wire::error::Kind;
use zegel_wire::report::OpenReport;

use crate::context::Context;
use crate::error::{Failure, Result};
use crate::opening::Carried;

/// What to do with a message that was opened before from another mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Replay {
    /// Asked for by name.
    Accept,
    /// The default.
    Refuse,
}

/// The log, and the message in question.
pub(super) struct Memory {
    log: SeenLog,
    message: Message,
    mail: Option<String>,
    digest: [u8; 32],
    before: Seen,
}

impl Memory {
    /// Looks the message up; nothing is written.
    ///
    /// # Errors
    /// Code 65 for a message that came in another mail before: somebody sent it again under a new header. A log that cannot be
    /// read is no answer, and a message that could never be remembered could be sent again for ever, so both refuse too. All
    /// can be accepted by name.
    pub(super) fn look(
        manifest: &Manifest,
        carried: &mut Carried,
        replay: Replay,
        context: &Context<'_>,
    ) -> Result<Self> {
        let mail = carried.outer.as_ref().map(|outer| outer.message_id.clone().unwrap_or_default());
        let mut memory = Self {
            log: SeenLog::new(context.paths()?),
            message: Message { id: manifest.id, sender: manifest.sender.card },
            mail,
            digest: carried.digest()?,
            before: Seen::First,
        };
        let looked = memory.log.look(&memory.message, &memory.carrier());
        memory.before = match (looked, replay) {
            (Ok(Seen::Replayed { when, .. }), Replay::Refuse) => {
                return Err(Failure::new(
                    Kind::Forged,
                    format!("this message came in another mail before, opened {when}"),
                )
                .hint("somebody may have sent it again; to open it all the same: --replayed"));
            }
            (Ok(Seen::First), Replay::Refuse) => {
                memory.log.check_writable(&memory.message).map_err(|error| {
                    let cause = Failure::from(error);
                    Failure::new(cause.kind(), "this message could not be remembered").because(&cause).hint(
                        "nobody would notice if it were sent again; to open it all the same: --replayed",
                    )
                })?;
                Seen::First
            }
            (Ok(seen), _) => seen,
            (Err(error), Replay::Refuse) => {
                let cause = Failure::from(error);
                return Err(Failure::new(cause.kind(), "cannot tell whether this message was opened before")
                    .because(&cause)
                    .hint(
                        "repair what is remembered: zegel doctor --fix; to open it all the same: --replayed",
                    ));
            }
            (Err(error), Replay::Accept) => {
                let failure = Failure::from(error);
                context.ui.alarm(&format!(
                    "nobody can tell whether this message was opened before: {}",
                    failure.sentence()
                ));
                Seen::First
            }
        };
        Ok(memory)
    }

    /// Writes into a report when the message was opened before, and whether from another mail.
    pub(super) fn tell(&self, report: &mut OpenReport) {
        (report.seen_before, report.replayed) = match &self.before {
            Seen::Again { when } => (Some(when.to_string()), false),
            Seen::Replayed { when, .. } => (Some(when.to_string()), true),
            _ => (None, false),
        };
    }

    /// Remembers the message. It has been shown and saved by now, so a memory that cannot be written is only told.
    pub(super) fn remember(self, context: &Context<'_>) {
        if self.before != Seen::First {
            return;
        }
        match self.log.record(&self.message, &self.carrier(), context.now()) {
            Ok(Seen::Replayed { .. }) => {
                context
                    .ui
                    .alarm("this message was opened from another mail at the same moment: it was sent again");
            }
            Ok(_) => {}
            Err(error) => {
                let failure = Failure::from(error);
                context.ui.alarm(&format!("this message cannot be remembered: {}", failure.sentence()));
            }
        }
    }

    fn carrier(&self) -> Carrier<'_> {
        Carrier { mail: self.mail.as_deref(), digest: self.digest }
    }
}
