//! Text that a viewer shows, put where a reader might not look: each is read, or said not to have been.

mod charsets;
mod guise;
mod office;
mod ole;
mod pdf;
mod polyglots;
mod rtf;

use std::io::Write;

use zegel_core::material::{Material, UnreadReason};

use crate::{Limits, inspect};

/// A citizen's number that passes the check, made for tests.
const NUMBER: &str = "123456782";

fn read(data: &[u8], name: &str) -> Material {
    read_as(data, name, "application/octet-stream")
}

fn read_as(data: &[u8], name: &str, media_type: &str) -> Material {
    let limits = Limits { time: std::time::Duration::from_secs(60), ..Limits::default() };
    inspect(data, name, media_type, &limits)
}

/// Says whether the number was read somewhere, with nothing in between and no digit beside it.
fn found(material: &Material) -> bool {
    material
        .pieces
        .iter()
        .any(|piece| piece.text.split(|c: char| !c.is_ascii_digit()).any(|digits| digits == NUMBER))
}

/// A compound file of these streams; storages are made as needed.
fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(std::io::Cursor::new(Vec::new())).unwrap();
    for (name, content) in streams {
        if let Some((storage, _)) = name.rsplit_once('/') {
            file.create_storage_all(storage).unwrap();
        }
        file.create_stream(name).unwrap().write_all(content).unwrap();
    }
    file.into_inner().into_inner()
}

/// Returns the reasons why something was not examined, each once.
fn reasons(material: &Material) -> Vec<UnreadReason> {
    let mut reasons: Vec<UnreadReason> = material.unread.iter().map(|unread| unread.reason).collect();
    reasons.sort();
    reasons.dedup();
    reasons
}
