//! Reading attachments: real documents, programs in disguise, bombs, and the walls around the reader.

mod archive;
mod bombs;
mod confined;
mod crafted;
mod documents;
mod holes;
mod scanner;

use std::path::PathBuf;
use std::time::Duration;

use zegel_core::material::{FileFacts, Material, Origin, Piece, Spot, UnreadReason, Visibility};
use zegel_inspect::{Inspector, Limits, worker};
use zegel_testkit::zegel_binary;

/// Returns limits for what is honest: this machine may be busy with other tests.
fn patient() -> Limits {
    let mut limits = Limits::default();
    limits.time = Duration::from_secs(60);
    limits
}

/// Returns an inspector whose child is the real program.
fn inspector(limits: Limits) -> Inspector {
    Inspector::of_program(zegel_binary(), [worker::COMMAND.into()], limits)
}

/// Returns where the sample documents lie.
fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus/documents")
}

/// Says in words where a text was found.
fn place(piece: &Piece) -> String {
    let spot = match &piece.spot {
        Spot::Comments => "comments".to_owned(),
        Spot::Metadata => "metadata".to_owned(),
        Spot::Page(number) => format!("page {number}"),
        Spot::Slide(number) => format!("slide {number}"),
        Spot::Table { sheet, .. } => format!("table {sheet}"),
        Spot::Text => "text".to_owned(),
    };
    let visibility = match piece.visibility {
        Visibility::Hidden => "hidden",
        Visibility::Shown => "shown",
    };
    format!("{spot} {visibility}")
}

/// Returns the places where `text` stands.
fn places(material: &Material, text: &str) -> Vec<String> {
    material.pieces.iter().filter(|piece| piece.text.contains(text)).map(place).collect()
}

/// Returns the reasons why something was not examined, sorted and each once.
fn reasons(material: &Material) -> Vec<UnreadReason> {
    let mut reasons: Vec<UnreadReason> = material.unread.iter().map(|unread| unread.reason).collect();
    reasons.sort();
    reasons.dedup();
    reasons
}

/// Returns what is said about the outermost file.
fn outermost(material: &Material) -> &FileFacts {
    let is_outermost =
        |facts: &&FileFacts| matches!(&facts.origin, Origin::Attachment(names) if names.len() == 1);
    material.files.iter().find(is_outermost).expect("the attachment itself is always among the files")
}
