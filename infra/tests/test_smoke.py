"""`scripts/smoke` against moto's server, where a thread stands in for the functions."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import unittest

import emulator
import stack
import template

SMOKE = template.INFRA.parent / "scripts" / "smoke"


def finding(kind):
    """What the ledger publishes of a notification of a type that it does not know, as the functions write it."""
    data = {"id": "unknown-type:notificationtype/ab", "kind": "unknown-type", "severity": "info"}
    detail = {"schema": 1, "event_id": "91571626-c09c-8b9a-88b1-e6b6cc8e96ae", "stream": "notificationtype/ab", "version": 2}
    return detail | {"data": data | {"evidence": {"detail-type": kind, "source": "aws.marketplacecatalog"}}}


class Functions(threading.Thread):
    """Takes notifications from the queue, and publishes a finding of each: and of another type before it."""

    def __init__(self, url, queue):
        super().__init__()
        self.sqs, self.events = emulator.client("sqs", url), emulator.client("events", url)
        self.queue, self.done = queue, threading.Event()

    def run(self):
        while not self.done.is_set():
            for message in self.sqs.receive_message(QueueUrl=self.queue, WaitTimeSeconds=0).get("Messages", []):
                kind = json.loads(message["Body"])["detail-type"]
                self.publish(finding("Another Type"))
                self.publish(finding(kind))
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
            self.done.wait(0.05)

    def publish(self, detail):
        entry = {"Source": "resold", "DetailType": "Finding Raised", "EventBusName": "resold", "Detail": json.dumps(detail)}
        self.events.put_events(Entries=[entry])


class Smoke(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.url = cls.enterClassContext(emulator.running())
        cls.outputs = stack.deploy(cls.url)

    def smoke(self, *words):
        """Exit code, standard output, standard error; and nothing is left of it."""
        # moto notices within a moment what AWS takes seconds for.
        command = [sys.executable, "-B", str(SMOKE), "--settle", "0", *words]
        settings = os.environ | emulator.KEYS | {"AWS_ENDPOINT_URL": self.url}
        ran = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=120, check=False)
        queues = emulator.client("sqs", self.url).list_queues(QueueNamePrefix="resold-smoke")
        self.assertNotIn("QueueUrls", queues)
        rules = emulator.client("events", self.url).list_rules(EventBusName="resold", NamePrefix="resold-smoke")["Rules"]
        self.assertEqual(rules, [])
        return ran.returncode, ran.stdout, ran.stderr

    def test_the_event_of_its_own_notification_ends_it(self):
        functions = Functions(self.url, self.outputs["QueueUrl"])
        functions.start()
        with contextlib.ExitStack() as end:
            end.callback(functions.join)
            end.callback(functions.done.set)
            code, data, talk = self.smoke("--seconds", "60")
        self.assertEqual(code, 0, talk)
        self.assertIn("Finding Raised, 91571626-c09c-8b9a-88b1-e6b6cc8e96ae", data)
        self.assertIn("resold findings acknowledge 'unknown-type:notificationtype/ab'", talk)

    def test_an_event_that_does_not_come_says_where_to_look(self):
        code, data, talk = self.smoke("--seconds", "1")
        self.addCleanup(emulator.client("sqs", self.url).purge_queue, QueueUrl=self.outputs["QueueUrl"])
        self.assertEqual((code, data), (1, ""), talk)
        self.assertIn("the queue holds 1 messages", talk)
        self.assertIn("the dead-letter queue holds 0 messages", talk)

    def test_a_stack_that_is_not_there_is_said(self):
        code, data, talk = self.smoke("--stack", "another", "--seconds", "1")
        self.assertEqual((code, data), (2, ""))
        self.assertIn("could not try the stack another", talk)
        self.assertNotIn("Traceback", talk)


if __name__ == "__main__":
    unittest.main()
