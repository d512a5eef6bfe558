"""Alarms reach somebody, and look at metrics that there are."""

import json
import re
import unittest

import template
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

# What the functions write as CloudWatch's embedded metrics: which functions, and the dimensions besides `function`.
OURS = {
    "Received": {"ingest"},
    "Applied": {"ingest"},
    "Duplicates": {"ingest"},
    "Parked": {"ingest"},
    "Quarantined": {"ingest"},
    "Unknown": {"ingest"},
    "Failed": {"ingest"},
    "BatchLatency": {"ingest"},
    "ColdStart": {"ingest", "relay", "sweep", "register"},
    "Published": {"ingest", "relay", "sweep"},
    "PublishFailed": {"ingest", "relay", "sweep"},
    "SetAside": {"ingest", "relay", "sweep"},
    "OldestUnpublishedAge": {"relay"},
    "OpenFindings": {"sweep"},
    "Registered": {"register"},
    "RegistrationsRefused": {"register"},
    "RegistrationsFailed": {"register"},
}
SEVERITIES = {"info", "warning", "critical"}
# AWS's own, and the dimension that names what they are of.
AWS = {
    "AWS/Events": ("RuleName", {"InvocationsFailedToBeSentToDlq"}),
    "AWS/SQS": ("QueueName", {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"}),
    "AWS/Lambda": ("FunctionName", {"Errors", "Invocations", "Throttles"}),
}
# What must not go unseen.
WATCHED = {
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "DeadLetterQueue.QueueName"),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "UndeliveredQueue.QueueName"),
    ("AWS/Events", "InvocationsFailedToBeSentToDlq", "NotificationRule"),
    ("AWS/SQS", "ApproximateAgeOfOldestMessage", "Queue.QueueName"),
    ("AWS/Lambda", "Errors", "Ingest"),
    ("AWS/Lambda", "Errors", "Relay"),
    ("AWS/Lambda", "Errors", "Sweep"),
    ("AWS/Lambda", "Errors", "Register"),
    ("AWS/Lambda", "Invocations", "Relay"),
    ("AWS/Lambda", "Invocations", "Sweep"),
    ("resold", "OldestUnpublishedAge", "relay"),
    ("resold", "Quarantined", "ingest"),
    ("resold", "RegistrationsFailed", "register"),
    ("resold", "OpenFindings", "sweep critical"),
}

# When: seconds of a period, what is made of the values in it, values of the last periods that are no alarm yet, values that are
# one, and whether it is one when there are none at all.
WHEN = {
    "dead-letters": (60, "Maximum", [9, 0], [0, 1], False),
    "undelivered": (60, "Maximum", [9, 0], [0, 1], False),
    "lost-events": (60, "Sum", [9, 0], [0, 1], False),
    "oldest-message": (60, "Maximum", [999, 899, 999], [900, 900, 900], False),
    "ingest-errors": (60, "Sum", [9, 9, 0, 0, 0], [1, 0, 1, 0, 1], False),
    "relay-errors": (60, "Sum", [9, 9, 0, 0, 0], [1, 0, 1, 0, 1], False),
    "sweep-errors": (300, "Sum", [9, 0, 0], [1, 0, 1], False),
    "register-errors": (60, "Sum", [9, 0], [0, 1], False),
    "registrations-failed": (60, "Sum", [9, 0], [0, 1], False),
    "relay-stopped": (300, "Sum", [0, 0, 1], [0, 0, 0], True),
    "sweep-stopped": (3600, "Sum", [0, 1], [1, 0], True),
    "unpublished": (60, "Maximum", [999, 599, 999], [600, 600, 600], False),
    "quarantined": (60, "Sum", [9, 0], [0, 1], False),
    "critical-findings": (300, "Maximum", [9, 0], [0, 1], False),
}
# What scripts and people find the stack's parts by.
OUTPUTS = {
    "Region": "AWS::Region",
    "QueueUrl": "Queue",
    "QueueArn": "Queue.Arn",
    "DeadLetterQueueUrl": "DeadLetterQueue",
    "UndeliveredQueueUrl": "UndeliveredQueue",
    "NotificationRuleArn": "NotificationRule.Arn",
    "ArchiveArn": "Archive.Arn",
    "BusName": "BusName",
    "BusArn": "Bus.Arn",
    "AlarmTopicArn": "AlarmTopic",
    "ChatTopicArn": "ChatTopic",
    "ClusterEndpoint": "Cluster.Endpoint",
    "ClusterId": "Cluster",
    "IngestRoleArn": "IngestRole.Arn",
    "RelayRoleArn": "RelayRole.Arn",
    "SweepRoleArn": "SweepRole.Arn",
    "RegistrationUrl": "RegisterUrl.FunctionUrl",
    "IngestFunction": "Ingest",
    "RelayFunction": "Relay",
    "SweepFunction": "Sweep",
}


def goes_off(alarm, values):
    """Whether these values of the last periods are an alarm; `None` is a period without one."""
    periods = alarm["EvaluationPeriods"]
    silence = {"breaching": True, "notBreaching": False}[alarm["TreatMissingData"]]
    compare = {
        "GreaterThanOrEqualToThreshold": lambda value: value >= alarm["Threshold"],
        "LessThanThreshold": lambda value: value < alarm["Threshold"],
    }[alarm["ComparisonOperator"]]
    breaching = sum(silence if value is None else compare(value) for value in values[-periods:])
    return breaching >= alarm.get("DatapointsToAlarm", periods)


def suffix(alarm):
    return alarm["AlarmName"]["Fn::Sub"].removeprefix("${AWS::StackName}-")


def alarms():
    return {name: item["Properties"] for name, item in template.resources("AWS::CloudWatch::Alarm").items()}


def of_alarm(alarm):
    """Namespace, metric and dimensions."""
    dimensions = {item["Name"]: template.place(item["Value"]) for item in alarm["Dimensions"]}
    return alarm["Namespace"], alarm["MetricName"], dimensions


def of_dashboard():
    """Namespace, metric and dimensions of each line that the dashboard draws."""
    body = json.loads(template.resources()["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])
    for widget in body["widgets"]:
        for namespace, metric, *rest in widget["properties"]["metrics"]:
            words = [re.sub(r"^\$\{(.*)\}$", r"\1", word) for word in rest if isinstance(word, str)]
            yield namespace, metric, dict(zip(words[::2], words[1::2], strict=True))


class Watch(unittest.TestCase):
    def holds(self, namespace, metric, dimensions):
        """That there is such a metric, written by the function that the dimension names."""
        if namespace in AWS:
            dimension, metrics = AWS[namespace]
            self.assertIn(metric, metrics)
            self.assertEqual(set(dimensions), {dimension})
            self.assertIn(dimensions[dimension].split(".")[0], template.resources())
            return
        self.assertEqual(namespace, "resold")
        self.assertIn(metric, OURS)
        self.assertIn(dimensions["function"], OURS[metric])
        besides = {"severity"} if metric == "OpenFindings" else set()
        self.assertEqual(set(dimensions), {"function"} | besides)
        self.assertLessEqual({dimensions[name] for name in besides}, SEVERITIES)

    def test_alarms_look_at_metrics_that_there_are(self):
        for name, alarm in alarms().items():
            with self.subTest(name):
                self.holds(*of_alarm(alarm))

    def test_the_dashboard_draws_metrics_that_there_are(self):
        lines = list(of_dashboard())
        self.assertGreater(len(lines), 20)
        for line in lines:
            with self.subTest(line):
                self.holds(*line)

    def test_every_metric_of_ours_is_drawn(self):
        drawn = {metric for namespace, metric, _ in of_dashboard() if namespace == "resold"}
        self.assertEqual(set(OURS) - drawn, set())

    def test_what_must_not_go_unseen_has_an_alarm(self):
        watched = {(space, metric, " ".join(places.values())) for space, metric, places in map(of_alarm, alarms().values())}
        self.assertEqual(watched, WATCHED)

    def test_alarms_go_off_when_they_should_and_no_sooner(self):
        self.assertEqual({suffix(alarm) for alarm in alarms().values()}, set(WHEN))
        for alarm in alarms().values():
            seconds, statistic, quiet, loud, silent = WHEN[suffix(alarm)]
            with self.subTest(suffix(alarm)):
                self.assertEqual((alarm["Period"], alarm["Statistic"]), (seconds, statistic))
                self.assertFalse(goes_off(alarm, quiet))
                self.assertTrue(goes_off(alarm, loud))
                self.assertEqual(goes_off(alarm, [None] * len(loud)), silent)
                self.assertLessEqual(alarm["EvaluationPeriods"], len(loud))

    def test_every_alarm_reaches_the_topic_and_so_does_its_end(self):
        for name, alarm in alarms().items():
            self.assertEqual(alarm["AlarmActions"], [{"Ref": "AlarmTopic"}], name)
            self.assertEqual(alarm["OKActions"], [{"Ref": "AlarmTopic"}], name)
            self.assertNotEqual(alarm.get("ActionsEnabled"), False, name)
        subscription = template.resources()["AlarmSubscription"]["Properties"]
        somebody = {"TopicArn": {"Ref": "AlarmTopic"}, "Protocol": "email", "Endpoint": {"Ref": "AlarmEmail"}}
        self.assertEqual(subscription, somebody)

    def test_the_readme_says_what_to_do_about_each_alarm(self):
        readme = (template.INFRA / "README.md").read_text()
        for name, alarm in alarms().items():
            self.assertIn(f"| `{suffix(alarm)}` |", readme, name)

    def test_the_readme_counts_what_costs(self):
        readme = (template.INFRA / "README.md").read_text()
        each = {"OpenFindings": len(SEVERITIES)}
        relay, sweep, ingest = (
            sum(each.get(metric, 1) for metric, functions in OURS.items() if function in functions)
            for function in ("relay", "sweep", "ingest")
        )
        of_registration = [name for name, item in template.resources("AWS::CloudWatch::Alarm").items() if "Condition" in item]
        always = len(alarms()) - len(of_registration)
        register = sum("register" in functions for functions in OURS.values())
        registration = f"{len(of_registration)} alarms x 0.10, {register} metrics x 0.30, a secret 0.40"
        self.assertIn(f"| alarms | {always} x 0.10 |", readme)
        self.assertIn(f"| registration (`SignUpUrl`) | {registration} |", readme)
        self.assertIn(f"| metrics | relay {relay} and sweep {sweep}: {relay + sweep} x 0.30 |", readme)
        self.assertIn(f"{relay + sweep + ingest} metrics, whatever the number, are {ingest * 0.3:.2f} more than idle", readme)

    def test_the_dashboard_bears_the_stacks_name(self):
        self.assertEqual(template.resources()["Dashboard"]["Properties"]["DashboardName"], {"Ref": "AWS::StackName"})


class Found(unittest.TestCase):
    """What is made is found again: by its tag, and by the stack's outputs."""

    def test_what_can_bear_a_tag_has_ours(self):
        """Schedules, which SAM makes and tags with nothing, get the stack's tags, as everything does (scripts/deploy)."""
        tagged, schedules = set(), {"RelayEveryMinute", "SweepEveryFiveMinutes"}
        for name, item in template.resources().items():
            schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", item["Type"]).schema
            if "Tags" in schema["properties"] and name not in schedules:
                tagged.add(item["Type"])
                self.assertIn({"Key": "application", "Value": "resold"}, item["Properties"].get("Tags", []), name)
        self.assertGreater(len(tagged), 10)

    def test_outputs_are_those_that_are_looked_for(self):
        outputs = template.translated()["Outputs"]
        self.assertEqual({name: template.place(item["Value"]) for name, item in outputs.items()}, OUTPUTS)
        for name, item in outputs.items():
            of = template.resources().get(template.place(item["Value"]).split(".")[0], {})
            self.assertEqual(item.get("Condition"), of.get("Condition"), name)

    def test_scripts_and_the_readme_look_for_outputs_that_there_are(self):
        smoke, readme = ((template.INFRA.parent / path).read_text() for path in ("scripts/smoke", "infra/README.md"))
        named = set(re.findall(r"""outputs\["(\w+)"\]""", smoke)) | set(re.findall(r'"(\w+Url)"', smoke))
        named |= set(re.findall(r"\boutputs?\s+`?([A-Z]\w+)", readme))
        self.assertGreater(len(named), 5)
        self.assertEqual(named - set(OUTPUTS), set())


if __name__ == "__main__":
    unittest.main()
