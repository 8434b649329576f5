//! Documents as JSON Lines, for programs outside.

use std::io::{self, Write};
use std::ops::Range;

use serde_json::{Value, json};

use super::Document;

/// Writes documents as JSON Lines: one object a line, as `docs/corpus.md` describes.
///
/// # Errors
/// When the writer fails.
pub fn write_json_lines(
    documents: impl IntoIterator<Item = Document>,
    mut out: impl Write,
) -> io::Result<()> {
    for document in documents {
        writeln!(out, "{}", to_json(&document))?;
    }
    out.flush()
}

/// Turns a document into one JSON object.
pub fn to_json(document: &Document) -> Value {
    let place = Places::of(&document.text);
    let labels: Vec<Value> =
        document.labels.iter().map(|label| spot(&place, label.entity.name(), &label.range)).collect();
    let decoys: Vec<Value> = document
        .decoys
        .iter()
        .map(|decoy| {
            let mut value = spot(&place, decoy.entity.name(), &decoy.range);
            value["why"] = json!(decoy.why);
            value
        })
        .collect();
    json!({
        "id": document.id,
        "language": document.language.code(),
        "kind": document.kind.name(),
        "text": document.text,
        "labels": labels,
        "decoys": decoys,
    })
}

fn spot(places: &Places, entity: &str, range: &Range<usize>) -> Value {
    json!({
        "entity": entity,
        "start": range.start,
        "end": range.end,
        "char_start": places.character(range.start),
        "char_end": places.character(range.end),
    })
}

/// Which character begins at a byte: many languages count characters.
struct Places(Vec<usize>);

impl Places {
    fn of(text: &str) -> Self {
        Self(text.char_indices().map(|(byte, _)| byte).collect())
    }

    fn character(&self, byte: usize) -> usize {
        self.0.partition_point(|start| *start < byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{Corpus, Portion};

    #[test]
    fn places_in_bytes_and_in_characters_name_the_same_words() {
        let mut lines = Vec::new();
        write_json_lines(Corpus::new(1, Portion::Reported).documents().take(50), &mut lines).unwrap();
        let lines = String::from_utf8(lines).unwrap();
        assert_eq!(lines.lines().count(), 50);
        let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
        let mut seen = 0;
        for line in lines.lines() {
            let document: Value = serde_json::from_str(line).unwrap();
            let text = document["text"].as_str().unwrap();
            for spot in
                document["labels"].as_array().unwrap().iter().chain(document["decoys"].as_array().unwrap())
            {
                let bytes = &text[number(&spot["start"])..number(&spot["end"])];
                let count = number(&spot["char_end"]) - number(&spot["char_start"]);
                let characters: String = text.chars().skip(number(&spot["char_start"])).take(count).collect();
                assert_eq!(bytes, characters);
                seen += 1;
            }
        }
        assert!(seen > 50, "{seen}");
    }
}
