"""Who may do what with the queues, the topics and their key: policies that no emulator here enforces."""

import unittest

import template

EVERYTHING = {"Ledger": "dsql", "ChatEvents": "Offer Received", "WebhookUrl": "https://example.com", "SignUpUrl": "https://example.com"}
ACCOUNT = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
CRYPT = ["kms:Decrypt", "kms:GenerateDataKey"]


def statements(name, document="PolicyDocument", given=EVERYTHING):
    """What a policy says; a statement of an older version of the language would be another one."""
    policy = template.made(given)[name]["Properties"][document]
    assert policy["Version"] == "2012-10-17", name
    return policy["Statement"]


def service(name):
    return {"Service": f"{name}.amazonaws.com"}


class Queues(unittest.TestCase):
    def allowed(self, queue, given=EVERYTHING):
        """What the policy of a queue allows; besides, it must refuse everybody without TLS, and be of this queue."""
        policy = template.made(given)[f"{queue}Policy"]["Properties"]
        self.assertEqual(policy["Queues"], [{"Ref": queue}])
        *allowed, denied = statements(f"{queue}Policy", given=given)
        without_tls = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*"}
        without_tls["Condition"] = {"Bool": {"aws:SecureTransport": False}}
        self.assertEqual(denied, without_tls | {"Resource": denied["Resource"]})
        for statement in (*allowed, denied):
            self.assertEqual(template.place(statement["Resource"]), f"{queue}.Arn")
        return allowed

    def senders(self, queue, given=EVERYTHING):
        """Who may send into a queue: rules of EventBridge, and nobody may do anything else."""
        (statement,) = self.allowed(queue, given)
        self.assertEqual((statement["Effect"], statement["Action"]), ("Allow", "sqs:SendMessage"))
        self.assertEqual(statement["Principal"], service("events"))
        arns = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
        return [template.place(arn) for arn in (arns if isinstance(arns, list) else [arns])]

    def test_notifications_come_from_the_rule_only(self):
        self.assertEqual(self.senders("Queue"), ["NotificationRule.Arn"])

    def test_dead_letters_come_from_nobody(self):
        self.assertEqual(self.allowed("DeadLetterQueue"), [])

    def test_undelivered_events_come_from_the_rules_that_there_are(self):
        plain = {"Ledger": "dsql"}
        chat, webhook = ({name: EVERYTHING[name]} for name in ("ChatEvents", "WebhookUrl"))
        for given, more in (
            ({}, []),
            (chat, ["ChatRule.Arn"]),
            (webhook, ["WebhookRule.Arn"]),
            (chat | webhook, ["WebhookRule.Arn", "ChatRule.Arn"]),
        ):
            self.assertEqual(self.senders("UndeliveredQueue", plain | given), ["NotificationRule.Arn", *more])

    def test_each_queue_has_a_policy(self):
        of = {item["Properties"]["Queues"][0]["Ref"] for item in template.resources("AWS::SQS::QueuePolicy").values()}
        self.assertEqual(of, set(template.resources("AWS::SQS::Queue")))


class Topics(unittest.TestCase):
    def publisher(self, topic):
        """Who alone may publish on a topic, and under which condition."""
        policy = template.made(EVERYTHING)[f"{topic}Policy"]["Properties"]
        self.assertEqual(policy["Topics"], [{"Ref": topic}])
        (statement,) = statements(f"{topic}Policy")
        self.assertEqual((statement["Effect"], statement["Action"]), ("Allow", "sns:Publish"))
        self.assertEqual(statement["Resource"], {"Ref": topic})
        return statement["Principal"], statement["Condition"]

    def test_alarms_of_this_account_only(self):
        self.assertEqual(self.publisher("AlarmTopic"), (service("cloudwatch"), ACCOUNT))

    def test_chosen_events_of_the_chat_rule_only(self):
        principal, condition = self.publisher("ChatTopic")
        self.assertEqual(principal, service("events"))
        self.assertEqual(template.place(condition["ArnEquals"]["aws:SourceArn"]), "ChatRule.Arn")

    def test_the_key_is_the_accounts_and_serves_what_publishes(self):
        """EventBridge's requests to KMS name no source: a condition that asks for one drops every event."""
        ours, alarms, chat = statements("TopicKey", "KeyPolicy")
        root = {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}}
        every = {"Effect": "Allow", "Resource": "*"}
        self.assertEqual(ours, every | {"Principal": root, "Action": "kms:*"})
        self.assertEqual(alarms, every | {"Principal": service("cloudwatch"), "Action": CRYPT, "Condition": ACCOUNT})
        self.assertEqual(chat, every | {"Principal": service("events"), "Action": CRYPT})
        self.assertEqual(statements("TopicKey", "KeyPolicy", {"Ledger": "dsql"}), [ours, alarms], "no chat, no EventBridge")
        self.assertIs(template.resources()["TopicKey"]["Properties"]["EnableKeyRotation"], True)


class Roles(unittest.TestCase):
    def test_only_the_service_that_needs_a_role_may_take_it(self):
        for role in template.resources("AWS::IAM::Role"):
            taken = {"Effect": "Allow", "Principal": service("lambda"), "Action": "sts:AssumeRole"}
            if role == "WebhookRole":
                taken |= {"Principal": service("events"), "Condition": ACCOUNT}
            self.assertEqual(statements(role, "AssumeRolePolicyDocument"), [taken], role)


if __name__ == "__main__":
    unittest.main()
