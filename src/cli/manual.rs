//! `rootbell completions` and `rootbell man`: what a shell and `man` want to know of the command line, from its one table.

use std::fmt::Write;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use super::args::Cli;
use super::{CommandError, Console, Exit};

pub(super) fn completions(shell: Shell, console: &Console) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "rootbell", &mut script);
    console.emit(String::from_utf8_lossy(&script).trim_end());
    Exit::Done
}

/// The page of the program, or of one of its commands, in roff.
pub(super) fn page(command: Option<&str>, console: &Console) -> Result<Exit, CommandError> {
    // `help` needs no page of its own.
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    let found = match command {
        None => program,
        Some(name) => match program.find_subcommand(name) {
            Some(command) => command.clone(),
            None => {
                let names: Vec<&str> = program.get_subcommands().map(Command::get_name).collect();
                let names = names.join(", ");
                return Err(CommandError::usage(format!("There is no command `{name}`; there are {names}.")));
            }
        },
    };
    let mut roff = Vec::new();
    let rendered = render(found, &mut roff);
    rendered.map_err(|error| CommandError::failed(format!("The page could not be written: {error}.")))?;
    console.emit(String::from_utf8_lossy(&roff).trim_end());
    Ok(Exit::Done)
}

/// The generator would fill the examples like running text: they are set here.
fn render(command: Command, roff: &mut Vec<u8>) -> std::io::Result<()> {
    let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let (has_commands, has_version) = (command.has_subcommands(), command.get_version().is_some());
    let man = Man::new(command);
    man.render_title(roff)?;
    man.render_name_section(roff)?;
    man.render_synopsis_section(roff)?;
    man.render_description_section(roff)?;
    man.render_options_section(roff)?;
    if has_commands {
        man.render_subcommands_section(roff)?;
    }
    roff.extend(set(&examples).as_bytes());
    if has_version {
        man.render_version_section(roff)?;
    }
    Ok(())
}

/// Text in roff: "Examples:" is a heading, what is indented stays as it is, the rest is filled.
fn set(text: &str) -> String {
    let mut roff = String::new();
    for paragraph in text.split("\n\n") {
        let mut verbatim = false;
        let mut put = |line: &str| {
            let _ = writeln!(roff, "{line}");
        };
        put(".PP");
        for line in paragraph.lines() {
            if line == "Examples:" {
                put(".SH EXAMPLES");
                continue;
            }
            if line.starts_with("  ") != verbatim {
                verbatim = !verbatim;
                put(if verbatim { ".nf" } else { ".fi" });
            }
            let escaped = line.trim_start().replace('\\', "\\e").replace('-', "\\-");
            // A dot or an apostrophe at the beginning would be a request.
            put(&format!("\\&{escaped}"));
        }
        if verbatim {
            put(".fi");
        }
    }
    roff
}
