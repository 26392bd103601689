//! `rootbell completions` and `rootbell man`: both are generated from the definition of the command line.

use std::fmt::Write;

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::cli::args::Cli;
use crate::cli::exit::{CommandError, Exit};
use crate::cli::output::console::Console;

pub(in crate::cli) fn completions(shell: Shell, console: &Console) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "rootbell", &mut script);
    console.print_raw(String::from_utf8_lossy(&script).trim_end());
    Exit::Done
}

/// Prints the man page of the program, or of one of its commands, as roff.
pub(in crate::cli) fn page(command: Option<&str>, console: &Console) -> Result<Exit, CommandError> {
    // `help` needs no page.
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    let command = match command {
        None => program,
        Some(name) => match program.find_subcommand(name) {
            Some(command) => command.clone(),
            None => {
                let names: Vec<&str> = program.get_subcommands().map(Command::get_name).collect();
                let names = names.join(", ");
                return Err(CommandError::usage(format!("There is no command `{name}`. The commands are {names}.")));
            }
        },
    };
    let mut roff = Vec::new();
    let rendered = render(command, &mut roff);
    rendered.map_err(|error| CommandError::failed(format!("The man page could not be written: {error}.")))?;
    console.print_raw(String::from_utf8_lossy(&roff).trim_end());
    Ok(Exit::Done)
}

/// Renders the page section by section, because the generator would reflow the examples like running text.
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
    roff.extend(format_examples(&examples).as_bytes());
    if has_version {
        man.render_version_section(roff)?;
    }
    Ok(())
}

/// The help's examples as roff: "Examples:" becomes a heading, indented lines stay as they are, other text is reflowed.
fn format_examples(text: &str) -> String {
    let mut roff = String::new();
    for paragraph in text.split("\n\n") {
        let mut verbatim = false;
        let mut push_line = |line: &str| {
            let _ = writeln!(roff, "{line}");
        };
        push_line(".PP");
        for line in paragraph.lines() {
            if line == "Examples:" {
                push_line(".SH EXAMPLES");
                continue;
            }
            if line.starts_with("  ") != verbatim {
                verbatim = !verbatim;
                push_line(if verbatim { ".nf" } else { ".fi" });
            }
            let escaped = line.trim_start().replace('\\', "\\e").replace('-', "\\-");
            // Without `\&`, a dot or an apostrophe at the beginning of a line would be a roff request.
            push_line(&format!("\\&{escaped}"));
        }
        if verbatim {
            push_line(".fi");
        }
    }
    roff
}
