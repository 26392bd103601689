//! Every kind of credentials with every failure: tests/data/sign-in.toml has what is said, what to do, and the exit status, or
//! why it can't happen. `ROOTBELL_WRITE=1` writes what the program says now.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use regex_lite::Regex;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};
use serde::Deserialize;

use super::{KEYS, LOGIN, MFA, ROLE, ROLE_OF_SSO, SSO, TEMPORARY, TOKEN, WEB_IDENTITY, readable};
use crate::support::program::{Ended, Program};
use crate::support::stand_in::{Asked, Response, StandIn, closed_port, refusal, signed_in, web_page};

const PATH: &str = "tests/data/sign-in.toml";

const HEAD: &str = "# What is said if signing in fails: a table for each kind of credentials, with a row for each failure. `never` says why it\n\
                    # can't happen. Ports are written as PORT. tests/it/sign_in/grid.rs tries all of them.\n";

const KINDS: [&str; 13] = [
    "keys",
    "temporary keys",
    "environment",
    "SSO",
    "login",
    "login to renew",
    "role",
    "role by SSO",
    "role with MFA",
    "process",
    "web identity",
    "container",
    "instance",
];

const FAILURES: [&str; 19] = [
    "missing",
    "expired",
    "rejected",
    "denied",
    "code needed",
    "throttled",
    "unavailable",
    "internal error",
    "wrong clock",
    "captive portal",
    "not AWS",
    "intercepted TLS",
    "unknown host",
    "connection refused",
    "unreachable proxy",
    "proxy without password",
    "proxy refuses",
    "endpoint hangs",
    "source hangs",
];

#[derive(Debug, Default, Deserialize, PartialEq)]
struct Cell {
    why: Option<String>,
    fix: Option<String>,
    exit: Option<i32>,
    /// Why it can't happen.
    never: Option<String>,
}

type Grid = BTreeMap<String, BTreeMap<String, Cell>>;

const PROCESS: &str = "[profile process]\nregion = eu-west-1\n\
                       credential_process = echo '{\"Version\": 1, \"AccessKeyId\": \"ASIA1\", \"SecretAccessKey\": \"hush\", \
                       \"SessionToken\": \"hush\"}'\n";

const MACHINE: &str = r#"{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"ASIAMACHINE","SecretAccessKey":"hush","Token":"hush","Expiration":"2999-01-01T00:00:00Z"}"#;

/// The file of the session of `aws login`: it is named by the SHA-256 of the session's ARN.
const LOGIN_TOKEN: &str = ".aws/login/cache/b7d71d383b9557a9bad4c3346c50365819226484c6824a0fdef66637be339db0.json";

/// The key was made for this test.
fn login_token(expires: &str) -> String {
    let token = serde_json::json!({
        "accessToken": {
            "accessKeyId": "ASIALOGIN", "secretAccessKey": "hush", "sessionToken": "hush", "accountId": "123456789012",
            "expiresAt": expires,
        },
        "tokenType": "aws_sigv4", "refreshToken": "hush", "idToken": "hush",
        "clientId": "arn:aws:signin:::devtools/same-device",
        "dpopKey": "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIM01XpHJS+8RyOKpKd5d1Mi0QEUmAH/VVdd2JVjUOdBXoAoGCCqGSM49\n\
                    AwEHoUQDQgAEqdi3oc+qLMnIF7+Utv0LHE+kmMo4c6wU2+PKXxTLTPbiwBygMjmO\nVaVuO3gdLqlML06sE+onhWfpGbnWQ5dnPw==\n\
                    -----END EC PRIVATE KEY-----\n",
    });
    token.to_string()
}

/// An error as the services answer it that speak JSON.
fn json(status: u16, code: &str, message: &str) -> Response {
    (status, "application/json", serde_json::json!({ "__type": code, "message": message }).to_string())
}

/// The error of the call that renews a session of `aws login`.
fn renewal(code: &str) -> Response {
    let error = serde_json::json!({ "__type": "AccessDeniedException", "error": code, "message": "No." });
    (400, "application/json", error.to_string())
}

/// What AWS answers.
fn answer(kind: &str, failure: &str, asked: &Asked) -> Response {
    let action = asked.action.as_str();
    let is_portal = action == "/federation/credentials";
    let is_renewal = action.starts_with("/v1/token");
    let is_web = action == "AssumeRoleWithWebIdentity";
    match failure {
        "expired" if is_renewal => renewal("TOKEN_EXPIRED"),
        "expired" if is_web => refusal(400, "ExpiredTokenException", "Token expired"),
        "expired" => super::expired(action),
        "rejected" if is_portal => json(401, "UnauthorizedException", "Session token not found or invalid"),
        "rejected" if is_renewal => renewal("USER_CREDENTIALS_CHANGED"),
        "rejected" if is_web => refusal(400, "InvalidIdentityToken", "No OpenIDConnect provider found"),
        "rejected" => super::no_such_key(action),
        "denied" if kind == "SSO" => json(403, "ForbiddenException", "No access"),
        // The portal's call isn't signed, so that a wrong clock shows later.
        "denied" | "wrong clock" if is_portal => super::denied_behind_the_portal(action),
        "denied" if is_renewal => renewal("INSUFFICIENT_PERMISSIONS"),
        "denied" if is_web => refusal(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"),
        "denied" => super::denied(action),
        "throttled" if is_portal => json(429, "TooManyRequestsException", "HTTP 429 Unknown Code"),
        "throttled" if is_renewal => json(429, "TooManyRequestsError", "Slow down"),
        "throttled" => refusal(400, "Throttling", "Rate exceeded"),
        "unavailable" if is_renewal => json(500, "InternalServerException", "Unexpected"),
        "unavailable" if is_portal => json(503, "ServiceUnavailableException", "Service is unavailable"),
        "unavailable" => refusal(503, "ServiceUnavailable", "Service is unavailable"),
        "internal error" if is_portal => json(500, "InternalFailure", "We encountered an internal error"),
        "internal error" => refusal(500, "InternalFailure", "We encountered an internal error"),
        // Nor is this one.
        "wrong clock" if is_web => {
            let (status, kind, body) = signed_in(&Asked { action: "AssumeRole".into(), ..asked.clone() });
            (status, kind, body.replace("AssumeRole", "AssumeRoleWithWebIdentity"))
        }
        "wrong clock" => {
            let why =
                "Signature expired: 20261124T120000Z is now earlier than 20261124T125500Z (20261124T130000Z - 5 min.)";
            refusal(403, "SignatureDoesNotMatch", why)
        }
        "captive portal" => web_page(),
        "not AWS" => (404, "text/plain", "nothing here".to_owned()),
        _ => signed_in(asked),
    }
}

/// What the metadata service of an instance answers, and the endpoint of a container.
fn machine(failure: &str, asked: &Asked) -> Response {
    let text = match asked.action.as_str() {
        "/latest/api/token" => "token",
        "/latest/meta-data/iam/security-credentials/" | "/latest/meta-data/iam/security-credentials-extended/"
            if failure != "missing" =>
        {
            "web"
        }
        path if failure != "missing" && (path.ends_with("/web") || path == "/creds") => MACHINE,
        _ => return (404, "text/plain", "no".to_owned()),
    };
    (200, "text/plain", text.to_owned())
}

/// A port that accepts connections and never answers.
fn silent_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().collect::<Vec<_>>());
    port
}

/// A server whose certificate nobody trusts, as a proxy has that intercepts TLS.
fn intercepting_port() -> u16 {
    let pem = include_bytes!("../../data/self-signed.pem");
    let certificates = CertificateDer::pem_slice_iter(pem).map(Result::unwrap).collect();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, PrivateKeyDer::from_pem_slice(pem).unwrap());
    let config = Arc::new(config.unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            // The client ends the handshake.
            let _ = connection.complete_io(&mut stream);
        }
    });
    port
}

/// The program with these credentials, whose AWS is at this URL.
fn program(kind: &str, failure: &str, url: &str, machine_url: &str) -> Program {
    let has_expired = failure == "expired";
    let is_missing = failure == "missing";
    let (profile, config) = match kind {
        "keys" => ("keys", KEYS),
        "temporary keys" => ("temporary", TEMPORARY),
        "SSO" => ("sso", SSO),
        "login" | "login to renew" => ("login", LOGIN),
        "role" => ("role", ROLE),
        "role by SSO" => ("from-sso", ROLE_OF_SSO),
        "role with MFA" => ("assume-mfa", MFA),
        "process" => ("process", PROCESS),
        "web identity" => ("web", WEB_IDENTITY),
        _ => ("", ""),
    };
    let config = match (kind, failure) {
        ("process", "source hangs") => {
            "[profile process]\nregion = eu-west-1\ncredential_process = sleep 100\n".to_owned()
        }
        ("process", "missing") => {
            "[profile process]\nregion = eu-west-1\ncredential_process = sh -c 'echo no luck >&2; exit 1' hush\n"
                .to_owned()
        }
        (_, "missing") => config.replace("aws_access_key_id", "#").replace("aws_secret_access_key", "#"),
        _ => config.to_owned(),
    };
    let mut program = Program::new(&["status"]).env("AWS_ENDPOINT_URL", url).file(".aws/config", &config);
    if profile.is_empty() {
        program = program.env("AWS_REGION", "eu-west-1");
    } else {
        program = program.args(["--profile", profile]);
    }
    if !is_missing {
        let sso = if has_expired { TOKEN.1.replace("2999", "2020") } else { TOKEN.1.to_owned() };
        let until = if kind == "login to renew" { "2020-01-01T00:00:00Z" } else { "2999-01-01T00:00:00Z" };
        program = program.file(TOKEN.0, &sso).file(LOGIN_TOKEN, &login_token(until)).file("token", "a.b.c");
    }
    match kind {
        "environment" if has_expired => program.signed_in().env("AWS_SESSION_TOKEN", "hush"),
        "environment" if !is_missing => program.signed_in(),
        "container" => program.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{machine_url}/creds")),
        "instance" => {
            program.env("AWS_EC2_METADATA_SERVICE_ENDPOINT", machine_url).env("AWS_EC2_METADATA_DISABLED", "false")
        }
        _ => program,
    }
}

/// Lets the program fail.
fn fail(kind: &'static str, failure: &'static str) -> Ended {
    let aws = StandIn::start(move |asked| answer(kind, failure, asked));
    let machine = StandIn::start(move |asked| machine(failure, asked));
    let local = |port: u16| format!("http://127.0.0.1:{port}");
    let machine_url = if failure == "source hangs" { local(silent_port()) } else { machine.url() };
    // A name that ends in `.invalid` is only for the proxy; a part of more than 63 letters is not looked up at all.
    let (url, proxy) = match failure {
        "intercepted TLS" => (format!("https://localhost:{}", intercepting_port()), None),
        "unknown host" => (format!("http://{}.invalid", "a".repeat(64)), None),
        "connection refused" => (local(closed_port()), None),
        "unreachable proxy" => {
            ("https://aws.invalid".to_owned(), Some(local(closed_port()).replace("//", "//me:hush@")))
        }
        "proxy without password" | "proxy refuses" => {
            let status = if failure == "proxy refuses" { 403 } else { 407 };
            let proxy = StandIn::start(move |_| (status, "text/html", "<html>The proxy says no.</html>".to_owned()));
            ("https://aws.invalid".to_owned(), Some(proxy.url()))
        }
        "endpoint hangs" => (local(silent_port()), None),
        _ => (aws.url(), None),
    };
    let program = program(kind, failure, &url, &machine_url);
    match proxy {
        Some(proxy) => program.env("HTTPS_PROXY", proxy).output(),
        None => program.output(),
    }
}

/// Without what differs from run to run.
fn normalized(text: &str) -> String {
    let port = Regex::new(r"(127\.0\.0\.1|localhost):\d+").unwrap().replace_all(text, "$1:PORT").into_owned();
    let port = port.replace(&"a".repeat(64), "aaa");
    // The pauses between three attempts of ten seconds are random, and a busy machine adds to them.
    Regex::new(r"in [3-9]\d s \(3 attempts").unwrap().replace_all(&port, "in 32 s (3 attempts").into_owned()
}

/// What was printed, split after the part about the profile and the Region, or else after the first sentence.
fn cell(said: &Ended) -> Cell {
    let text = normalized(said.stderr.trim().strip_prefix("rootbell: ").unwrap_or(&said.stderr));
    let end = Regex::new(r"(profile|AWS_REGION|eu-west-1)\)\. |: [^:]*\. (Correct|Check|Sign)").unwrap();
    let at = end.find(&text).map_or(text.len(), |found| found.start() + found.as_str().find(". ").unwrap() + 1);
    let (why, fix) = text.split_at(at);
    Cell { why: Some(why.to_owned()), fix: Some(fix.trim().to_owned()), exit: said.status, never: None }
}

fn written(grid: &Grid) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut text = HEAD.to_owned();
    for kind in KINDS {
        text += &format!("\n[{}]\n", quoted(kind));
        for failure in FAILURES {
            let cell = &grid[kind][failure];
            let fields = [("never", &cell.never), ("why", &cell.why), ("fix", &cell.fix)];
            let fields =
                fields.into_iter().filter_map(|(name, text)| Some(format!("{name} = {}", quoted(text.as_ref()?))));
            let all: Vec<String> = fields.chain(cell.exit.map(|exit| format!("exit = {exit}"))).collect();
            text += &format!("{} = {{ {} }}\n", quoted(failure), all.join(", "));
        }
    }
    text
}

#[test]
fn every_failure_of_every_kind_of_credentials_has_its_sentence_its_fix_and_its_exit_status() {
    let path = format!("{}/{PATH}", env!("CARGO_MANIFEST_DIR"));
    let expected: Grid = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let mut all: Vec<(&'static str, &'static str)> =
        KINDS.iter().flat_map(|kind| FAILURES.map(|failure| (*kind, failure))).collect();
    // Those that take longest begin first.
    all.sort_by_key(|(_, failure)| !failure.ends_with("hangs"));
    let known = |kind: &str, failure: &str| expected.get(kind).and_then(|rows| rows.get(failure));
    let next = AtomicUsize::new(0);
    let mut found = Grid::new();
    std::thread::scope(|scope| {
        let worker = || {
            let mut cells = Vec::new();
            while let Some(&(kind, failure)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                let never = known(kind, failure).and_then(|cell| cell.never.clone());
                let cell = match never {
                    Some(never) => Cell { never: Some(never), ..Cell::default() },
                    None => {
                        let said = fail(kind, failure).well_behaved().with_empty_stdout();
                        readable(&said);
                        cell(&said)
                    }
                };
                cells.push((kind, failure, cell));
            }
            cells
        };
        let workers: Vec<_> = (0..32).map(|_| scope.spawn(worker)).collect();
        for (kind, failure, cell) in workers.into_iter().flat_map(|worker| worker.join().unwrap()) {
            found.entry(kind.to_owned()).or_default().insert(failure.to_owned(), cell);
        }
    });
    if std::env::var_os("ROOTBELL_WRITE").is_some() {
        std::fs::write(&path, written(&found)).unwrap();
        return;
    }
    let mut wrong = Vec::new();
    for (kind, failure) in all {
        let (cell, expected) = (&found[kind][failure], known(kind, failure));
        if Some(cell) != expected {
            wrong.push(format!("{kind}, {failure}: {cell:#?}\ninstead of {expected:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
