//! Draws a terminal as SVG: monospaced lines on a dark ground, no script, no font from elsewhere.

use std::fmt::Write;
use std::path::Path;

use crate::fail::Failure;

/// Longer lines are cut, with a mark.
const COLUMNS: usize = 110;
const LINE_HEIGHT: usize = 17;
const CHARACTER_WIDTH: f64 = 7.85;

/// Writes the picture of some lines to a file.
pub(crate) fn draw(path: &Path, lines: &[String]) -> Result<(), Failure> {
    std::fs::write(path, svg(lines))
        .map_err(|error| Failure::new(format!("{} cannot be written: {error}", path.display())))
}

fn svg(lines: &[String]) -> String {
    let height = (lines.len() + 2) * LINE_HEIGHT;
    #[expect(clippy::cast_precision_loss, reason = "a hundred columns")]
    let width = (COLUMNS as f64 + 4.0) * CHARACTER_WIDTH;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height}\" width=\"{width:.0}\" height=\"{height}\" \
         role=\"img\" aria-label=\"Zegel in a terminal\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#16181d\"/>\n\
         <g font-family=\"ui-monospace, Menlo, Consolas, monospace\" font-size=\"13\" xml:space=\"preserve\" fill=\"#c8ccd4\">\n"
    );
    for (number, line) in lines.iter().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let y = (number + 2) * LINE_HEIGHT;
        // Writing to a string does not fail.
        let _ = writeln!(svg, "<text x=\"14\" y=\"{y}\"{}>{}</text>", style(line), escaped(&cut(line)));
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

fn style(line: &str) -> &'static str {
    let text = line.trim_start();
    if line.starts_with("== ") {
        " fill=\"#7cc4ff\" font-weight=\"bold\""
    } else if text.contains("$ zegel ") {
        " fill=\"#ffffff\" font-weight=\"bold\""
    } else if text.starts_with("error:") {
        " fill=\"#ff8b7b\""
    } else if text.starts_with("hint:") || text.starts_with("[exit code") {
        " fill=\"#e5c07b\""
    } else {
        ""
    }
}

fn cut(line: &str) -> String {
    if line.chars().count() <= COLUMNS {
        return line.to_owned();
    }
    line.chars().take(COLUMNS - 1).chain(['…']).collect()
}

fn escaped(line: &str) -> String {
    let plain: String = line.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup_and_long_lines_are_cut() {
        let svg = svg(&["a <script> & \u{1b}[1m".to_owned(), "x".repeat(500)]);
        assert!(svg.contains("a &lt;script&gt; &amp;"));
        assert!(!svg.contains('\u{1b}'));
        assert!(svg.lines().all(|line| line.chars().count() < 300));
    }
}
