//! `cargo xtask bench`: how long things take and how much memory, beside rage, age and gpg in the same run.

mod measure;
mod policy;
mod report;
mod world;

use std::path::PathBuf;

use crate::fail::Failure;
use crate::shell;
use crate::tools::{self, Set};
use crate::ui;

use measure::{Case, Contender, measure};
use report::Form;
use world::{Input, Tool, World};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
const GIB: usize = 1024 * MIB;

/// The size of the mail that stands for all ordinary mail.
const MAIL: usize = 27_000;

/// How many recipients one message has.
const COUNTS: [usize; 3] = [1, 20, 200];

/// Measures and prints.
///
/// # Errors
/// When a tool cannot be installed, a build fails, or a measured command does.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    if let Some((_, rest)) = arguments.split_first().filter(|(first, _)| *first == "policy") {
        return policy::run(rest);
    }
    let mut form = Form::Table;
    let mut sizes = vec![("1 MiB", MIB, 21), ("1 GiB", GIB, 5)];
    let mut folder = None;
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--json" => form = Form::Json,
            "--quick" => sizes.truncate(1),
            "--dir" => folder = words.next().map(PathBuf::from),
            other => return Err(Failure::usage(format!("bench does not know {other:?}"))),
        }
    }
    tools::install(Set::Bench)?;
    let rage = tools::rage()?;
    shell::run(shell::cargo().args(["build", "--profile", "dist", "--locked", "--package", "zegel"]))?;
    ui::heading("Making keys for every tool");
    let world = World::make(folder, rage, COUNTS.into_iter().max().unwrap_or(1))?;

    let mut cases = vec![measure("start (--version)", 41, &contenders(|tool| world.version(tool)))?];
    let mail = world.mail(MAIL, &COUNTS)?;
    cases.extend(there_and_back(&world, "27 kB mail", &mail, 41)?);
    for (name, size, runs) in sizes {
        let file = world.file(name, size)?;
        cases.extend(there_and_back(&world, name, &file, runs)?);
        world.forget(&file);
    }
    for count in COUNTS {
        let name = format!("seal 27 kB to {count} recipients");
        cases.push(measure(&name, 21, &contenders(|tool| world.seal(tool, &mail, count)))?);
    }
    report::print(form, &cases, &world)
}

/// Measures sealing an input to one recipient, and opening what came out.
fn there_and_back(world: &World, name: &str, input: &Input, runs: usize) -> Result<[Case; 2], Failure> {
    let seal = measure(&format!("seal {name}"), runs, &contenders(|tool| world.seal(tool, input, 1)))?;
    let open = measure(&format!("open {name}"), runs, &contenders(|tool| world.open(tool, input)))?;
    for tool in Tool::ALL {
        world.check(tool, input)?;
    }
    Ok([seal, open])
}

fn contenders(command: impl Fn(Tool) -> Contender) -> Vec<(Tool, Contender)> {
    Tool::ALL.into_iter().map(|tool| (tool, command(tool))).collect()
}
