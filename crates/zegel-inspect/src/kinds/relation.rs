//! Relations between the parts of an Office file (ECMA-376 part 2): they say what a part is for, its name does not.

use super::markup::{self, Node};
use super::zip::Package;
use crate::reading::{Doc, Fault};

/// One relation of a part.
#[derive(Debug, Clone, Default)]
pub(crate) struct Relation {
    /// What the part calls it.
    pub(crate) id: String,
    kind: String,
    /// The name of the other part, from the outermost folder.
    pub(crate) target: String,
}

impl Relation {
    /// Returns whether it is of this kind, in either edition of the standard.
    pub(crate) fn is(&self, kind: &str) -> bool {
        self.kind.rsplit_once('/').is_some_and(|(_, last)| last == kind)
    }
}

/// Returns the relations of a part, of the whole file for the empty name.
pub(crate) fn of(
    doc: &mut Doc<'_, '_>,
    package: &mut Package<'_>,
    part: &str,
) -> Result<Vec<Relation>, Fault> {
    let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
    let name =
        if folder.is_empty() { format!("_rels/{file}.rels") } else { format!("{folder}/_rels/{file}.rels") };
    let mut found = Vec::new();
    let Some(xml) = package.part(doc, &name)? else { return Ok(found) };
    markup::walk(doc, &xml, &mut |_, node| {
        if let Node::Open(element) = node
            && let Some(target) = element.attribute("Target")
        {
            found.push(Relation {
                id: element.attribute("Id").unwrap_or_default(),
                kind: element.attribute("Type").unwrap_or_default(),
                target: resolve(folder, &target),
            });
        }
        Ok(())
    })?;
    Ok(found)
}

/// Resolves a target against the folder of the part that names it.
fn resolve(folder: &str, target: &str) -> String {
    let mut steps: Vec<&str> = Vec::new();
    if !target.starts_with('/') {
        steps.extend(folder.split('/').filter(|step| !step.is_empty()));
    }
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn targets_are_found_from_where_they_are_named() {
        assert_eq!(resolve("xl", "worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(resolve("xl", "/other/sheet1.xml"), "other/sheet1.xml");
        assert_eq!(resolve("xl/deep", "../../sheet1.xml"), "sheet1.xml");
        assert_eq!(resolve("", "./xl/../a.xml"), "a.xml");
    }
}
