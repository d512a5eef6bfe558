"""The template deploys to moto's server, as far as moto goes, and a notification finds its way into the queue."""

import json
import unittest

import emulator
import stack
import template

# What moto 5.2's CloudFormation passes over in silence.
UNKNOWN_TO_MOTO = {
    "AWS::CloudWatch::Alarm",
    "AWS::DSQL::Cluster",
    "AWS::Events::ApiDestination",
    "AWS::Events::Connection",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}
# What these parameters leave out.
NOT_ASKED_FOR = {
    "AlarmSubscription",
    "Cluster",
    "IngestAlias",
    "IngestVersion",
    "Register",
    "RegisterLog",
    "RegisterRole",
    "RegisterURLInvokeAllowPublicAccess",
    "RegisterUrl",
    "RegisterUrlPublicPermissions",
    "WebhookConnection",
    "WebhookDestination",
    "WebhookRole",
    "WebhookRule",
}
SOURCES = ("aws.marketplacecatalog", "aws.agreement-marketplace", "aws.marketplace")


class Deploy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.url = cls.enterClassContext(emulator.running())
        cls.outputs = stack.deploy(cls.url)

    def client(self, service):
        return emulator.client(service, self.url)

    def attributes(self, output):
        names = {"AttributeNames": ["All"]}
        return self.client("sqs").get_queue_attributes(QueueUrl=self.outputs[output], **names)["Attributes"]

    def test_what_was_not_deployed_is_what_is_listed(self):
        listing = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack.NAME)
        deployed = {item["LogicalResourceId"] for page in listing for item in page["StackResourceSummaries"]}
        unknown = {name for name, item in template.resources().items() if item["Type"] in UNKNOWN_TO_MOTO}
        self.assertEqual(set(template.resources()) - deployed, unknown | NOT_ASKED_FOR)

    def test_queues_are_made_as_written(self):
        queue = self.attributes("QueueUrl")
        self.assertEqual(queue["VisibilityTimeout"], "190")
        redrive = json.loads(queue["RedrivePolicy"])
        self.assertEqual(redrive["deadLetterTargetArn"], self.attributes("DeadLetterQueueUrl")["QueueArn"])
        self.assertEqual(int(redrive["maxReceiveCount"]), 50)
        self.assertEqual(self.attributes("UndeliveredQueueUrl")["MessageRetentionPeriod"], "1209600")

    def test_the_queue_feeds_ingest(self):
        (mapping,) = self.client("lambda").list_event_source_mappings()["EventSourceMappings"]
        self.assertEqual(mapping["EventSourceArn"], self.outputs["QueueArn"])
        self.assertTrue(mapping["FunctionArn"].endswith(":resold-ingest"))
        self.assertEqual(mapping["BatchSize"], 100)

    def test_functions_are_told_where_to_publish(self):
        for function in ("resold-ingest", "resold-relay", "resold-sweep"):
            made = self.client("lambda").get_function_configuration(FunctionName=function)
            self.assertEqual(made["Environment"]["Variables"]["RESOLD_BUS"], "resold")
        buses = self.client("events").list_event_buses()["EventBuses"]
        self.assertIn("resold", [bus["Name"] for bus in buses])

    def test_every_type_of_the_three_sources_reaches_the_queue_and_nothing_else(self):
        entries = [
            {"Source": source, "DetailType": kind, "Detail": "{}"}
            for source in (*SOURCES, "aws.marketplacecatalogue", "aws.s3", "resold")
            for kind in ("Offer Released", "A Type That Is New")
        ]
        for entry in entries:
            self.assertEqual(self.client("events").put_events(Entries=[entry])["FailedEntryCount"], 0)
        arrived = set()
        while messages := self.receive():
            arrived |= {(body["source"], body["detail-type"]) for body in map(json.loads, messages)}
        expected = {(entry["Source"], entry["DetailType"]) for entry in entries if entry["Source"] in SOURCES}
        self.assertEqual(arrived, expected)

    def receive(self):
        """The bodies of some messages, deleted."""
        queue, url = self.client("sqs"), self.outputs["QueueUrl"]
        received = queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=0)
        messages = received.get("Messages", [])
        for message in messages:
            queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in messages]


class Remove(unittest.TestCase):
    def test_nothing_that_costs_is_left(self):
        with emulator.running() as url:
            stack.deploy(url)
            emulator.client("cloudformation", url).delete_stack(StackName=stack.NAME)
            self.assertNotIn("QueueUrls", emulator.client("sqs", url).list_queues())
            self.assertEqual(emulator.client("lambda", url).list_functions()["Functions"], [])
            self.assertEqual(emulator.client("sns", url).list_topics()["Topics"], [])


if __name__ == "__main__":
    unittest.main()
