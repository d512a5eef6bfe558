"""Alarms reach somebody, and look at metrics that there are."""

import json
import re
import unittest

import template

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
    "ColdStart": {"ingest", "relay", "sweep"},
    "Published": {"ingest", "relay", "sweep"},
    "PublishFailed": {"ingest", "relay", "sweep"},
    "SetAside": {"ingest", "relay", "sweep"},
    "OldestUnpublishedAge": {"relay"},
    "OpenFindings": {"sweep"},
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
    ("AWS/Lambda", "Invocations", "Relay"),
    ("AWS/Lambda", "Invocations", "Sweep"),
    ("resold", "OldestUnpublishedAge", "relay"),
    ("resold", "Quarantined", "ingest"),
    ("resold", "OpenFindings", "sweep critical"),
}


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

    def test_every_alarm_reaches_the_topic(self):
        for name, alarm in alarms().items():
            self.assertEqual(alarm["AlarmActions"], [{"Ref": "AlarmTopic"}], name)
            self.assertNotEqual(alarm.get("ActionsEnabled"), False, name)
        (statement,) = template.resources()["AlarmTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
        self.assertEqual(statement["Principal"], {"Service": "cloudwatch.amazonaws.com"})

    def test_the_readme_says_what_to_do_about_each_alarm(self):
        readme = (template.INFRA / "README.md").read_text()
        for name, alarm in alarms().items():
            suffix = alarm["AlarmName"]["Fn::Sub"].removeprefix("${AWS::StackName}-")
            self.assertIn(f"| `{suffix}` |", readme, name)

    def test_what_can_bear_a_tag_has_ours(self):
        kinds = {item["Type"] for item in template.resources().values() if "Tags" in item["Properties"]}
        for name, item in template.resources().items():
            made_by_sam = name.startswith(template.FUNCTIONS) and item["Type"] == "AWS::Events::Rule"
            if item["Type"] in kinds and not made_by_sam:
                self.assertIn({"Key": "application", "Value": "resold"}, item["Properties"].get("Tags", []), name)


if __name__ == "__main__":
    unittest.main()
