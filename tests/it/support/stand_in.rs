//! Something that answers HTTP on a port of this machine as if it were AWS, and remembers what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, OnceLock};

use tokio::net::TcpSocket;

/// A port that refuses every connection. It stays bound, so that no other test can start to listen on it.
pub fn closed_port() -> u16 {
    static SOCKET: OnceLock<TcpSocket> = OnceLock::new();
    let bound = || {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        socket
    };
    SOCKET.get_or_init(bound).local_addr().unwrap().port()
}

/// The status, the type, and the body of an answer.
pub type Response = (u16, &'static str, String);

/// What a request asks.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The action of a form, or else the path.
    pub action: String,
    /// The body.
    pub form: String,
    /// The access key that the request is signed with; empty if it isn't signed.
    pub key: String,
}

impl Asked {
    /// A field of the form, as it was sent.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }
}

pub struct StandIn {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl StandIn {
    pub fn start(answer: impl Fn(&Asked) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (answer, all) = (Arc::new(answer), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, all) = (Arc::clone(&answer), Arc::clone(&all));
                std::thread::spawn(move || serve(stream, &*answer, &all));
            }
        });
        Self { port, asked }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The requests for an action so far.
    pub fn asked(&self, action: &str) -> Vec<Asked> {
        self.asked.lock().unwrap().iter().filter(|asked| asked.action == action).cloned().collect()
    }
}

fn serve(mut stream: TcpStream, answer: &dyn Fn(&Asked) -> Response, all: &Mutex<Vec<Asked>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).ok()? == 0 {
            return None;
        }
        let (mut length, mut key) = (0, String::new());
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            if let Some((_, credential)) = line.split_once("Credential=") {
                credential.split('/').next()?.clone_into(&mut key);
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let form = String::from_utf8_lossy(&body).into_owned();
        let path = first.split_whitespace().nth(1)?.split('?').next()?.to_owned();
        let action = form.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or(&path).to_owned();
        let asked = Asked { action, form, key };
        all.lock().unwrap().push(asked.clone());
        let (status, kind, body) = answer(&asked);
        let length = body.len();
        // The metadata service of an instance says how long its token is valid.
        let ttl = "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n";
        let head = format!("HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\n{ttl}content-length: {length}\r\n\r\n");
        stream.write_all(format!("{head}{body}").as_bytes()).ok()?;
    }
}

/// An error as STS writes it.
pub fn refusal(status: u16, code: &str, message: &str) -> Response {
    let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
    (status, "text/xml", format!("<ErrorResponse>{error}<RequestId>r-1</RequestId></ErrorResponse>"))
}

/// The page of a network that wants a sign-in first.
pub fn web_page() -> Response {
    (200, "text/html", "<html lang=\"en\"><body>Welcome to the hotel's network!</body></html>".to_owned())
}

/// STS knows the caller, and every other service denies everything.
pub fn signed_in(asked: &Asked) -> Response {
    let result = match asked.action.as_str() {
        "GetCallerIdentity" => {
            "<GetCallerIdentityResponse><GetCallerIdentityResult>\
             <Arn>arn:aws:sts::123456789012:assumed-role/Admin/alice</Arn><UserId>AROA1:alice</UserId>\
             <Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        }
        "AssumeRole" => {
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>\
             <SecretAccessKey>hush</SecretAccessKey><SessionToken>hush</SessionToken>\
             <Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
        }
        _ => return refusal(403, "AccessDenied", "User: a is not authorized to perform: x:Y"),
    };
    (200, "text/xml", result.to_owned())
}
