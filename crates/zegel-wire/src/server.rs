//! The server's API: what its calls take and answer (`docs/portal-api.md`).
//!
//! Ids, hashes, times and bytes are texts here, as they travel; who receives one parses it at once. Requests refuse unknown
//! fields; readers of answers ignore what they do not know.

mod guests;
mod members;
mod messages;
mod problem;
mod secret;

pub use guests::{
    CodeRequest, CodeSentView, CreateReplyRequest, OpenRequest, OpenView, PartView, ReceiptRequest,
    ReplyPage, ReplyView, SessionRequest, SessionView,
};
pub use members::{
    CardVisibility, ConfirmRequest, DeviceGrant, DeviceView, EnrolRequest, EnrolmentView, InvitationView,
    MemberView, PublishCardRequest,
};
pub use messages::{
    ChangeFactorRequest, CreateMessageRequest, EventKind, EventView, ExtendRequest, FactorKind,
    FactorRequest, GuestRequest, GuestState, GuestView, InboxPage, InboxView, MessagePage, MessageState,
    MessageView, PartRequest, PartState,
};
pub use problem::{Problem, ProblemKind};
pub use secret::SecretText;
