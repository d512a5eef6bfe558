"""What the way of a notification rests on, from AWS's bus to those who subscribed."""

import json
import unittest

import template

SOURCES = {"aws.marketplacecatalog", "aws.agreement-marketplace", "aws.marketplace"}
QUEUES = ("Queue", "DeadLetterQueue", "UndeliveredQueue")
TOPICS = ("AlarmTopic", "ChatTopic")
KEY = {"KmsKeyArn": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}
SCHEMAS = template.INFRA.parent / "events" / "schemas"


def properties(name):
    return template.resources()[name]["Properties"]


def rules_with_a_pattern():
    return {
        name: item["Properties"]
        for name, item in template.resources("AWS::Events::Rule").items()
        if "EventPattern" in item["Properties"]
    }


class Rules(unittest.TestCase):
    def test_every_notification_of_the_three_sources_is_taken(self):
        on_default = {name: rule for name, rule in rules_with_a_pattern().items() if "EventBusName" not in rule}
        self.assertEqual(set(on_default), {"NotificationRule"})
        pattern = on_default["NotificationRule"]["EventPattern"]
        self.assertEqual(set(pattern), {"source"}, "a filter beside the source loses what is new")
        self.assertEqual(set(pattern["source"]), SOURCES)
        self.assertEqual(properties("Archive")["EventPattern"], pattern, "what is taken is archived")
        self.assertIn("event-bus/default", properties("Archive")["SourceArn"]["Fn::Sub"])
        self.assertEqual(properties("Archive")["RetentionDays"], {"Ref": "ArchiveDays"})

    def test_each_rule_has_its_one_target(self):
        there = {"NotificationRule": "Queue.Arn", "WebhookRule": "WebhookDestination.Arn", "ChatRule": "ChatTopic"}
        for name, rule in rules_with_a_pattern().items():
            (target,) = rule["Targets"]
            self.assertEqual(template.place(target["Arn"]), there[name])
            self.assertTrue(target["Id"], name)
            self.assertNotEqual(rule.get("State"), "DISABLED", name)

    def test_nothing_that_could_not_be_delivered_is_dropped(self):
        for name, rule in rules_with_a_pattern().items():
            for target in rule["Targets"]:
                self.assertEqual(template.place(target["DeadLetterConfig"]["Arn"]), "UndeliveredQueue.Arn", name)
                # As long and as often as EventBridge does at all.
                retried = {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
                self.assertEqual(target["RetryPolicy"], retried, name)


class Public(unittest.TestCase):
    """The way of public events."""

    def test_functions_publish_on_the_bus_that_is_made(self):
        self.assertEqual(properties("Bus")["Name"], {"Ref": "BusName"})
        self.assertEqual(template.source()["Parameters"]["BusName"]["Default"], "resold")
        for name in template.FUNCTIONS:
            self.assertEqual(properties(name)["Environment"]["Variables"]["RESOLD_BUS"], {"Ref": "BusName"})

    def test_the_webhook_gets_its_key_from_the_secret(self):
        connection, destination = properties("WebhookConnection"), properties("WebhookDestination")
        self.assertEqual(connection["AuthorizationType"], "API_KEY")
        key = connection["AuthParameters"]["ApiKeyAuthParameters"]
        self.assertEqual(key["ApiKeyName"], {"Ref": "WebhookHeader"})
        secret = "{{resolve:secretsmanager:${WebhookSecretArn}:SecretString}}"
        self.assertEqual(key["ApiKeyValue"], {"Fn::Sub": secret})
        self.assertEqual(template.place(destination["ConnectionArn"]), "WebhookConnection.Arn")
        self.assertEqual((destination["HttpMethod"], destination["InvocationEndpoint"]), ("POST", {"Ref": "WebhookUrl"}))
        self.assertGreater(destination["InvocationRateLimitPerSecond"], 0)
        (target,) = properties("WebhookRule")["Targets"]
        self.assertEqual(template.place(target["RoleArn"]), "WebhookRole.Arn")

    def test_chat_gets_what_its_client_shows_made_of_what_events_have(self):
        (target,) = properties("ChatRule")["Targets"]
        made = target["InputTransformer"]
        for schema in SCHEMAS.glob("*.json"):
            parts = json.loads(schema.read_text())["properties"]
            known = {"$.detail-type"} | {f"$.detail.{part}" for part in parts}
            self.assertEqual(set(made["InputPathsMap"].values()) - known, set(), schema.name)
        text = made["InputTemplate"]
        for name in made["InputPathsMap"]:
            self.assertIn(f"<{name}>", text)
            text = text.replace(f"<{name}>", name)
        shown = {"version": "1.0", "source": "custom", "id": "id", "content": {"title": "name", "description": "stream, at"}}
        self.assertEqual(json.loads(text), shown)

    def test_chosen_events_only_go_where_they_were_chosen_to_go(self):
        for name, parameter in (("WebhookRule", "WebhookEvents"), ("ChatRule", "ChatEvents")):
            rule = properties(name)
            self.assertEqual(rule["EventPattern"], {"source": ["resold"], "detail-type": {"Ref": parameter}})
            self.assertEqual(template.place(rule["EventBusName"]), "Bus.Name")


class Queues(unittest.TestCase):
    def test_a_batch_is_invisible_long_enough(self):
        mapping, ingest = properties("IngestNotifications"), properties("Ingest")
        needed = 6 * ingest["Timeout"] + mapping["MaximumBatchingWindowInSeconds"]
        self.assertGreaterEqual(properties("Queue")["VisibilityTimeout"], needed)

    def test_messages_are_named_that_come_again(self):
        mapping = properties("IngestNotifications")
        self.assertEqual(mapping["FunctionResponseTypes"], ["ReportBatchItemFailures"])
        self.assertEqual(mapping["ScalingConfig"], {"MaximumConcurrency": {"Ref": "MaximumConcurrency"}})
        self.assertEqual(template.place(mapping["EventSourceArn"]), "Queue.Arn")
        self.assertIn(mapping["BatchSize"], range(10, 101), "processor::MAX_BATCH is 100")
        self.assertEqual(properties("Queue")["ReceiveMessageWaitTimeSeconds"], 20, "who takes without Lambda polls long too")

    def test_dead_letters_are_kept(self):
        redrive = properties("Queue")["RedrivePolicy"]
        self.assertEqual(template.place(redrive["deadLetterTargetArn"]), "DeadLetterQueue.Arn")
        self.assertEqual(redrive["maxReceiveCount"], {"Ref": "MaxReceiveCount"})
        for name in QUEUES:
            self.assertEqual(properties(name)["MessageRetentionPeriod"], 14 * 86400, name)

    def test_queues_and_topics_are_encrypted(self):
        self.assertEqual(set(template.resources("AWS::SQS::Queue")), set(QUEUES))
        self.assertEqual(set(template.resources("AWS::SNS::Topic")), set(TOPICS))
        plain, keyed = (template.made({"Ledger": "dsql", "ChatEvents": "Offer Received"} | key) for key in ({}, KEY))
        for name in QUEUES:
            ours, given = (there[name]["Properties"] for there in (plain, keyed))
            self.assertEqual((ours.get("SqsManagedSseEnabled"), ours.get("KmsMasterKeyId")), (True, None), name)
            self.assertEqual(given.get("SqsManagedSseEnabled"), None, "one or the other")
            self.assertEqual(given["KmsMasterKeyId"], {"Ref": "KmsKeyArn"}, name)
        for name in TOPICS:
            ours, given = (there[name]["Properties"] for there in (plain, keyed))
            self.assertEqual(template.place(ours["KmsMasterKeyId"]), "TopicKey.Arn", name)
            self.assertEqual(given["KmsMasterKeyId"], {"Ref": "KmsKeyArn"}, name)


if __name__ == "__main__":
    unittest.main()
