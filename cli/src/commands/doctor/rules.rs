//! What the doctor says of the rules, and of what they rest on: the virus scanner and the process that reads attachments.

use zegel_inspect::sandbox::Layer;
use zegel_inspect::{Inspector, Limits};
use zegel_wire::report::CheckState;

use super::checks::Checks;
use crate::judging;
use crate::scanning::{Moment, VirusScanner};
use crate::text;

impl Checks<'_> {
    /// The policy in force can be used. Without it nothing leaves.
    pub(super) fn policy(&mut self) {
        let in_force = match judging::in_force(self.context) {
            Ok(in_force) => in_force,
            // The configuration has its own row.
            Err(_) if self.context.config().is_err() => return,
            Err(failure) => {
                self.add("policy", CheckState::Fail, failure.sentence());
                return self.hint("nothing is sent until the policy can be used; ask whoever keeps it");
            }
        };
        let policy = &in_force.policy;
        let rules = text::count(policy.rules().len(), "rule");
        let signed = match &in_force.signer {
            Some(signer) => format!("signed by {signer}"),
            None => "not signed".to_owned(),
        };
        let own = match &in_force.own {
            Some(own) => format!(", tightened by {}", own.display()),
            None => String::new(),
        };
        let detail = match &in_force.path {
            None => format!("built in: seal to everybody or refuse{own}"),
            Some(path) => format!(
                "{:?} issue {}, {rules}, {signed}, from {}{own}",
                policy.name(),
                policy.serial(),
                path.display()
            ),
        };
        self.add("policy", CheckState::Ok, detail);
    }

    /// The virus scanner answers. Where one is configured and does not, nothing leaves and nothing is opened.
    pub(super) fn scanner(&mut self) {
        let scanner = match VirusScanner::configured(Moment::Looking, self.context) {
            // The configuration has its own row.
            Err(_) if self.context.config().is_err() => return,
            Err(failure) => return self.fail("virus scanner", &failure),
            Ok(None) => {
                self.add("virus scanner", CheckState::Skipped, "none is configured");
                return;
            }
            Ok(Some(scanner)) => scanner,
        };
        match scanner.version() {
            Ok(version) => {
                self.add("virus scanner", CheckState::Ok, version);
            }
            Err(failure) => self.fail("virus scanner", &failure),
        }
    }

    /// The process that reads attachments starts and shuts itself in.
    pub(super) fn inspector(&mut self) {
        let confinement = match Inspector::of_this_program(Limits::default()).confinement() {
            Ok(confinement) => confinement,
            Err(error) => {
                self.add("attachment reader", CheckState::Fail, format!("does not start: {error}"));
                return self
                    .hint("attachments count as not examined, and the policy decides what that means");
            }
        };
        let layers = [
            ("limits", confinement.limits),
            ("Landlock", confinement.landlock),
            ("seccomp", confinement.seccomp),
        ];
        let told: Vec<String> = layers
            .iter()
            .map(|(name, layer)| match layer {
                Layer::Full => (*name).to_owned(),
                Layer::Partial => format!("{name} (in part)"),
                _ => format!("no {name}"),
            })
            .collect();
        let closed = confinement.is_closed();
        let state = if closed { CheckState::Ok } else { CheckState::Warn };
        let how = if closed { "confined" } else { "a process of its own, not confined" };
        self.add("attachment reader", state, format!("{how}: {}", told.join(", ")));
        if !closed {
            self.hint("this system has no sandbox for it: a file that takes it over could do what you can");
        }
    }
}
