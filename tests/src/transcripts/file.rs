//! The form of a transcript: sections that begin with `=== `.

/// One section: its kind, the rest of its first line, and its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) kind: String,
    pub(super) argument: String,
    pub(super) body: String,
}

/// A transcript: a title in words, then sections.
#[derive(Debug, Clone)]
pub(super) struct Transcript {
    pub(super) title: String,
    pub(super) sections: Vec<Section>,
}

/// What a run produces: written by the test, never by hand.
const OUTPUTS: [&str; 5] = ["code", "stdout", "stderr", "files", "sent"];

impl Section {
    pub(super) fn new(kind: &str, argument: impl Into<String>, body: impl Into<String>) -> Self {
        Self { kind: kind.to_owned(), argument: argument.into(), body: body.into() }
    }

    /// Says whether the test wrote it.
    pub(super) fn is_output(&self) -> bool {
        OUTPUTS.contains(&self.kind.as_str())
    }
}

impl Transcript {
    pub(super) fn parse(text: &str) -> Self {
        let mut title = String::new();
        let mut sections: Vec<Section> = Vec::new();
        for line in text.lines() {
            if let Some(head) = line.strip_prefix("=== ") {
                let (kind, argument) = head.split_once(' ').unwrap_or((head, ""));
                sections.push(Section::new(kind, argument, ""));
                continue;
            }
            let body = sections.last_mut().map_or(&mut title, |section| &mut section.body);
            body.push_str(line.strip_prefix('\\').filter(|rest| rest.starts_with("=== ")).unwrap_or(line));
            body.push('\n');
        }
        Self { title, sections }
    }

    pub(super) fn to_text(&self) -> String {
        let mut out = self.title.clone();
        for section in &self.sections {
            out.push_str(format!("=== {} {}", section.kind, section.argument).trim_end());
            out.push('\n');
            for line in section.body.lines() {
                if line.starts_with("=== ") {
                    out.push('\\');
                }
                out.push_str(line);
                out.push('\n');
            }
        }
        out
    }
}

/// Takes a command line apart: spaces, `'…'` and `"…"`, as a shell does.
pub(super) fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut open, mut quote) = (Vec::new(), String::new(), false, None);
    for c in line.trim().chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '\'' | '"') => (quote, open) = (Some(c), true),
            (None, ' ') => {
                if open {
                    words.push(std::mem::take(&mut word));
                    open = false;
                }
            }
            (_, c) => {
                word.push(c);
                open = true;
            }
        }
    }
    if open {
        words.push(word);
    }
    words
}
