//! Address lists (RFC 5322 section 3.4), read strictly: an item that is not understood is an error, never skipped.

use thiserror::Error;

use super::Limit;
use super::field::{clean, decode_words, readable};
use crate::address::{Address, AddressError, Mailbox};

const ADDRESSES_MAX: usize = 10_000;
/// Longer than any address can be; the domain is handed to IDNA processing only below this.
const ADDRESS_MAX: usize = 1_000;
/// Longest display name that is kept, in characters.
const NAME_MAX: usize = 300;

/// Tells why a field is not a list of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AddressListError {
    /// An item looks like an address and is none that Zegel knows.
    #[error("not an address: {text:?}")]
    Address {
        /// The item as it stands.
        text: String,
        /// What is wrong with it.
        #[source]
        source: AddressError,
    },
    /// A control character, such as a line ending that folds nothing.
    #[error("a control character between the addresses")]
    Control,
    /// More than one address where a comma should stand between, or text after an address.
    #[error("a comma is missing: {0:?}")]
    Separator(String),
    /// Too many addresses.
    #[error(transparent)]
    Limit(#[from] Limit),
    /// A name without an address.
    #[error("a name without an address: {0:?}")]
    Nameless(String),
    /// A quote, bracket or comment that does not end.
    #[error("a quote, bracket or comment that does not end")]
    Unclosed,
}

/// A field read as addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct List {
    pub(super) mailboxes: Vec<Mailbox>,
    /// Whether a group (`name: … ;`) stands in it.
    pub(super) grouped: bool,
}

#[derive(Default)]
struct Item {
    phrase: String,
    comment: String,
    angle: Option<String>,
    quoted: bool,
    at_sign: bool,
    trailing: bool,
}

/// Reads the value of an address field.
pub(super) fn parse(value: &[u8]) -> Result<List, AddressListError> {
    let text = unfold(&readable(value))?;
    let mut list = List { mailboxes: Vec::new(), grouped: false };
    let mut item = Item::default();
    let mut in_group = false;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '(' => item.comment.push_str(&comment(&mut chars)?),
            '"' => {
                item.trailing |= item.angle.is_some();
                item.phrase.push_str(&quoted(&mut chars)?);
                item.quoted = true;
            }
            '<' => {
                if item.angle.is_some() {
                    return Err(AddressListError::Separator(item.phrase));
                }
                item.angle = Some(angle(&mut chars)?);
            }
            ',' => finish(&mut list, std::mem::take(&mut item))?,
            ':' if !in_group && item.angle.is_none() && !item.at_sign => {
                item = Item::default();
                in_group = true;
                list.grouped = true;
            }
            ';' if in_group => {
                finish(&mut list, std::mem::take(&mut item))?;
                in_group = false;
            }
            ':' | ';' | '>' => {
                return Err(AddressListError::Separator(clean(&text).chars().take(NAME_MAX).collect()));
            }
            _ => {
                item.trailing |= item.angle.is_some() && !c.is_whitespace();
                item.at_sign |= c == '@';
                item.phrase.push(c);
            }
        }
    }
    finish(&mut list, item)?;
    Ok(list)
}

fn finish(list: &mut List, item: Item) -> Result<(), AddressListError> {
    let phrase = item.phrase.trim();
    let address = match &item.angle {
        // `bob@x <alice@y>` is read as either by different programs: it has to be written clearly.
        Some(_) if item.trailing || item.at_sign => {
            return Err(AddressListError::Separator(phrase.chars().take(NAME_MAX).collect()));
        }
        Some(angle) => angle.trim(),
        None if phrase.is_empty() && item.comment.is_empty() => return Ok(()),
        None if item.quoted || !item.at_sign => {
            let name = if phrase.is_empty() { &item.comment } else { phrase };
            return Err(AddressListError::Nameless(name.chars().take(NAME_MAX).collect()));
        }
        None => phrase,
    };
    let name = if item.angle.is_some() && !phrase.is_empty() { phrase } else { item.comment.as_str() };
    let shown = || address.chars().take(NAME_MAX).collect();
    if address.len() > ADDRESS_MAX {
        return Err(AddressListError::Address { text: shown(), source: AddressError::Form });
    }
    let address: Address =
        address.parse().map_err(|source| AddressListError::Address { text: shown(), source })?;
    if list.mailboxes.len() == ADDRESSES_MAX {
        return Err(Limit::Addresses.into());
    }
    let name: String = clean(&decode_words(name)).chars().take(NAME_MAX).collect();
    list.mailboxes.push(Mailbox { address, name: Some(name).filter(|n| !n.is_empty()) });
    Ok(())
}

/// Makes folds spaces; any other control character is refused (a bare CR is a line ending to some programs).
fn unfold(text: &str) -> Result<String, AddressListError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' if matches!(rest.peek(), Some('\r' | '\n')) => {}
            '\n' | '\t' => out.push(' '),
            c if c.is_control() => return Err(AddressListError::Control),
            c => out.push(c),
        }
    }
    Ok(out)
}

fn comment(chars: &mut std::str::Chars<'_>) -> Result<String, AddressListError> {
    let mut depth = 1usize;
    let mut out = String::new();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            '(' => {
                depth += 1;
                out.push(c);
            }
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return Ok(out);
                }
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    Err(AddressListError::Unclosed)
}

fn quoted(chars: &mut std::str::Chars<'_>) -> Result<String, AddressListError> {
    let mut out = String::new();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            '"' => return Ok(out),
            _ => out.push(c),
        }
    }
    Err(AddressListError::Unclosed)
}

fn angle(chars: &mut std::str::Chars<'_>) -> Result<String, AddressListError> {
    let mut out = String::new();
    for c in chars.by_ref() {
        match c {
            '>' => return Ok(out),
            '<' | '"' | '(' | ',' | ';' => {
                out.push(c);
                return Err(AddressListError::Separator(out));
            }
            _ => out.push(c),
        }
    }
    Err(AddressListError::Unclosed)
}
