//! The chain as this machine has it: the configured account sends a sealed mail to itself.

use zegel_core::Mailbox;
use zegel_core::mime::{Compose, Draft, PART_THRESHOLD};
use zegel_core::policy::{Acceptances, Classic};

use super::steps::Steps;
use crate::context::Context;
use crate::delivering::{Server, Way, deliver};
use crate::sealing::Planning;
use crate::{keys, text};

/// The steps, in order.
pub(super) const STEPS: [&str; 6] = [
    "find the account",
    "fetch its password",
    "write a mail",
    "plan and clear",
    "unlock the identity",
    "seal and submit",
];

/// Takes all steps; none when one failed.
pub(super) fn run(steps: &mut Steps, context: &Context<'_>) -> Option<()> {
    let chosen = steps.take(|| {
        let chosen = context.account()?;
        let detail = format!("{} ({})", chosen.name, chosen.account.address());
        Ok((chosen, detail))
    })?;
    let server = steps.take(|| Ok((Server::of(&chosen, context)?, String::new())))?;
    let draft = steps.take(|| {
        let own = keys::sender(context, Some(chosen.account.address()))?;
        Ok((draft(own)?, String::new()))
    })?;
    let judged = steps.take(|| {
        let judged = Planning::of(draft, Classic::Refuse, context)?.clear(&Acceptances::new(), context)?;
        let detail = text::count(judged.recipients.len(), "recipient");
        Ok((judged, detail))
    })?;
    let ready = steps.take(|| Ok((judged.unlock(context)?, String::new())))?;
    steps.take(|| {
        let report = deliver(ready, Way::Server(Box::new(server)), context)?;
        let reply = report.mails.first().and_then(|mail| mail.reply.clone()).unwrap_or_default();
        Ok(((), format!("{}: {reply}", report.message_id)))
    })
}

fn draft(own: Mailbox) -> crate::error::Result<Draft> {
    let compose = Compose {
        from: own.clone(),
        to: vec![own],
        cc: Vec::new(),
        bcc: Vec::new(),
        subject: "zegel smoke".to_owned(),
        text: Some("This mail was sent by zegel smoke, to prove that the account works.\n".to_owned()),
        html: None,
        attachments: Vec::new(),
        in_reply_to: None,
    };
    Ok(Draft::compose(compose, PART_THRESHOLD)?)
}
