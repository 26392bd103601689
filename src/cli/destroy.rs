//! `rootbell destroy`: takes away what rootbell made, and nothing else.

use std::fmt::Write;

use clap::Args;

use super::apply::{Outcome, carry_out};
use super::args::Format;
use super::plan;
use super::signals::Interrupt;
use super::{AccountSession, CommandError, Console, Exit, Global, count, refuse_faults, script};
use crate::cloud::Connector;
use crate::domain::change::quote;
use crate::domain::plan::teardown::{Chain, teardown};
use crate::domain::{Action, Observed, Plan, Settings, SetupOptions, Step};
use crate::engine::teardown::managed_chains;

#[derive(Args, Debug)]
pub struct DestroyOptions {
    /// Do not ask
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Delete the bucket with its log files and the log group with its events, too
    #[arg(long)]
    pub with_logs: bool,
    /// Only say what would go, in this form; nothing is changed
    #[arg(long, value_name = "FORMAT", conflicts_with_all = ["yes", "json"])]
    pub format: Option<Format>,
    /// Write the result as JSON
    #[arg(long)]
    pub json: bool,
    /// Take this address off a topic that is not rootbell's; may be given several times
    #[arg(long = "email", value_name = "ADDRESS", value_delimiter = ',')]
    pub emails: Vec<String>,
    #[command(flatten)]
    pub named: Named,
}

/// What things are called, where the chain does not lead to them.
#[derive(Args, Debug)]
#[command(next_help_heading = "What it is called, where rootbell does not find it by itself")]
pub struct Named {
    /// CloudTrail trail
    #[arg(long, value_name = "NAME")]
    pub trail: Option<String>,
    /// S3 bucket
    #[arg(long, value_name = "NAME")]
    pub bucket: Option<String>,
    /// CloudWatch Logs log group
    #[arg(long, value_name = "NAME")]
    pub log_group: Option<String>,
    /// IAM role
    #[arg(long, value_name = "NAME")]
    pub role: Option<String>,
    /// SNS topic
    #[arg(long, value_name = "NAME")]
    pub topic: Option<String>,
    /// CloudWatch Logs metric filter
    #[arg(long, value_name = "NAME")]
    pub filter: Option<String>,
    /// CloudWatch alarm
    #[arg(long, value_name = "NAME")]
    pub alarm: Option<String>,
}

impl Named {
    #[must_use]
    pub fn setup_options(&self) -> SetupOptions {
        SetupOptions {
            trail: self.trail.clone(),
            bucket: self.bucket.clone(),
            log_group: self.log_group.clone(),
            role: self.role.clone(),
            topic: self.topic.clone(),
            filter: self.filter.clone(),
            alarm: self.alarm.clone(),
            ..SetupOptions::default()
        }
    }
}

/// From the inbox back to the trail.
const ORDER: [Step; 4] = [Step::Alarm, Step::Topic, Step::Filter, Step::Trail];

pub(super) async fn run(
    options: &DestroyOptions,
    global: &Global,
    connector: &dyn Connector,
    interrupt: &Interrupt,
    console: &Console,
) -> Result<Exit, CommandError> {
    let setup = SetupOptions { emails: options.emails.clone(), ..options.named.setup_options() };
    refuse_faults(&setup)?;
    if !options.yes && options.format.is_none() && !console.can_ask() {
        return Err(CommandError::usage(
            "There is no terminal to ask on. Give --yes to delete without a question, or look first with \
             `rootbell destroy --format text`. Nothing is changed.",
        ));
    }
    let scene = AccountSession::open(global, connector, console).await?;
    if options.with_logs {
        console.tell("Counting what is in the bucket; that takes a request for every 1,000 objects.");
    }
    let cloud = scene.session.cloud.as_ref();
    let chains = managed_chains(cloud, &scene.identity, scene.region(), &setup, options.with_logs).await;
    let plan = teardown(&chains, options.with_logs);
    if !plan.blocked.is_empty() {
        let reasons: Vec<&str> = plan.blocked.iter().map(|(_, why)| why.trim()).collect();
        return Err(CommandError::failed(format!(
            "What is rootbell's cannot be told for certain, so nothing is taken away:\n  {}",
            reasons.join("\n  ")
        )));
    }
    if let Some(format) = options.format {
        return Ok(show(format, &scene, &plan, global, console));
    }
    if !plan.is_empty() {
        console.tell(format_args!("To be taken away from account {} in {}", scene.account(), scene.region()));
        console.tell(text(&plan));
        if !options.yes && !agreed(&scene, &plan, options.with_logs, console).await {
            return Err(CommandError::failed("Nothing is changed."));
        }
    }
    let mut outcome = carry_out(&scene, &plan, None, interrupt, console).await;
    let complete = !outcome.interrupted && outcome.failed.is_empty() && outcome.skipped.is_empty();
    if !complete {
        outcome.open.push(again(&scene, &chains, options, global));
    }
    if options.json {
        if outcome.interrupted {
            console.tell(outcome.interruption(&scene.location()));
        }
        scene.emit(&outcome.document(&scene), console);
    } else {
        console.say(summary(&scene, &plan, &outcome, complete));
    }
    Ok(if complete { Exit::Done } else { Exit::Failed })
}

fn show(format: Format, scene: &AccountSession, plan: &Plan, global: &Global, console: &Console) -> Exit {
    let location = scene.identity.in_region(scene.region());
    match format {
        Format::Text => {
            console.say(format_args!("To be taken away from account {} in {}", scene.account(), scene.region()));
            console.say(text(plan));
        }
        Format::Json => scene.emit(&plan::document(plan, &location), console),
        Format::AwsCli => console.emit(&script::render(script::Purpose::Leave, plan, &location, global)),
    }
    if plan.is_empty() { Exit::Done } else { Exit::Differs }
}

fn text(plan: &Plan) -> String {
    let number = |action| plan.rows.iter().filter(|r| r.action == action).count();
    let end = if plan.is_empty() {
        "\nNothing to take away.".to_owned()
    } else {
        format!(
            "\n{}: {} to delete (-), {} to update (~); {} left alone (=).",
            count(plan.changes().count(), "change"),
            number(Action::Delete),
            number(Action::Update),
            number(Action::Keep)
        )
    };
    plan::table(plan, &ORDER) + &end
}

/// Asks for a word that nobody types by mistake.
async fn agreed(scene: &AccountSession, plan: &Plan, with_logs: bool, console: &Console) -> bool {
    let lost = if with_logs { " Logs that are deleted cannot be had back." } else { "" };
    console.tell(format_args!("From then on nobody is told when root signs in.{lost}"));
    let these = match plan.changes().count() {
        1 => "this 1 change".to_owned(),
        n => format!("these {n} changes"),
    };
    let account = &scene.identity.account;
    let question = format!("Type `destroy`, or the account's number {account}, to make {these}:");
    console.ask_for_word(&question, &["destroy", account]).await
}

fn summary(scene: &AccountSession, plan: &Plan, outcome: &Outcome, complete: bool) -> String {
    let location = scene.location();
    let (total, done) = (plan.changes().count(), outcome.applied.len());
    let head = if plan.is_empty() && !plan.rows.is_empty() {
        format!("Nothing to take away in {location}.")
    } else if plan.is_empty() {
        format!("Nothing to take away: there is nothing of rootbell's in {location}.")
    } else if outcome.interrupted {
        outcome.interruption(&location)
    } else if complete {
        format!("Taken away: {} made in {location}.", count(total, "change"))
    } else {
        format!(
            "Not all taken away: {done} of {} made in {location}, {} failed, {} not tried.",
            count(total, "change"),
            outcome.failed.len(),
            outcome.skipped.len()
        )
    };
    let kept = plan.rows.iter().filter(|row| row.action == Action::Keep);
    let kept: Vec<String> = kept.map(|row| format!("{} {}: {}", row.resource, row.name, row.detail)).collect();
    let list = |title: &str, lines: &[String]| match lines {
        [] => String::new(),
        lines => format!("\n{title}\n  - {}", lines.join("\n  - ")),
    };
    format!("{head}{}{}", list("Left alone:", &kept), list("Still open:", &outcome.open))
}

/// How to go on: what is gone no longer leads to the rest, so whatever has a name of its own is named; and it goes on
/// in this account, whatever the default one is.
fn again(scene: &AccountSession, chains: &[Chain], options: &DestroyOptions, global: &Global) -> String {
    let default = Settings::resolve(&scene.identity, scene.region(), &SetupOptions::default(), &Observed::nothing());
    let mut command = format!("rootbell destroy{}", global.flags());
    if options.with_logs {
        command.push_str(" --with-logs");
    }
    for email in &options.emails {
        let _ = write!(command, " --email {}", quote(email));
    }
    let mut commands: Vec<String> = Vec::new();
    for Chain { settings, .. } in chains {
        let names = [
            ("--trail", &settings.trail, &default.trail),
            ("--bucket", &settings.bucket, &default.bucket),
            ("--log-group", &settings.log_group, &default.log_group),
            ("--role", &settings.role, &default.role),
            ("--topic", &settings.topic, &default.topic),
            ("--filter", &settings.filter, &default.filter),
            ("--alarm", &settings.alarm, &default.alarm),
        ];
        let mut command = command.clone();
        for (flag, here, _) in names.into_iter().filter(|(_, here, usual)| here.value != usual.value) {
            let _ = write!(command, " {flag} {}", quote(&here.value));
        }
        let command = format!("`{command}`");
        if !commands.contains(&command) {
            commands.push(command);
        }
    }
    if commands.is_empty() {
        commands.push(format!("`{command}`"));
    }
    format!("Run {}: it goes on from there.", commands.join(", then "))
}
