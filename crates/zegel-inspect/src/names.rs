//! What names of files say, and when they lie.

use zegel_core::material::FileKind;

/// The longest name that is kept.
const LONGEST: usize = 255;

/// Endings that a double click on some system runs.
const RUN: &[&str] = &[
    "apk",
    "app",
    "appimage",
    "application",
    "appx",
    "bash",
    "bat",
    "bin",
    "chm",
    "cmd",
    "com",
    "command",
    "cpl",
    "csh",
    "deb",
    "desktop",
    "dll",
    "dmg",
    "elf",
    "exe",
    "gadget",
    "hta",
    "inf",
    "iso",
    "jar",
    "jnlp",
    "js",
    "jse",
    "ksh",
    "lnk",
    "mjs",
    "msc",
    "msh",
    "msi",
    "msix",
    "msp",
    "pif",
    "pkg",
    "ps1",
    "psd1",
    "psm1",
    "py",
    "reg",
    "rpm",
    "run",
    "scf",
    "scr",
    "sct",
    "settingcontent-ms",
    "sh",
    "sys",
    "url",
    "vb",
    "vbe",
    "vbs",
    "website",
    "ws",
    "wsc",
    "wsf",
    "wsh",
    "xll",
    "zsh",
];

/// Endings of scripts: text that is run.
const SCRIPT: &[&str] = &[
    "bash", "bat", "cmd", "command", "csh", "desktop", "hta", "inf", "jnlp", "js", "jse", "ksh", "mjs",
    "msh", "ps1", "psd1", "psm1", "py", "reg", "scf", "sct", "sh", "url", "vb", "vbe", "vbs", "website",
    "ws", "wsc", "wsf", "wsh", "zsh",
];

/// Endings that browsers show as a page, whatever the content begins with.
const PAGE: &[&str] = &["htm", "html", "shtm", "shtml", "xht", "xhtml"];

/// Endings of programs that look at the content and show a page or XML as a letter or a sheet.
const OFFICE: &[&str] = &[
    "doc", "docm", "docx", "dot", "odp", "ods", "odt", "pps", "ppt", "pptx", "rtf", "wps", "xls", "xlsm",
    "xlsx", "xlt",
];

/// Returns the last ending of a name, in lower case; empty where there is none.
pub(crate) fn ending(name: &str) -> String {
    name.trim_end().rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default()
}

/// Returns whether the ending is one of a script.
pub(crate) fn is_script(name: &str) -> bool {
    SCRIPT.contains(&ending(name).as_str())
}

/// Returns whether programs that go by the name or the declared type show this as a page.
pub(crate) fn is_page(name: &str, media_type: &str) -> bool {
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    PAGE.contains(&ending(name).as_str())
        || matches!(media_type.as_str(), "text/html" | "application/xhtml+xml")
}

/// Returns whether programs that go by the name read this from its end, as a zip.
pub(crate) fn is_zip(name: &str) -> bool {
    const ZIP: &[&str] = &[
        "docm", "docx", "epub", "jar", "odp", "ods", "odt", "pptm", "pptx", "xlsb", "xlsm", "xlsx", "zip",
        "zipx",
    ];
    ZIP.contains(&ending(name).as_str())
}

/// Returns whether what opens this looks for tags in it: an Office program, or whatever guesses where there is no ending.
pub(crate) fn is_looked_into(name: &str) -> bool {
    let ending = ending(name);
    ending.is_empty() || OFFICE.contains(&ending.as_str())
}

/// Returns whether a name shows something other than what would be opened: text that runs the other way, an ending
/// behind an ending, or an ending pushed out of sight.
fn is_misleading(name: &str) -> bool {
    // "letter<U+202E>fdp.exe" is shown as "letterexe.pdf".
    let turns = name.chars().any(|c| {
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{061c}')
    });
    // "letter.pdf.exe", "letter.pdf                    .exe"
    let last = ending(name);
    let before = name.trim_end().rsplit_once('.').map_or("", |(before, _)| before);
    let doubled = RUN.contains(&last.as_str()) && says(before.trim_end()).is_some();
    turns || doubled
}

/// Returns what a name promises, where that is something harmless.
fn says(name: &str) -> Option<FileKind> {
    Some(match ending(name).as_str() {
        "pdf" => FileKind::Pdf,
        "bmp" | "gif" | "heic" | "jpeg" | "jpg" | "png" | "tif" | "tiff" | "webp" => FileKind::Image,
        "avi" | "flac" | "m4a" | "mkv" | "mov" | "mp3" | "mp4" | "ogg" | "wav" | "webm" => {
            FileKind::AudioVideo
        }
        "doc" | "docm" | "docx" | "odt" | "rtf" => FileKind::Document,
        "csv" | "ods" | "tsv" | "xls" | "xlsb" | "xlsm" | "xlsx" => FileKind::Spreadsheet,
        "odp" | "ppt" | "pptm" | "pptx" => FileKind::Presentation,
        "eml" | "msg" => FileKind::Mail,
        "ini" | "json" | "log" | "md" | "text" | "txt" | "xml" => FileKind::Text,
        "7z" | "bz2" | "gz" | "rar" | "tar" | "tgz" | "xz" | "zip" | "zst" => FileKind::Archive,
        _ => return None,
    })
}

/// Returns what a media type promises, where that is something harmless.
fn promises(media_type: &str) -> Option<FileKind> {
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    Some(match media_type.as_str() {
        "application/pdf" => FileKind::Pdf,
        "image/svg+xml" => return None,
        _ if media_type.starts_with("image/") => FileKind::Image,
        _ if media_type.starts_with("audio/") || media_type.starts_with("video/") => FileKind::AudioVideo,
        _ => return None,
    })
}

/// Returns whether the name or the declared type says something harmless that the content is not.
///
/// Harmless differences are not called a disguise: half of the world's `.doc` files are RTF.
pub(crate) fn is_disguised(name: &str, media_type: &str, content: FileKind) -> bool {
    let lies = |said: FileKind| match said {
        FileKind::Pdf | FileKind::Image | FileKind::AudioVideo => {
            matches!(content, FileKind::Archive | FileKind::Executable | FileKind::Html)
        }
        _ => content == FileKind::Executable,
    };
    is_misleading(name) || says(name).is_some_and(lies) || promises(media_type).is_some_and(lies)
}

/// Returns a name as it is kept: the last part of a path stays a path, but control characters go and it is not endless.
pub(crate) fn tidy(name: &str) -> String {
    let mut name: String = name.chars().filter(|c| !c.is_control()).collect();
    name.truncate(name.floor_char_boundary(LONGEST));
    if name.is_empty() { "?".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_under_a_harmless_name_is_disguised() {
        for name in [
            "scan.pdf",
            "foto.jpg",
            "brief.docx",
            "notes.txt",
            "scan.pdf.exe",
            "scan.pdf      .exe",
            "a\u{202e}fdp.exe",
        ] {
            assert!(is_disguised(name, "", FileKind::Executable), "{name}");
        }
        assert!(!is_disguised("setup.exe", "application/octet-stream", FileKind::Executable));
        assert!(is_disguised("setup", "image/png", FileKind::Executable));
    }

    #[test]
    fn harmless_differences_are_no_disguise() {
        assert!(!is_disguised("letter.doc", "application/msword", FileKind::Text));
        assert!(!is_disguised("export.xls", "", FileKind::Html));
        assert!(!is_disguised("report.v2.pdf", "application/pdf", FileKind::Pdf));
        assert!(!is_disguised("site.com.zip", "", FileKind::Archive));
    }

    #[test]
    fn html_called_pdf_is_disguised() {
        assert!(is_disguised("invoice.pdf", "application/pdf", FileKind::Html));
    }

    #[test]
    fn names_lose_control_characters_and_end_somewhere() {
        assert_eq!(tidy("a\nb\0.txt"), "ab.txt");
        assert_eq!(tidy(""), "?");
        assert!(tidy(&"é".repeat(300)).len() <= 255);
    }
}
