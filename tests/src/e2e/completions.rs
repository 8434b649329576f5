//! The completions do what they are for, in a real shell.

use std::process::Command;

use super::world::World;

/// Lets bash complete the last of these words.
fn complete(world: &World, words: &str) -> Vec<String> {
    // What bash itself does when the tab key is pressed: it looks up the function and fills these variables.
    let script = r#"
        source completions.bash || exit 1
        [[ "$(complete -p zegel)" =~ -F\ ([^ ]+) ]] || exit 2
        COMP_LINE="$1"; COMP_POINT=${#COMP_LINE}
        read -ra COMP_WORDS <<< "$COMP_LINE"
        [[ "$COMP_LINE" == *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
        "${BASH_REMATCH[1]}" zegel "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}" || exit 3
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let output = Command::new(zegel_testkit::need("bash", "bash"))
        .args(["--norc", "--noprofile", "-c", script, "bash", words])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .current_dir(world.join("work"))
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && told.is_empty(), "{:?} {told}", output.status);
    let mut words: Vec<String> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| line.trim().to_owned()).collect();
    words.sort();
    words
}

#[test]
fn bash_completes_commands_and_options() {
    let world = World::new();
    let script = world.must("alice", &["completions", "bash"], b"").stdout;
    world.write("work/completions.bash", script);
    assert_eq!(complete(&world, "zegel se"), ["seal", "send", "sendmail"]);
    assert_eq!(complete(&world, "zegel card im"), ["import"]);
    assert_eq!(complete(&world, "zegel identity new --st"), ["--store"]);
    assert_eq!(complete(&world, "zegel identity new --store "), ["file", "keyring", "plain"]);
}
