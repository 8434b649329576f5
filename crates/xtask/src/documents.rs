//! Tests that the documents say what the code does.

use crate::shell;

fn document(path: &str) -> String {
    std::fs::read_to_string(shell::root().join(path)).unwrap()
}

#[test]
fn the_table_of_exit_codes_is_the_one_in_the_code() {
    let text = document("docs/exit-codes.md");
    let rows: Vec<(u8, String)> = text
        .lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            match cells.as_slice() {
                ["", code, meaning, _, ""] => Some((code.parse().ok()?, (*meaning).to_owned())),
                _ => None,
            }
        })
        .collect();
    let known: Vec<(u8, String)> =
        zegel_wire::exit::Exit::ALL.iter().map(|exit| (exit.code(), exit.meaning().to_owned())).collect();
    assert_eq!(rows, known);
}

/// Every relative link in our own papers leads to a file of the repository.
#[test]
fn links_between_documents_lead_somewhere() {
    let mut checked = 0;
    for path in documents() {
        let text = document(&path);
        let folder = shell::root().join(&path).parent().unwrap().to_path_buf();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            if link.is_empty() || link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            assert!(folder.join(link).exists(), "{path} links to {link}, which does not exist");
            checked += 1;
        }
    }
    assert!(checked > 10, "only {checked} links were found");
}

/// Our papers: the Markdown at the root and under `docs`, not what is vendored under `tests`.
fn documents() -> Vec<String> {
    let list = shell::output(shell::command("git").args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "*.md",
    ]))
    .unwrap();
    list.lines()
        .filter(|path| !path.starts_with("tests/"))
        .filter(|path| shell::root().join(path).is_file())
        .map(str::to_owned)
        .collect()
}

/// Every test that the threat model names exists.
#[test]
fn the_threat_model_names_tests_that_exist() {
    let mut sources = String::new();
    let list =
        shell::output(shell::command("git").args(["ls-files", "-co", "--exclude-standard", "*.rs"])).unwrap();
    for path in list.lines().filter(|path| shell::root().join(path).is_file()) {
        sources.push_str(&document(path));
    }
    let chapter = document("docs/threat-model.md");
    let mut named = 0;
    for paragraph in chapter.split("\n\n").filter(|paragraph| paragraph.starts_with("Shown by ")) {
        for name in paragraph.split('`').skip(1).step_by(2) {
            assert!(sources.contains(&format!("fn {name}()")), "there is no test {name}");
            named += 1;
        }
    }
    assert!(named > 40, "only {named} tests are named");
}
