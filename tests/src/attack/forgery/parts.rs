//! Parts that are swapped, dropped, added, cut or padded otherwise than was signed.

use serde_json::json;

use super::super::forge::{PartSpec, Spec, encrypt, tar, tar_header, untar};
use super::super::people::World;
use super::Start::{Alice, Bob};
use super::{Attack, Case, DAMAGED, Expect, FORGED, case};

const CONTAINER: Expect = Expect::Refused(&["Container"]);

pub(super) fn cases() -> Vec<Case> {
    let mut cases = contents();
    cases.extend(paddings());
    cases.extend(files());
    cases
}

fn contents() -> Vec<Case> {
    vec![
        case("two parts swapped", Bob, DAMAGED, |_, a| a.spec.parts.swap(1, 2)),
        case("the body and a part swapped", Bob, DAMAGED, |_, a| a.spec.parts.swap(0, 1)),
        case("the last part dropped", Bob, FORGED, |_, a| drop(a.spec.parts.pop())),
        case("all parts but the body dropped", Bob, FORGED, |_, a| a.spec.parts.truncate(1)),
        case("a part added", Bob, FORGED, |_, a| a.spec.parts.push(a.spec.parts[1].clone())),
        case("a part in the place of another", Bob, DAMAGED, |_, a| {
            a.spec.parts[2] = a.spec.parts[1].clone()
        }),
        case("the body of another message", Bob, DAMAGED, |w, a| {
            let to = a.spec.parts[0].to.clone();
            a.spec.parts[0] = PartSpec { to, ..Spec::of(&w.other, &w.bob).parts[0].clone() };
        }),
        case("one byte of the body changed", Bob, DAMAGED, |_, a| {
            *a.spec.parts[0].plain.last_mut().unwrap() ^= 1;
        }),
        case("one byte of a part changed", Bob, DAMAGED, |_, a| a.spec.parts[2].plain[70_000] ^= 1),
        case("the end of a part replaced by padding", Bob, DAMAGED, |_, a| {
            let part = &mut a.spec.parts[1];
            part.plain.pop();
            part.padding.push(0);
        }),
        case("a byte of padding made content", Bob, DAMAGED, |_, a| {
            let part = &mut a.spec.parts[2];
            let byte = part.padding.pop().unwrap();
            part.plain.push(byte ^ 1);
        }),
        case("an empty part", Bob, DAMAGED, |_, a| {
            a.spec.parts[1].plain.clear();
            a.spec.parts[1].padding.clear();
        }),
        case("the manifest lies about a hash", Alice, DAMAGED, |_, a| {
            a.spec.manifest["parts"][1]["blake3"] = "0".repeat(64).into();
        }),
        case("the manifest says one byte more", Alice, DAMAGED, |_, a| longer(a, 1)),
        case("the manifest says one byte less", Alice, DAMAGED, |_, a| longer(a, -1)),
        case("the manifest says the padded length", Alice, DAMAGED, |_, a| {
            let padded = a.spec.parts[1].plain.len() + a.spec.parts[1].padding.len();
            a.spec.manifest["parts"][1]["length"] = json!(padded);
        }),
        case("the manifest says the largest length", Alice, DAMAGED, |_, a| {
            a.spec.manifest["parts"][1]["length"] = json!((1_u64 << 53) - 1);
        }),
        case("the manifest names the parts in another order", Alice, DAMAGED, |_, a| {
            let parts = a.spec.manifest["parts"].as_array_mut().unwrap();
            parts.swap(1, 2);
            for (index, part) in parts.iter_mut().enumerate() {
                part["index"] = json!(index);
            }
        }),
        case("contents exchanged under the names", Alice, DAMAGED, |_, a| {
            let (one, two) = (a.spec.manifest["parts"][1].clone(), a.spec.manifest["parts"][2].clone());
            a.spec.manifest["parts"][1]["blake3"] = two["blake3"].clone();
            a.spec.manifest["parts"][2]["blake3"] = one["blake3"].clone();
        }),
    ]
}

fn longer(attack: &mut Attack, by: i64) {
    let length = attack.spec.parts[1].plain.len() as i64;
    attack.spec.manifest["parts"][1]["length"] = json!(length + by);
}

fn paddings() -> Vec<Case> {
    vec![
        case("a part padded with something", Bob, DAMAGED, |_, a| {
            *a.spec.parts[2].padding.last_mut().unwrap() = 1
        }),
        case("a part padded with line feeds", Bob, DAMAGED, |_, a| a.spec.parts[2].padding.fill(b'\n')),
        case("the body padded with zeros", Bob, DAMAGED, |_, a| a.spec.parts[0].padding.fill(0)),
        case("the body padded with text", Bob, DAMAGED, |_, a| a.spec.parts[0].padding.fill(b'x')),
        case("a part padded too much", Bob, DAMAGED, |_, a| a.spec.parts[1].padding.push(0)),
        case("a part padded too little", Bob, DAMAGED, |_, a| {
            a.spec.parts[2].padding.pop();
        }),
        case("a part not padded", Bob, DAMAGED, |_, a| a.spec.parts[2].padding.clear()),
        case("a part padded by a chunk more", Bob, DAMAGED, |_, a| {
            a.spec.parts[1].padding.extend([0; 65_536]);
        }),
    ]
}

/// Puts a container together of changed age files and the honest envelope.
fn with_files(attack: &mut Attack, edit: fn(&mut Vec<Vec<u8>>)) {
    let mut files = attack.spec.part_files();
    edit(&mut files);
    let envelope = encrypt(&attack.spec.envelope_text(), &attack.spec.to);
    attack.container = Some(tar(&files, &[envelope]));
}

/// Length of the header of an age file, with its nonce.
fn head(file: &[u8]) -> usize {
    let mac = file.windows(5).position(|window| window == b"\n--- ").unwrap();
    mac + 5 + file[mac + 5..].iter().position(|b| *b == b'\n').unwrap() + 1 + 16
}

const CHUNK: usize = 65_536 + 16;

fn files() -> Vec<Case> {
    vec![
        case("the last chunk of a part cut off", Bob, DAMAGED, |_, a| {
            with_files(a, |files| {
                let end = head(&files[2]) + CHUNK;
                files[2].truncate(end);
            });
        }),
        case("a part cut in a chunk", Bob, DAMAGED, |_, a| {
            with_files(a, |files| {
                let end = files[2].len() - 100;
                files[2].truncate(end);
            });
        }),
        case("a part's last chunk twice", Bob, DAMAGED, |_, a| {
            with_files(a, |files| {
                let last = files[2][head(&files[2]) + CHUNK..].to_vec();
                files[2].extend(last);
            });
        }),
        case("bytes after a part's last chunk", Bob, DAMAGED, |_, a| with_files(a, |files| files[2].push(0))),
        case("a chunk of a part changed", Bob, DAMAGED, |_, a| {
            with_files(a, |files| {
                let at = head(&files[2]) + 10;
                files[2][at] ^= 1;
            });
        }),
        case("the header of one part on the content of another", Bob, DAMAGED, |_, a| {
            with_files(a, |files| {
                let (one, two) = (head(&files[1]), head(&files[2]));
                files[2] = [&files[1][..one], &files[2][two..]].concat();
            });
        }),
        case("parts of another message, as they are", Bob, DAMAGED, |w, a| {
            let envelope = encrypt(&a.spec.envelope_text(), &a.spec.to);
            a.container = Some(tar(&untar(&w.other).parts, &[envelope]));
        }),
        case("envelopes before parts", Bob, CONTAINER, |w, a| {
            let honest = a.spec.build();
            let entries = untar(&honest);
            let parts = tar(&entries.parts, &[]);
            let envelopes = tar(&[], &entries.envelopes);
            a.container = Some([&envelopes[..envelopes.len() - 1024], &parts].concat());
            let _ = w;
        }),
        case("an entry of another name", Bob, CONTAINER, |_, a| append(a, "notes.txt", b'0')),
        case("an entry outside the folders", Bob, CONTAINER, |_, a| append(a, "../envelopes/4.age", b'0')),
        case("a link", Bob, CONTAINER, |_, a| append(a, "envelopes/4.age", b'2')),
        case("an extended header", Bob, CONTAINER, |_, a| append(a, "envelopes/4.age", b'x')),
        case("the same part again at the end", Bob, CONTAINER, |_, a| append(a, "parts/0.age", b'0')),
        case("a second archive behind the first", Bob, CONTAINER, |w, a| {
            a.container = Some([a.spec.build(), w.other.clone()].concat());
        }),
        case("bytes behind the end", Bob, CONTAINER, |_, a| {
            a.container = Some([a.spec.build(), vec![0; 512]].concat());
        }),
    ]
}

fn append(attack: &mut Attack, name: &str, kind: u8) {
    let mut container = attack.spec.build();
    container.truncate(container.len() - 1024);
    container.extend(tar_header(name, "00000000000\0", kind));
    container.extend([0; 1024]);
    attack.container = Some(container);
}

/// The control of the cases made of age files: the same way of putting together opens.
#[test]
fn unchanged_files_open() {
    let mut attack = Attack::begin(World::get(), Bob);
    with_files(&mut attack, |_| ());
    assert_eq!(attack.open().0.unwrap().assurance, super::Assurance::Verified);
}
