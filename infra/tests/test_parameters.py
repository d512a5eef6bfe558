"""What parameters do: which combinations are refused and with which words, and what is made with the others."""

import unittest

import template

SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:resold-ledger-AbCdEf"
KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
POSTGRES = {"Ledger": "postgres", "LedgerSecretArn": SECRET}
DSQL = {"Ledger": "dsql"}
WEBHOOK = {"WebhookUrl": "https://provisioning.example.com/resold", "WebhookSecretArn": SECRET}
REGISTRATION = {"SignUpUrl": "https://app.example.com/sign-up?from=aws", "SigningKeysSecretArn": SECRET}
REGISTER = {"Register", "RegisterLog", "RegisterRole", "RegisterUrl", "RegisterUrlPublicPermissions"}
REGISTER |= {"RegisterURLInvokeAllowPublicAccess", "RegisterErrorsAlarm", "RegistrationsFailedAlarm"}
PROVISIONED = {"IngestProvisionedConcurrency": "2", "DeploymentId": "0a1b2c3d4e5f6071"}

# What is given beside PostgreSQL, and what is made for it.
MADE = [
    ({}, {"TopicKey"}),
    ({"KmsKeyArn": KEY}, set()),
    ({"AlarmEmail": "oncall@example.com"}, {"TopicKey", "AlarmSubscription"}),
    ({"ChatEvents": "Offer Received"}, {"TopicKey", "ChatTopic", "ChatTopicPolicy", "ChatRule"}),
    (WEBHOOK, {"TopicKey", "WebhookConnection", "WebhookDestination", "WebhookRole", "WebhookRule"}),
    (REGISTRATION, {"TopicKey"} | REGISTER),
    (PROVISIONED, {"TopicKey", "IngestVersion", "IngestAlias"}),
]

REFUSED = [
    (POSTGRES, None),
    (DSQL, None),
    ({"Ledger": "postgres"}, "With Ledger=postgres, LedgerSecretArn must name the secret that holds the URL."),
    (DSQL | {"LedgerSecretArn": SECRET}, "With Ledger=dsql there is no LedgerSecretArn. Was Ledger=postgres meant?"),
    ({"Ledger": "sqlite"}, "Ledger"),
    (POSTGRES | {"LedgerSecretArn": "postgres://resold_runtime:secret@db.example.com/resold"}, "LedgerSecretArn"),
    (POSTGRES | {"AWS::Region": "eu-central-1"}, "AWS Marketplace sends its events to us-east-1 only."),
    (POSTGRES | {"WebhookUrl": WEBHOOK["WebhookUrl"]}, "With WebhookUrl, WebhookSecretArn must name the secret"),
    (POSTGRES | WEBHOOK | {"WebhookUrl": "http://provisioning.example.com"}, "WebhookUrl"),
    (POSTGRES | WEBHOOK, None),
    (POSTGRES | {"SignUpUrl": REGISTRATION["SignUpUrl"]}, "With SignUpUrl, SigningKeysSecretArn must name the secret"),
    (POSTGRES | REGISTRATION | {"SignUpUrl": "http://app.example.com"}, "SignUpUrl"),
    (POSTGRES | REGISTRATION | {"SignUpUrl": "https://me@app.example.com"}, "SignUpUrl"),
    (POSTGRES | REGISTRATION | {"SignUpUrl": "https://app.example.com/#a"}, "SignUpUrl"),
    (POSTGRES | REGISTRATION, None),
    (POSTGRES | {"BusName": "default"}, "BusName"),
    (POSTGRES | {"Accounts": "111122223333,444455556666"}, None),
    (POSTGRES | {"Accounts": "111122223333, 444455556666"}, "Accounts"),
    (POSTGRES | {"ReservedConcurrency": "5"}, None),
    (POSTGRES | {"ReservedConcurrency": "0"}, "ReservedConcurrency"),
    (POSTGRES | PROVISIONED, None),
    (POSTGRES | {"IngestProvisionedConcurrency": "2"}, "With IngestProvisionedConcurrency, DeploymentId must change"),
    (POSTGRES | PROVISIONED | {"IngestProvisionedConcurrency": "none"}, "IngestProvisionedConcurrency"),
]


class Parameters(unittest.TestCase):
    def test_wrong_combinations_are_refused_in_words(self):
        for given, words in REFUSED:
            with self.subTest(given):
                said = list(template.refusals(given))
                self.assertEqual(len(said), 0 if words is None else 1, said)
                self.assertTrue(words is None or said[0].startswith(words), said)

    def test_nobody_gets_a_kind_of_ledger_without_asking(self):
        self.assertNotIn("Default", template.source()["Parameters"]["Ledger"])
        without = [name for name, item in template.source()["Parameters"].items() if "Default" not in item]
        self.assertEqual(without, ["Ledger"], "everything else has a default")

    def test_what_is_made_is_what_was_asked_for(self):
        always = {name for name, item in template.resources().items() if "Condition" not in item}
        for given, made in MADE:
            with self.subTest(given):
                self.assertEqual(set(template.made(POSTGRES | given)) - always, made)
        self.assertEqual(set(template.made(DSQL)) - always, {"Cluster", "TopicKey"})

    def test_a_ledger_in_a_network_of_yours_is_reached_from_there(self):
        there = template.made(POSTGRES | {"SubnetIds": "subnet-0example1", "SecurityGroupIds": "sg-0example1"})
        for name in template.FUNCTIONS:
            network = {"SubnetIds": {"Ref": "SubnetIds"}, "SecurityGroupIds": {"Ref": "SecurityGroupIds"}}
            self.assertEqual(there[name]["Properties"]["VpcConfig"], network)
            self.assertNotIn("VpcConfig", template.made(POSTGRES)[name]["Properties"])


class Concurrency(unittest.TestCase):
    """Of ingest: kept for it, and kept started."""

    def ingest(self, **given):
        return template.made(POSTGRES | given)["Ingest"]["Properties"]

    def test_none_is_reserved_unless_asked_for(self):
        self.assertNotIn("ReservedConcurrentExecutions", self.ingest())
        reserved = self.ingest(ReservedConcurrency="5")["ReservedConcurrentExecutions"]
        self.assertEqual(reserved, {"Ref": "ReservedConcurrency"})

    def test_register_has_its_own_unless_it_is_not_asked_for(self):
        def register(**given):
            return template.made(POSTGRES | REGISTRATION | given)["Register"]["Properties"]
        self.assertEqual(register()["ReservedConcurrentExecutions"], {"Ref": "RegisterConcurrency"})
        self.assertNotIn("ReservedConcurrentExecutions", register(RegisterConcurrency=""))

    def test_without_provisioned_ones_the_queue_feeds_the_function_itself(self):
        there = template.made(POSTGRES)
        self.assertEqual(there["IngestNotifications"]["Properties"]["FunctionName"], {"Ref": "Ingest"})
        kinds = {item["Type"] for item in there.values()}
        self.assertEqual(kinds & {"AWS::Lambda::Alias", "AWS::Lambda::Version"}, set())

    def test_provisioned_ones_are_what_the_queue_feeds(self):
        there = template.made(POSTGRES | PROVISIONED)
        self.assertEqual(there["IngestNotifications"]["Properties"]["FunctionName"], {"Ref": "IngestAlias"})
        alias = there["IngestAlias"]["Properties"]
        self.assertEqual(template.place(alias["FunctionVersion"]), "IngestVersion.Version")
        kept = {"ProvisionedConcurrentExecutions": {"Ref": "IngestProvisionedConcurrency"}}
        self.assertEqual(alias["ProvisionedConcurrencyConfig"], kept)
        for name in ("IngestAlias", "IngestVersion"):
            self.assertEqual(there[name]["Properties"]["FunctionName"], {"Ref": "Ingest"})

    def test_each_deployment_publishes_a_version(self):
        """A version is made anew when its description changes, and Lambda publishes one only if the function did."""
        version = template.made(POSTGRES | PROVISIONED)["IngestVersion"]["Properties"]
        self.assertEqual(version["Description"], {"Ref": "DeploymentId"})
        self.assertIn("${DeploymentId}", template.place(self.ingest(**PROVISIONED)["Description"]))
        self.assertNotIn("DeploymentId", template.place(self.ingest()["Description"]))

    def test_alarms_see_every_version(self):
        """By the function's name alone: a dimension `Resource` would narrow them to one alias or version."""
        for name in ("IngestErrorsAlarm", "RelayStoppedAlarm"):
            dimensions = template.resources()[name]["Properties"]["Dimensions"]
            self.assertEqual([item["Name"] for item in dimensions], ["FunctionName"])


if __name__ == "__main__":
    unittest.main()
