//! Sessions: what an ended one still sends, and what ending one does to the others.

use std::sync::Arc;
use std::time::Duration;

use rootbell::app::keymap::{Code, Key};
use rootbell::app::{AccountState, Effect, Model, Msg, SessionEffect, SessionId, SessionMsg, Ticket, update};
use rootbell::cloud::demo::Account;
use rootbell::cloud::{CloudError, ErrorKind, Target};
use rootbell::domain::{Observed, SetupOptions};
use rootbell::engine::Report;
use rootbell::engine::alarm_test::TestRun;
use rootbell::runtime::Worker;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::support::tester::{START, Tester, connector, scenario};

/// Every kind of message that a session sends, with this ticket.
fn messages(ticket: Ticket) -> Vec<SessionMsg> {
    let error = || CloudError::local(ErrorKind::Other, "late");
    vec![
        SessionMsg::Connected(Err(error())),
        SessionMsg::Observed(ticket, Box::new(Observed::nothing())),
        SessionMsg::FindManaged(ticket, Vec::new()),
        SessionMsg::Applied(ticket, Report::default()),
        SessionMsg::PatternTested(ticket, Ok(vec![true; 6])),
        SessionMsg::Subscriptions(ticket, Ok(Vec::new())),
        SessionMsg::Changed(ticket, Err(error())),
        SessionMsg::Polled(ticket, Err(error())),
        SessionMsg::TestProgress(ticket, TestRun::default()),
        SessionMsg::TestEnded(ticket, Ok(TestRun::default())),
    ]
}

#[test]
fn a_message_of_an_ended_session_changes_nothing_whatever_its_ticket() {
    let mut tester = Tester::on(scenario("fresh"), 80, 24);
    let ended = tester.model.account().session;
    // Signing in again begins another session, which counts its tickets from the beginning.
    tester.press("r");
    assert_ne!(tester.model.account().session, ended);
    for is_answered in [false, true] {
        if is_answered {
            tester.settle();
        }
        let (now, before) = (tester.model.now, format!("{:?}", tester.model));
        for ticket in 0..20 {
            for msg in messages(Ticket(ticket)) {
                let effects = update(&mut tester.model, Msg::FromSession(ended, msg.clone()), now);
                assert_eq!((effects, format!("{:?}", tester.model)), (Vec::new(), before.clone()), "{msg:?}");
            }
        }
    }
    // The same messages do something while their session is the current one.
    tester.press("r");
    let (session, now) = (tester.model.account().session, tester.model.now);
    let before = format!("{:?}", tester.model);
    for msg in messages(Ticket(1)) {
        update(&mut tester.model, Msg::FromSession(session, msg), now);
    }
    assert_ne!(format!("{:?}", tester.model), before);
}

#[test]
fn signing_in_again_ends_the_session_and_forgets_everything_about_the_account() {
    let mut tester = Tester::on(scenario("ringing"), 80, 24);
    tester.pass(Duration::from_secs(3));
    tester.press("esc");
    let (old, now) = (tester.model.account().session, tester.model.now);
    let effects = update(&mut tester.model, Msg::Key(Key::plain(Code::Char('r'))), now);
    let account = tester.model.account();
    let fresh = AccountState::new(account.session, account.target.clone(), &SetupOptions::default());
    assert_eq!(format!("{account:?}"), format!("{fresh:?}"));
    assert!(matches!(effects[..], [Effect::EndSession(ended), Effect::InSession(new, _)]
        if ended == old && new == account.session));
}

/// Two sessions on demo accounts, in real tasks.
struct Two {
    worker: Worker,
    answers: UnboundedReceiver<Msg>,
}

const FIRST: SessionId = SessionId(1);
const SECOND: SessionId = SessionId(2);

impl Two {
    async fn connected() -> Self {
        let (sender, answers) = unbounded_channel();
        let (connector, clock) = connector(Account::default());
        let mut two = Self { worker: Worker::new(Arc::new(connector), clock, sender), answers };
        for session in [FIRST, SECOND] {
            let setup = Box::new(SetupOptions::default());
            two.worker.start(SessionEffect::Connect { target: Target::default(), code: None, setup }.within(session));
        }
        assert_eq!(two.next_sessions(2).await, [FIRST, SECOND]);
        two
    }

    /// Starts a call in both sessions.
    fn start_calls(&mut self) {
        for session in [FIRST, SECOND] {
            let topic_arn = "arn:aws:sns:eu-west-1:123456789012:t".to_owned();
            self.worker.start(
                SessionEffect::PollSubscriptions { ticket: Ticket(7), topic_arn: topic_arn.into() }.within(session),
            );
        }
    }

    /// The sessions of the next messages, in order; fewer than `most` if no more come.
    async fn next_sessions(&mut self, most: usize) -> Vec<SessionId> {
        let mut sessions = Vec::new();
        while sessions.len() < most {
            match tokio::time::timeout(Duration::from_mins(1), self.answers.recv()).await {
                Ok(Some(Msg::FromSession(session, _))) => sessions.push(session),
                Ok(other) => panic!("{other:?}"),
                Err(_) => break,
            }
        }
        sessions.sort();
        sessions
    }
}

#[test]
fn ending_a_session_aborts_its_calls_and_leaves_those_of_another_session_running() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut two = Two::connected().await;
        two.start_calls();
        assert_eq!(two.next_sessions(3).await, [FIRST, SECOND], "both calls are answered");
        two.start_calls();
        tokio::task::yield_now().await;
        two.worker.start(Effect::EndSession(FIRST));
        assert_eq!(two.next_sessions(2).await, [SECOND], "only the call of the other session is answered");
        // A session that has ended is not connected any more.
        two.start_calls();
        assert_eq!(two.next_sessions(2).await, [SECOND]);
        two.worker.stop().unwrap();
    });
}

#[test]
fn quitting_ends_the_session() {
    let (mut model, _) = Model::start(Target::default(), SetupOptions::default(), None, START.parse().unwrap());
    let session = model.account().session;
    let now = model.now;
    let effects = update(&mut model, Msg::Key(Key::plain(Code::Char('q'))), now);
    assert_eq!(effects, [Effect::EndSession(session)]);
}
