//! `zegel-server fsck`: holds rows and files against each other (R12).

use std::collections::BTreeMap;
use std::fmt;

use crate::blobs::{Blobs, Key, owner_of};
use crate::db::{Database, ExpectedPart};
use crate::fail::Failure;

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// SQLite finds the database damaged.
    Database(String),
    /// A row names a file that is not there.
    Missing(String),
    /// A file has another length or hash than its row says.
    Damaged(String),
    /// A file whose message or reply has ended.
    NotErased(String),
    /// A file that no row names.
    Orphan(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(what) => write!(f, "database\t{what}"),
            Self::Missing(name) => write!(f, "missing\t{name}"),
            Self::Damaged(name) => write!(f, "damaged\t{name}"),
            Self::NotErased(name) => write!(f, "not-erased\t{name}"),
            Self::Orphan(name) => write!(f, "orphan\t{name}"),
        }
    }
}

/// Looks for faults; changes nothing.
///
/// # Errors
/// When rows or files cannot be read.
pub(crate) async fn check(db: &Database, blobs: &Blobs) -> Result<Vec<Fault>, Failure> {
    let read = |error| Failure::io("the database cannot be read").because(error);
    let mut faults: Vec<Fault> =
        db.integrity().await.map_err(read)?.into_iter().map(Fault::Database).collect();
    let listed = blobs.list().map_err(|error| Failure::io("the blobs cannot be listed").because(error))?;
    let mut files: BTreeMap<String, u64> = listed.into_iter().collect();
    let expected = db.expected().await.map_err(read)?;
    for part in &expected.parts {
        check_part(blobs, part, &mut files, &mut faults);
    }
    for (message, guest) in &expected.guests {
        must_be_there(Key::Guest(*message, *guest), &mut files, &mut faults);
    }
    for reply in &expected.replies {
        must_be_there(Key::Reply(*reply), &mut files, &mut faults);
    }
    for name in files.into_keys() {
        // A backup has no row: its member is in its name.
        if name.starts_with("backups/") {
            continue;
        }
        let ended = owner_of(&name).is_some_and(|owner| expected.ended.contains(&owner.id()));
        faults.push(if ended { Fault::NotErased(name) } else { Fault::Orphan(name) });
    }
    faults.sort();
    Ok(faults)
}

fn must_be_there(key: Key, files: &mut BTreeMap<String, u64>, faults: &mut Vec<Fault>) {
    let name = Blobs::name_of(key);
    if files.remove(&name).is_none() {
        faults.push(Fault::Missing(name));
    }
}

fn check_part(
    blobs: &Blobs,
    part: &ExpectedPart,
    files: &mut BTreeMap<String, u64>,
    faults: &mut Vec<Fault>,
) {
    let key = Key::Part(part.owner, part.row.number);
    let name = Blobs::name_of(key);
    if part.row.complete {
        match files.remove(&name) {
            None => faults.push(Fault::Missing(name)),
            Some(size) if size != part.row.size || blobs.hash(key).ok() != Some(part.row.hash) => {
                faults.push(Fault::Damaged(name));
            }
            Some(_) => {}
        }
        return;
    }
    // What was whole when the program was killed, before its row could say so, comes again.
    files.remove(&name);
    let unfinished = format!("{name}.upload");
    let length = files.remove(&unfinished);
    if part.row.received > 0 && length.is_none_or(|length| length < part.row.received) {
        faults.push(Fault::Missing(unfinished));
    }
}

#[cfg(test)]
mod tests;
