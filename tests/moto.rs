//! moto's server with `infra/template.yaml` deployed on it, as far as moto goes (`infra/tests/test_deploy.py` lists how far).

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::python::python;

/// A private server. It ends when this is dropped, and also when the test's process ends in another way.
#[derive(Debug)]
pub struct Moto {
    /// The script that started the server: it waits for the end of its standard input, then it tidies up.
    script: Child,
    /// Where it is: `http://127.0.0.1:PORT`.
    pub url: String,
    outputs: Value,
    /// The event source mapping of `ingest`: `BatchSize`, `FunctionResponseTypes`.
    pub mapping: Value,
}

impl Moto {
    /// Starts one on a free port of this machine, with the Python tools of the checks, and deploys the stack.
    pub fn start() -> Self {
        let mut script = python("infra/tests")
            .arg("serve.py")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python runs");
        let mut said = BufReader::new(script.stdout.take().expect("it is piped")).lines();
        let said = said.next().expect("moto starts").expect("the script says where");
        let mut said: Value = serde_json::from_str(&said).expect("JSON");
        let url = said["url"].as_str().expect("a URL").to_owned();
        Self { script, url, outputs: said["outputs"].take(), mapping: said["mapping"].take() }
    }

    /// An output of the stack.
    pub fn output(&self, name: &str) -> &str {
        self.outputs[name].as_str().expect("the stack has such an output")
    }

    /// Calls an operation of a service's JSON protocol.
    ///
    /// `target` is the service's prefix and the operation: `AmazonSQS.SendMessage`, `AWSEvents.PutEvents`.
    ///
    /// # Panics
    /// It answered anything but 200.
    pub async fn call(&self, target: &str, input: &Value) -> Value {
        let service = if target.starts_with("AmazonSQS") { "sqs" } else { "events" };
        let (body, address) = (input.to_string(), &self.url["http://".len()..]);
        let head = format!(
            "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nX-Amz-Target: {target}\r\n\
             Content-Type: application/x-amz-json-1.1\r\nContent-Length: {}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=none/20260101/us-east-1/{service}/aws4_request\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(address).await.expect("moto is there");
        stream.write_all(head.as_bytes()).await.expect("it reads");
        stream.write_all(body.as_bytes()).await.expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer of HTTP");
        assert!(head.starts_with("HTTP/1.1 200 "), "{target} {input}: {answer}");
        if body.is_empty() { Value::Null } else { serde_json::from_str(body).expect("JSON") }
    }
}

/// A queue of SQS.
#[derive(Debug, Clone)]
pub struct Queue {
    /// Its URL, by which requests name it.
    pub url: String,
}

/// A message that was received.
#[derive(Debug, Clone)]
pub struct Message {
    /// SQS's id of it: the same at every receipt.
    pub id: String,
    /// What was sent.
    pub body: String,
    /// How often it was received by now.
    pub receipts: u32,
    receipt: String,
}

impl Queue {
    /// A new queue.
    pub async fn create(moto: &Moto, name: &str) -> Self {
        let made = moto.call("AmazonSQS.CreateQueue", &json!({"QueueName": name})).await;
        Self { url: made["QueueUrl"].as_str().expect("a URL").to_owned() }
    }

    /// The queue that the stack has as this output.
    pub fn of(moto: &Moto, output: &str) -> Self {
        Self { url: moto.output(output).to_owned() }
    }

    /// Its attributes.
    pub async fn attributes(&self, moto: &Moto) -> Value {
        let asked = json!({"QueueUrl": self.url, "AttributeNames": ["All"]});
        moto.call("AmazonSQS.GetQueueAttributes", &asked).await["Attributes"].take()
    }

    /// Makes it a target of a rule, beside those that the rule has.
    pub async fn target(&self, moto: &Moto, bus: &str, rule: &str) {
        let arn = self.attributes(moto).await["QueueArn"].take();
        let targets = json!([{"Id": "of-the-test", "Arn": arn}]);
        let targets = json!({"Rule": rule, "EventBusName": bus, "Targets": targets});
        moto.call("AWSEvents.PutTargets", &targets).await;
    }

    /// Takes everything out that is visible: the bodies.
    pub async fn empty(&self, moto: &Moto) -> Vec<String> {
        let mut bodies = Vec::new();
        loop {
            let messages = self.receive(moto, 100, 30, 0).await;
            if messages.is_empty() {
                return bodies;
            }
            self.delete(moto, &messages).await;
            bodies.extend(messages.into_iter().map(|message| message.body));
        }
    }

    /// Changes an attribute.
    pub async fn set(&self, moto: &Moto, name: &str, value: &str) {
        let asked = json!({"QueueUrl": self.url, "Attributes": {name: value}});
        moto.call("AmazonSQS.SetQueueAttributes", &asked).await;
    }

    /// How many messages are in it, those that are being worked on too.
    pub async fn depth(&self, moto: &Moto) -> u32 {
        let attributes = self.attributes(moto).await;
        let names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
        let number = |name| attributes[name].as_str().and_then(|text| text.parse::<u32>().ok());
        names.into_iter().map(|name| number(name).expect("a number")).sum()
    }

    /// Sends a message.
    pub async fn send(&self, moto: &Moto, body: &str) {
        let asked = json!({"QueueUrl": self.url, "MessageBody": body});
        moto.call("AmazonSQS.SendMessage", &asked).await;
    }

    /// At most so many messages, which nobody else gets for so many seconds. Waits up to `wait` seconds for the first.
    pub async fn receive(&self, moto: &Moto, most: usize, hidden: u32, wait: u32) -> Vec<Message> {
        let mut messages = Vec::new();
        while messages.len() < most {
            let some = (most - messages.len()).min(10);
            let wait = if messages.is_empty() { wait } else { 0 };
            let asked = json!({
                "QueueUrl": self.url, "MaxNumberOfMessages": some, "VisibilityTimeout": hidden,
                "WaitTimeSeconds": wait, "AttributeNames": ["All"],
            });
            let mut received = moto.call("AmazonSQS.ReceiveMessage", &asked).await;
            let Value::Array(received) = received["Messages"].take() else { break };
            messages.extend(received.iter().map(Message::new));
        }
        messages
    }

    /// Deletes messages that were received.
    pub async fn delete(&self, moto: &Moto, messages: &[Message]) {
        for some in messages.chunks(10) {
            let entry = |(number, message): (usize, &Message)| json!({"Id": number.to_string(), "ReceiptHandle": message.receipt});
            let entries: Vec<Value> = some.iter().enumerate().map(entry).collect();
            let asked = json!({"QueueUrl": self.url, "Entries": entries});
            let answer = moto.call("AmazonSQS.DeleteMessageBatch", &asked).await;
            let failed = answer["Failed"].as_array().is_some_and(|failed| !failed.is_empty());
            assert!(!failed, "{answer}");
        }
    }
}

impl Message {
    fn new(received: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let count = text(&received["Attributes"]["ApproximateReceiveCount"]);
        Self {
            id: text(&received["MessageId"]),
            body: text(&received["Body"]),
            receipts: count.parse().expect("a number"),
            receipt: text(&received["ReceiptHandle"]),
        }
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}
