use super::*;

fn call(code: Option<&str>, outcome: CallOutcome, retry: Retry) -> RegisterError {
    let (doing, code, cause) = ("ask", code.map(str::to_owned), "no".into());
    RegisterError::Resolve(CallError { doing, outcome, retry, code, cause })
}

#[test]
fn a_buyer_is_told_what_to_do() {
    use CallOutcome::{Refused, Unknown};
    let queue = |retry| {
        let (doing, is_of_content, cause) = ("send messages", false, "no".into());
        RegisterError::Queue(QueueError { doing, retry, is_of_content, cause })
    };
    let refusal = Refusal {
        index: 0,
        retry: QueueRetry::Never,
        code: "InvalidMessageContents".to_owned(),
        message: String::new(),
    };
    #[rustfmt::skip]
    let cases = [
        ("opened by hand", RegisterError::Request(request::Refusal::Method), Page::Unread(405)),
        ("used or never given", call(Some("InvalidTokenException"), Refused, Retry::Never), Page::Over),
        ("too old", call(Some("ExpiredTokenException"), Refused, Retry::Never), Page::Over),
        ("busy", call(Some("ThrottlingException"), Refused, Retry::Soon), Page::Later),
        ("a fault of AWS's own", call(Some("InternalServiceErrorException"), Unknown, Retry::Soon), Page::Later),
        ("no answer", call(None, Unknown, Retry::Soon), Page::Later),
        ("not our product", call(Some("DisabledApiException"), Refused, Retry::Never), Page::Fault),
        ("no right to ask", call(Some("AccessDeniedException"), Refused, Retry::Never), Page::Fault),
        ("an answer that names nobody", call(None, Unknown, Retry::Never), Page::Fault),
        ("a queue that is away", queue(QueueRetry::Later), Page::Later),
        ("a queue that is not there", queue(QueueRetry::Never), Page::Later),
        ("a message that is refused", RegisterError::Refused(refusal), Page::Later),
        ("a queue that is silent", RegisterError::Silent, Page::Later),
        ("no time left", RegisterError::OutOfTime, Page::Later),
    ];
    for (name, error, expected) in cases {
        assert_eq!(error.page(), expected, "{name}");
    }
}

#[test]
fn the_account_is_that_of_the_function() {
    let cases = [
        ("arn:aws:lambda:us-east-1:111122223333:function:resold-register", Some("111122223333")),
        (
            "arn:aws:lambda:us-east-1:111122223333:function:resold-register:live",
            Some("111122223333"),
        ),
        ("arn:aws:lambda:us-east-1::function:resold-register", None),
        ("", None),
    ];
    for (arn, expected) in cases {
        assert_eq!(account(arn).as_ref().map(AccountId::as_str), expected, "{arn}");
    }
}
