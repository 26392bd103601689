//! A queue subscribed to a topic, with which a test can read what subscribers receive.

use serde_json::{Value, json};

use super::protocol::Request;

pub struct Queue {
    emulator: u16,
    region: String,
    url: String,
}

impl Queue {
    /// Creates a queue and subscribes it to the topic, bypassing the proxy.
    pub fn subscribe(emulator: u16, region: &str, topic_arn: &str) -> Self {
        let mut queue = Self { emulator, region: region.to_owned(), url: String::new() };
        let made = queue.sqs("CreateQueue", &json!({ "QueueName": "subscriber" }));
        made["QueueUrl"].as_str().unwrap().clone_into(&mut queue.url);
        let endpoint = format!("arn:aws:sqs:{region}:000000000000:subscriber");
        let form = format!("Action=Subscribe&Version=2010-03-31&TopicArn={topic_arn}&Protocol=sqs&Endpoint={endpoint}");
        queue.send("sns", ("Content-Type", "application/x-www-form-urlencoded"), form.into_bytes());
        queue
    }

    /// The messages received since the last call.
    pub fn messages(&self) -> Vec<Value> {
        let mut all = Vec::new();
        loop {
            let asked = json!({ "QueueUrl": self.url, "MaxNumberOfMessages": 10, "VisibilityTimeout": 3600 });
            let some = self.sqs("ReceiveMessage", &asked);
            let Some(some) = some["Messages"].as_array().filter(|some| !some.is_empty()) else { return all };
            let body = |message: &Value| serde_json::from_str(message["Body"].as_str().unwrap()).unwrap();
            all.extend(some.iter().map(body));
        }
    }

    fn sqs(&self, operation: &str, body: &Value) -> Value {
        self.call("sqs", &format!("AmazonSQS.{operation}"), body)
    }

    /// Makes a call to a service of the queue's Region that speaks JSON, bypassing the proxy.
    pub fn call(&self, service: &str, target: &str, body: &Value) -> Value {
        let answer = self.send(service, ("X-Amz-Target", target), body.to_string().into_bytes());
        serde_json::from_slice(&answer).unwrap()
    }

    fn send(&self, service: &str, (name, value): (&str, &str), body: Vec<u8>) -> Vec<u8> {
        let credential = format!("AWS4-HMAC-SHA256 Credential=test/20260101/{}/{service}/aws4_request", self.region);
        let mut headers = vec![
            ("Host".to_owned(), format!("127.0.0.1:{}", self.emulator)),
            ("Authorization".to_owned(), format!("{credential}, SignedHeaders=host, Signature=0")),
            (name.to_owned(), value.to_owned()),
        ];
        if name == "X-Amz-Target" {
            headers.push(("Content-Type".to_owned(), "application/x-amz-json-1.0".to_owned()));
        }
        let request = Request { method: "POST".into(), target: "/".into(), headers, body };
        let answer = request.forward(self.emulator).unwrap();
        assert!(answer.succeeded(), "{}", String::from_utf8_lossy(&answer.body));
        answer.body
    }
}
