//! `rootbell confirm`: confirms a subscription in a signed call, so that only somebody with credentials can end it.

use jiff::Timestamp;
use serde_json::json;

use super::run::carry_out;
use crate::cli::args::{ConfirmOptions, GlobalOptions};
use crate::cli::exit::{CommandError, Exit};
use crate::cli::fix::problem_text;
use crate::cli::output::console::{Console, Question};
use crate::cli::output::plan::table;
use crate::cli::session::AccountSession;
use crate::cli::signals::Interrupt;
use crate::cloud::Connector;
use crate::domain::confirmation::ConfirmationLink;
use crate::domain::observed::{Confirmation, Observed, Subscription};
use crate::domain::plan::resubscribe::resubscribe;
use crate::domain::problem::{Fix, Goal, Input, Problem};
use crate::domain::settings::SettingId;
use crate::domain::{Change, Email, Settings, Step};

pub(in crate::cli) async fn run(
    options: &ConfirmOptions,
    global: &GlobalOptions,
    connector: &dyn Connector,
    now: fn() -> Timestamp,
    interrupt: &Interrupt,
    console: &Console,
) -> Result<Exit, CommandError> {
    if options.again.is_some() && !options.yes && !console.can_ask() {
        return Err(CommandError::usage(
            "--again ends a subscription, and there is no terminal to ask for confirmation on. Use --yes to skip \
             confirmation. Nothing was changed.",
        ));
    }
    let setup = options.names.setup_options();
    let (session, prefetch) = AccountSession::open_prefetching(global, connector, console, &setup).await?;
    let (observed, settings, _) = session.observe_chain(&setup, prefetch, now, console).await;
    if let Some(email) = &options.again
        && !subscribe_again(options, email, &session, &settings, &observed, interrupt, console).await?
    {
        return Ok(Exit::Done);
    }
    if options.again.is_none() {
        check_pending(&settings, &observed).map_err(|problem| CommandError::failed(problem_text(&problem)))?;
    }
    let mut before = confirmed(observed.subscriptions.as_deref().unwrap_or_default());
    // Its subscription was just ended.
    before.retain(|email| Some(email) != options.again.as_ref());
    let link = tokio::select! {
        link = read_link(&session, &settings, console) => link?,
        () = interrupt.interrupted() => return Err(CommandError::failed("Interrupted: nothing was confirmed.")),
    };
    check_topic(&link, &settings).map_err(|problem| CommandError::failed(problem_text(&problem)))?;
    let cloud = session.connection.cloud.as_ref();
    let topic_arn = link.topic_arn.clone();
    cloud.apply(session.region(), &Change::ConfirmSubscription { topic_arn, token: link.token }).await?;
    // The subscription is confirmed whether or not it can be listed.
    let after = cloud.subscriptions(session.region(), &link.topic_arn).await.unwrap_or_default();
    let new: Vec<Email> = confirmed(&after).into_iter().filter(|email| !before.contains(email)).collect();
    if options.json {
        let result = json!({
            "account": session.identity.account,
            "region": session.region(),
            "topic": link.topic_arn,
            "confirmed": new,
        });
        session.print_json(&result, console);
        return Ok(Exit::Done);
    }
    let who = if new.is_empty() { "The subscription".to_owned() } else { Email::join(&new, " and ") };
    console.print(format_args!(
        "{who} is confirmed for the topic `{}`. The link at the end of each email can't end this subscription: that takes \
         a call with credentials of this account.",
        settings.topic.value
    ));
    Ok(Exit::Done)
}

fn confirmed(all: &[Subscription]) -> Vec<Email> {
    let confirmed = all.iter().filter(|s| s.state == Confirmation::Confirmed);
    confirmed.map(|s| s.endpoint.as_str().into()).collect()
}

/// There must be something to confirm, as far as is known.
fn check_pending(settings: &Settings, observed: &Observed) -> Result<(), Problem> {
    let topic = &settings.topic.value;
    if let Ok(None) = observed.topic {
        let why = format!("There is no topic `{topic}`, so there is nothing to confirm.");
        return Err(Problem::new(why, Fix::Apply(Goal::SetUp)));
    }
    let Ok(all) = &observed.subscriptions else { return Ok(()) };
    if all.iter().any(|s| s.state == Confirmation::Pending) {
        return Ok(());
    }
    let why = format!("No subscription of the topic `{topic}` is waiting to be confirmed.");
    let by_click = all.iter().find(|s| s.signed() == Some(false));
    let fix = by_click.map_or(Fix::Nothing, |s| Fix::ConfirmAgain { endpoint: s.endpoint.clone() });
    Err(Problem::new(why, fix))
}

/// Ends the subscription of the address and subscribes it again, after asking. Returns whether the link can be entered
/// now.
async fn subscribe_again(
    options: &ConfirmOptions,
    email: &Email,
    session: &AccountSession,
    settings: &Settings,
    observed: &Observed,
    interrupt: &Interrupt,
    console: &Console,
) -> Result<bool, CommandError> {
    let failed = |problem: &Problem| CommandError::failed(format!("{} Nothing was changed.", problem_text(problem)));
    let plan = resubscribe(settings, observed, email).map_err(|problem| failed(&problem))?;
    console.eprint(table(&plan, &[Step::Topic]).trim());
    if !options.yes && !console.ask(&Question::YesOrNo("Subscribe it again?")).await {
        return Err(CommandError::failed("Nothing was changed."));
    }
    let outcome = carry_out(session, &plan, interrupt, console).await;
    if outcome.interrupted {
        return Err(CommandError::failed(outcome.interruption(&session.location())));
    }
    if let Some((_, error)) = outcome.failed.first() {
        return Err(CommandError::failed(problem_text(&error.clone().into())));
    }
    if console.can_ask() {
        return Ok(true);
    }
    console.print(format_args!(
        "{email} is subscribed again. Once the email has arrived, run `rootbell confirm` and give it the link from the email \
         on standard input; don't open the link."
    ));
    Ok(false)
}

/// Reads the confirmation link from the terminal, or all of standard input.
async fn read_link(
    session: &AccountSession,
    settings: &Settings,
    console: &Console,
) -> Result<ConfirmationLink, CommandError> {
    if console.can_ask() {
        console.eprint(format_args!(
            "Topic `{}` in {}\n\
             In the email with the subject \"AWS Notification - Subscription Confirmation\", copy the address of the link \
             \"Confirm subscription\". Don't open it: a subscription that is confirmed by opening the link can be ended by \
             anyone who opens a link in one of its emails, and by mail scanners that open links.",
            settings.topic.value,
            session.location()
        ));
    }
    let text = console.read_answer("Link:").await;
    let text = text.map_err(|error| CommandError::failed(format!("The link could not be read: {error}.")))?;
    ConfirmationLink::parse(&text).map_err(CommandError::failed)
}

/// The link must be for the topic that alerts go to.
fn check_topic(link: &ConfirmationLink, settings: &Settings) -> Result<(), Problem> {
    let topic_arn = settings.topic_arn();
    if link.topic_arn == topic_arn {
        return Ok(());
    }
    let why =
        format!("This link is for the topic {}, but alerts go to {topic_arn}. Nothing was changed.", link.topic_arn);
    let region = settings.account_region.region.as_str();
    let fix = match (link.topic_arn.region(), link.topic_arn.topic_name()) {
        _ if !link.topic_arn.belongs_to(&settings.account_region.account) => {
            Fix::advice("Use the link of the email for this account, or sign in to the other account.")
        }
        (Some(other), _) if other != region => {
            Fix::choose_value("To confirm it anyway, use its Region", Input::Region, other)
        }
        (_, Some(name)) => {
            Fix::choose_value("To confirm it anyway, name its topic", Input::Setting(SettingId::Topic), name)
        }
        _ => Fix::Nothing,
    };
    Err(Problem::new(why, fix))
}
