//! Just enough of HTTP and AWS's wire protocols to identify the call of a request and to build a service's errors.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// A received request.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// Path and query.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// A response to send.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// The wire protocol of a service, which determines the form of its errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Json,
    Query,
    Cbor,
    S3,
}

/// A call: the service's signing name (`monitoring` is CloudWatch), and the operation's API name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub service: String,
    pub operation: String,
    pub protocol: Protocol,
}

impl Call {
    /// Whether the call changes anything.
    pub fn writes(&self) -> bool {
        !["Get", "Head", "Describe", "List", "Test", "Filter"].iter().any(|p| self.operation.starts_with(p))
    }
}

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
}

impl Request {
    /// The next request on a connection; `None` if the client has closed it.
    pub fn read(reader: &mut BufReader<TcpStream>) -> io::Result<Option<Self>> {
        let Some((first_line, headers)) = head(reader)? else { return Ok(None) };
        let mut words = first_line.split(' ').map(str::to_owned);
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if header(&headers, "expect").is_some_and(|e| e.eq_ignore_ascii_case("100-continue")) {
            reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let body = body(reader, &headers, false)?;
        Ok(Some(Self { method, target, headers, body }))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The same request with another value for a header.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        for (n, v) in &mut other.headers {
            if n.eq_ignore_ascii_case(name) {
                value.clone_into(v);
            }
        }
        other
    }

    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    pub fn call(&self) -> Call {
        let call = |service: &str, operation: &str, protocol| Call {
            service: service.to_owned(),
            operation: operation.to_owned(),
            protocol,
        };
        // Credential=KEY/DATE/REGION/SERVICE/aws4_request
        let signed_for = self
            .header("authorization")
            .and_then(|a| a.split_once("Credential="))
            .and_then(|(_, scope)| scope.split('/').nth(3))
            .unwrap_or_default();
        if let Some(target) = self.header("x-amz-target") {
            return call(signed_for, target.rsplit('.').next().unwrap_or(target), Protocol::Json);
        }
        if let Some((_, operation)) = self.target.split_once("/operation/") {
            return call(signed_for, operation, Protocol::Cbor);
        }
        let body = String::from_utf8_lossy(&self.body);
        if let Some(action) = body.split('&').find_map(|pair| pair.strip_prefix("Action=")) {
            return call(signed_for, action, Protocol::Query);
        }
        call(signed_for, self.s3_operation(), Protocol::S3)
    }

    fn s3_operation(&self) -> &'static str {
        let query = self.target.split_once('?').map(|(_, q)| q).unwrap_or_default();
        let about = query.split('&').map(|pair| pair.split('=').next().unwrap_or(pair)).find(|name| *name != "x-id");
        match (self.method.as_str(), about.unwrap_or_default()) {
            ("HEAD", _) => "HeadBucket",
            ("PUT", "") => "CreateBucket",
            ("PUT", "policy") => "PutBucketPolicy",
            ("GET", "policy") => "GetBucketPolicy",
            ("PUT", "publicAccessBlock") => "PutPublicAccessBlock",
            ("GET", "publicAccessBlock") => "GetPublicAccessBlock",
            ("PUT", "versioning") => "PutBucketVersioning",
            ("GET", "versioning") => "GetBucketVersioning",
            ("PUT", "ownershipControls") => "PutBucketOwnershipControls",
            ("GET", "ownershipControls") => "GetBucketOwnershipControls",
            ("PUT", "tagging") => "PutBucketTagging",
            ("GET", "tagging") => "GetBucketTagging",
            ("GET", "location") => "GetBucketLocation",
            ("GET", "versions") => "ListObjectVersions",
            ("POST", "delete") => "DeleteObjects",
            ("DELETE", "policy") => "DeleteBucketPolicy",
            ("DELETE", "") => "DeleteBucket",
            ("GET", _) => "GetSomething",
            _ => "PutSomething",
        }
    }

    /// Sends it to a local port on a new connection.
    pub fn forward(&self, port: u16) -> io::Result<Response> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        let mut message = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            let is_connection_header = ["connection", "expect", "transfer-encoding", "content-length"]
                .iter()
                .any(|n| name.eq_ignore_ascii_case(n));
            if !is_connection_header {
                message.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        message.push_str(&format!("Connection: close\r\nContent-Length: {}\r\n\r\n", self.body.len()));
        stream.write_all(message.as_bytes())?;
        stream.write_all(&self.body)?;
        let mut reader = BufReader::new(stream);
        let Some((first_line, headers)) = head(&mut reader)? else { return Err(io::ErrorKind::UnexpectedEof.into()) };
        let status = first_line.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(502);
        let has_no_body = self.method == "HEAD" || matches!(status, 204 | 304);
        let body = if has_no_body { Vec::new() } else { body(&mut reader, &headers, true)? };
        Ok(Response { status, headers, body })
    }
}

impl Response {
    /// Writes it without closing the connection.
    pub fn write(&self, to: &mut impl Write, is_head: bool) -> io::Result<()> {
        let mut message = format!("HTTP/1.1 {} Answer\r\n", self.status);
        for (name, value) in &self.headers {
            let is_connection_header =
                ["connection", "transfer-encoding", "content-length"].iter().any(|n| name.eq_ignore_ascii_case(n));
            if !is_connection_header {
                message.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        if !matches!(self.status, 204 | 304) {
            message.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        message.push_str("\r\n");
        let mut bytes = message.into_bytes();
        if !is_head {
            bytes.extend_from_slice(&self.body);
        }
        to.write_all(&bytes)?;
        to.flush()
    }

    pub fn succeeded(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

type Head = (String, Vec<(String, String)>);

fn head(reader: &mut BufReader<TcpStream>) -> io::Result<Option<Head>> {
    let mut first_line = String::new();
    if reader.read_line(&mut first_line)? == 0 {
        return Ok(None);
    }
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
            None => return Ok(Some((first_line.trim_end().to_owned(), headers))),
        }
    }
}

fn body(reader: &mut BufReader<TcpStream>, headers: &[(String, String)], until_close: bool) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if header(headers, "transfer-encoding").is_some_and(|t| t.contains("chunked")) {
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let size = usize::from_str_radix(line.trim().split(';').next().unwrap_or_default(), 16);
            let size = size.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk)?;
            if size == 0 {
                return Ok(body);
            }
            body.extend_from_slice(&chunk[..size]);
        }
    }
    if let Some(length) = header(headers, "content-length").and_then(|l| l.parse().ok()) {
        body.resize(length, 0);
        reader.read_exact(&mut body)?;
    } else if until_close {
        reader.read_to_end(&mut body)?;
    }
    Ok(body)
}

/// An error response in the form that the service of the call uses.
pub fn error_response(call: &Call, status: u16, code: &str, message: &str) -> Response {
    let (content_type, body) = match call.protocol {
        Protocol::Json => {
            let body = serde_json::json!({ "__type": code, "message": message });
            ("application/x-amz-json-1.1", body.to_string().into_bytes())
        }
        Protocol::Cbor => ("application/cbor", cbor(&[("__type", code), ("message", message)])),
        Protocol::Query => {
            let body = format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{}</Message></Error>\
                 <RequestId>00000000-proxy</RequestId></ErrorResponse>",
                escape(message)
            );
            ("text/xml", body.into_bytes())
        }
        // A response to HEAD has no body for the reason.
        Protocol::S3 if call.operation == "HeadBucket" => ("application/xml", Vec::new()),
        Protocol::S3 => {
            let body = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{}</Message>\
                 <RequestId>PROXY</RequestId></Error>",
                escape(message)
            );
            ("application/xml", body.into_bytes())
        }
    };
    let mut headers = vec![
        ("Content-Type".to_owned(), content_type.to_owned()),
        ("x-amzn-RequestId".to_owned(), "00000000-proxy".to_owned()),
    ];
    if call.protocol == Protocol::Cbor {
        headers.push(("smithy-protocol".to_owned(), "rpc-v2-cbor".to_owned()));
    }
    Response { status, headers, body }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A CBOR map of text strings (RFC 8949, major types 5 and 3).
fn cbor(pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = vec![0xa0 | u8::try_from(pairs.len()).expect("few pairs")];
    for text in pairs.iter().flat_map(|(k, v)| [k, v]) {
        bytes.push(0x79);
        bytes.extend(u16::try_from(text.len()).expect("short texts").to_be_bytes());
        bytes.extend(text.as_bytes());
    }
    bytes
}
