//! Lists the committed page of the portal, so that it is part of the program.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let dist = root.join("web").join("dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    let index = dist.join("index.html");
    assert!(
        index.is_file(),
        "the page of the portal is missing: {} is committed; `git checkout crates/zegel-server/web/dist` brings it back",
        index.display()
    );
    let mut assets = files(&dist.join("assets"));
    assets.sort();
    let mut code = format!("pub(super) const INDEX: &[u8] = include_bytes!({index:?});\n");
    code.push_str("pub(super) const ASSETS: &[(&str, &[u8])] = &[\n");
    for path in assets {
        let name = path.file_name().and_then(|name| name.to_str()).expect("names of assets are text");
        writeln!(code, "    ({name:?}, include_bytes!({path:?})),").expect("a text takes more text");
    }
    code.push_str("];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("assets.rs"), code).expect("the output folder can be written to");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries
        .map(|entry| entry.expect("a folder can be read to its end").path())
        .filter(|path| path.is_file())
        .collect()
}
