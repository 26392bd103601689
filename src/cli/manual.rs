//! `rootbell completions` and `rootbell man`: what a shell and `man` want to know of the command line, from its one table.

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use super::args::Cli;
use super::{Console, Exit, Stop};

pub(super) fn completions(shell: Shell, console: &Console) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "rootbell", &mut script);
    console.emit(String::from_utf8_lossy(&script).trim_end());
    Exit::Done
}

/// The page of the program, or of one of its commands, in roff.
pub(super) fn page(command: Option<&str>, console: &Console) -> Result<Exit, Stop> {
    let mut program = Cli::command();
    program.build();
    let found = match command {
        None => program,
        Some(name) => match program.find_subcommand(name) {
            Some(command) => command.clone(),
            None => {
                let names: Vec<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
                let names = names.join(", ");
                return Err(Stop::usage(format!("There is no command `{name}`; there are {names}.")));
            }
        },
    };
    let mut roff = Vec::new();
    let rendered = Man::new(found).render(&mut roff);
    rendered.map_err(|error| Stop::failed(format!("The page could not be written: {error}.")))?;
    console.emit(String::from_utf8_lossy(&roff).trim_end());
    Ok(Exit::Done)
}
