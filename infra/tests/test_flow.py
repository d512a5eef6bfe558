"""What the way of a notification rests on, in what SAM made of the template: cfn-lint sees no misspelt property of its events."""

import itertools
import unittest

import template

SOURCES = {"aws.marketplacecatalog", "aws.agreement-marketplace", "aws.marketplace"}
QUEUES = ("Queue", "DeadLetterQueue", "UndeliveredQueue")
TOPICS = ("AlarmTopic", "ChatTopic")
LOGS = {"IngestLog", "RelayLog", "SweepLog"}


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

    def test_nothing_that_could_not_be_delivered_is_dropped(self):
        for name, rule in rules_with_a_pattern().items():
            for target in rule["Targets"]:
                self.assertEqual(template.place(target["DeadLetterConfig"]["Arn"]), "UndeliveredQueue.Arn", name)
                self.assertEqual(target["RetryPolicy"]["MaximumEventAgeInSeconds"], 86400, name)

    def test_only_rules_may_send(self):
        every = {"HasWebhook", "HasChat"}
        self.assertEqual(self.senders("QueuePolicy", every), ["NotificationRule.Arn"])
        self.assertEqual(self.senders("DeadLetterQueuePolicy", every), [])
        undelivered = [("NotificationRule.Arn", None), ("WebhookRule.Arn", "HasWebhook"), ("ChatRule.Arn", "HasChat")]
        for holds in (set(), {"HasWebhook"}, {"HasChat"}, every):
            expected = [rule for rule, condition in undelivered if condition is None or condition in holds]
            self.assertEqual(self.senders("UndeliveredQueuePolicy", holds), expected)

    def senders(self, policy, holds):
        """Who may send by a queue's policy; everything else that the policy says must refuse."""
        settled = template.settle(properties(policy), holds)
        allowed = []
        for statement in settled["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Deny":
                self.assertEqual(statement["Condition"], {"Bool": {"aws:SecureTransport": False}})
                continue
            self.assertEqual(statement["Principal"], {"Service": "events.amazonaws.com"})
            self.assertEqual(statement["Action"], "sqs:SendMessage")
            arns = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
            allowed += [template.place(arn) for arn in (arns if isinstance(arns, list) else [arns])]
        return allowed

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

    def test_dead_letters_are_kept(self):
        redrive = properties("Queue")["RedrivePolicy"]
        self.assertEqual(template.place(redrive["deadLetterTargetArn"]), "DeadLetterQueue.Arn")
        self.assertEqual(redrive["maxReceiveCount"], {"Ref": "MaxReceiveCount"})
        for name in QUEUES:
            self.assertEqual(properties(name)["MessageRetentionPeriod"], 14 * 86400, name)

    def test_queues_and_topics_are_encrypted(self):
        self.assertEqual(set(template.resources("AWS::SQS::Queue")), set(QUEUES))
        self.assertEqual(set(template.resources("AWS::SNS::Topic")), set(TOPICS))
        for name in QUEUES:
            ours, given = (template.settle(properties(name), holds) for holds in (set(), {"KeyGiven"}))
            self.assertEqual((ours.get("SqsManagedSseEnabled"), ours.get("KmsMasterKeyId")), (True, None), name)
            self.assertEqual(given.get("SqsManagedSseEnabled"), None, "one or the other")
            self.assertEqual(given["KmsMasterKeyId"], {"Ref": "KmsKeyArn"}, name)
        for name in TOPICS:
            ours, given = (template.settle(properties(name), holds) for holds in (set(), {"KeyGiven"}))
            self.assertEqual(template.place(ours["KmsMasterKeyId"]), "TopicKey.Arn", name)
            self.assertEqual(given["KmsMasterKeyId"], {"Ref": "KmsKeyArn"}, name)

    def test_the_topics_key_does_not_ask_eventbridge_for_what_it_does_not_say(self):
        for holds, services in ((set(), ["cloudwatch"]), ({"HasChat"}, ["cloudwatch", "events"])):
            policy = template.settle(properties("TopicKey"), holds)["KeyPolicy"]
            named = {item["Principal"].get("Service"): item for item in policy["Statement"][1:]}
            self.assertEqual(list(named), [f"{service}.amazonaws.com" for service in services])
            self.assertIn("Condition", named["cloudwatch.amazonaws.com"])
            self.assertNotIn("Condition", named.get("events.amazonaws.com", {}))


class Functions(unittest.TestCase):
    def test_they_are_what_was_packaged(self):
        for name in template.FUNCTIONS:
            function = properties(name)
            self.assertEqual(function["Runtime"], "provided.al2023", name)
            self.assertEqual(function["Architectures"], [{"Ref": "Architecture"}], name)
            folder = template.source()["Resources"][name]["Properties"]["CodeUri"]
            self.assertEqual(folder, f"../target/lambda/{name.lower()}")
        self.assertEqual(template.source()["Parameters"]["Architecture"]["Default"], "arm64")

    def test_settings_are_those_that_the_code_reads(self):
        for name in template.FUNCTIONS:
            variables = set(properties(name)["Environment"]["Variables"])
            accounts = {"RESOLD_ACCOUNTS"} if name == "Ingest" else set()
            self.assertEqual(variables, {"RESOLD_LEDGER", "RESOLD_BUS"} | accounts, name)
            # AWS_LAMBDA_LOG_LEVEL is Lambda's own: it sets it from this.
            self.assertEqual(properties(name)["LoggingConfig"]["ApplicationLogLevel"], {"Ref": "LogLevel"}, name)
            self.assertEqual(properties(name)["LoggingConfig"]["LogFormat"], "JSON", name)

    def test_the_ledgers_url_is_in_no_parameter(self):
        for name, parameter in template.source()["Parameters"].items():
            self.assertNotIn("NoEcho", parameter, f"{name}: a secret has no way through the command line")
        on_postgres = template.settle(properties("Ingest"), set())["Environment"]["Variables"]["RESOLD_LEDGER"]
        self.assertTrue(template.place(on_postgres).startswith("{{resolve:secretsmanager:${LedgerSecretArn}:"))
        on_dsql = template.settle(properties("Ingest"), {"OnDsql"})["Environment"]["Variables"]["RESOLD_LEDGER"]
        self.assertEqual(template.place(on_dsql), "dsql://${LedgerRole}@${Cluster.Endpoint}/postgres")

    def test_relay_and_sweep_are_started(self):
        for name, schedule in (("RelayEveryMinute", "rate(1 minute)"), ("SweepEveryFiveMinutes", "rate(5 minutes)")):
            rule = properties(name)
            self.assertEqual(rule["ScheduleExpression"], schedule)
            self.assertNotEqual(rule.get("State"), "DISABLED")
            (target,) = rule["Targets"]
            function = template.place(target["Arn"]).removesuffix(".Arn")
            self.assertTrue(name.startswith(function))
            self.assertEqual(properties(f"{name}Permission")["FunctionName"], {"Ref": function})
        seconds = {"Relay": 60, "Sweep": 300}
        for name, between in seconds.items():
            self.assertLess(properties(name)["Timeout"], between, "one run ends before the next begins")

    def test_logs_end_some_day(self):
        self.assertEqual(set(template.resources("AWS::Logs::LogGroup")), LOGS)
        for name in LOGS:
            self.assertEqual(properties(name)["RetentionInDays"], {"Ref": "LogDays"})
        for name in template.FUNCTIONS:
            self.assertEqual(properties(name)["LoggingConfig"]["LogGroup"], {"Ref": f"{name}Log"})

    def test_each_condition_settles(self):
        conditions = template.translated()["Conditions"]
        for holds in itertools.chain([set(), set(conditions)], ({one} for one in conditions)):
            self.assertNotIn("Fn::If", str(template.settle(template.resources(), holds)))


class Ledger(unittest.TestCase):
    def test_the_ledger_outlives_the_stack(self):
        cluster = template.resources()["Cluster"]
        self.assertIs(cluster["Properties"]["DeletionProtectionEnabled"], True)
        self.assertEqual((cluster["DeletionPolicy"], cluster["UpdateReplacePolicy"]), ("Retain", "Retain"))

    def test_another_region_is_refused(self):
        assertions = template.translated()["Rules"]["InUsEast1"]["Assertions"]
        self.assertEqual([item["Assert"] for item in assertions], [{"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}])
        self.assertNotIn("RuleCondition", template.translated()["Rules"]["InUsEast1"])


if __name__ == "__main__":
    unittest.main()
