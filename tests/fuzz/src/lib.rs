//! Fuzz targets, apart from the fuzzer: the same functions replay the stored inputs as an ordinary test.
#![forbid(unsafe_code)]

/// What the fuzzers run: nothing may panic, and what was read must hold what the formats promise.
pub mod targets;

#[cfg(test)]
mod tests {
    use super::targets::TARGETS;

    #[test]
    fn every_stored_input_is_judged() {
        for (name, target) in TARGETS {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
            let mut count = 0;
            for entry in std::fs::read_dir(&folder).unwrap() {
                target(&std::fs::read(entry.unwrap().path()).unwrap());
                count += 1;
            }
            assert!(count > 0, "no inputs in {}", folder.display());
        }
    }
}
