//! Reports: the one JSON object each command prints with `--json`.
//!
//! Fields without a value are left out. Times are RFC 3339 in UTC, sizes are bytes, addresses are as they are written
//! in a mail. New fields may come, so readers ignore what they do not know.

mod check;
mod history;
mod keys;
mod mail;
mod server;
mod setup;

pub use check::{
    CheckReport, ClassView, EvidenceView, ExampleView, FindingView, PolicyInitView, PolicyNameView,
    PolicySignedView, PolicyTestReport, PolicyView, RuleView, UnreadView, WordsView,
};
pub use history::{HistoryForgottenView, HistoryImportView, HistoryView};
pub use keys::{CardListView, CardRemovedView, CardState, CardView, IdentityExportView, IdentityView};
pub use mail::{
    AttachmentView, HeaderView, InspectView, MailOutcome, MailView, MessageKind, OpenReport, PartyView,
    PlanView, RecipientView, RouteKind, ScanState, ScanView, SealReport, SealedFileView, SendReport,
    SentCopyView, SizeView, Trust,
};
pub use server::{
    DeviceListView, DeviceRevokedView, LogGuestView, LogMessageView, LogReport, LoginReport, RecallReport,
};
pub use setup::{
    AccountListView, AccountTestView, AccountView, CheckState, CheckView, DoctorView, SmokeReport, SmokeStep,
};
