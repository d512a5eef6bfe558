"""The functions as SAM makes them, and the ledger behind them: cfn-lint sees no misspelt property of SAM's own."""

import itertools
import unittest

import template

KEY = {"KmsKeyArn": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}
REGISTRATION = {
    "Ledger": "dsql",
    "SignUpUrl": "https://app.example.com/sign-up",
    "SigningKeysSecretArn": "arn:aws:secretsmanager:us-east-1:111122223333:secret:resold-signing-keys-AbCdEf",
}
LOGS = {"IngestLog", "RelayLog", "SweepLog", "RegisterLog"}
ALL = (*template.FUNCTIONS, template.REGISTER)


def properties(name):
    return template.resources()[name]["Properties"]


class Functions(unittest.TestCase):
    def test_they_are_what_was_packaged(self):
        for name in ALL:
            function = properties(name)
            self.assertEqual(function["Runtime"], "provided.al2023", name)
            self.assertEqual(function["Handler"], "bootstrap", name)
            self.assertEqual(function["Architectures"], [{"Ref": "Architecture"}], name)
            self.assertEqual(function["MemorySize"], {"Ref": "MemorySize"}, name)
            self.assertEqual(function["Code"], {"S3Bucket": "code", "S3Key": f"{name.lower()}.zip"})
            folder = template.source()["Resources"][name]["Properties"]["CodeUri"]
            self.assertEqual(folder, f"../target/lambda/{name.lower()}")
        self.assertEqual(template.source()["Parameters"]["Architecture"]["Default"], "arm64")

    def test_settings_are_those_that_the_code_reads(self):
        for name in ALL:
            variables = set(properties(name)["Environment"]["Variables"])
            more = {"Ingest": {"RESOLD_ACCOUNTS"}, "Register": {"RESOLD_QUEUE", "RESOLD_SIGN_UP_URL", "RESOLD_SIGNING_KEYS"}, "Sweep": {"RESOLD_MARKETPLACE"}}
            self.assertEqual(variables, {"RESOLD_LEDGER", "RESOLD_BUS"} | more.get(name, set()), name)
            plain, keyed = (template.made(REGISTRATION | key)[name]["Properties"] for key in ({}, KEY))
            self.assertEqual((plain.get("KmsKeyArn"), keyed["KmsKeyArn"]), (None, {"Ref": "KmsKeyArn"}), "what encrypts them")
            # AWS_LAMBDA_LOG_LEVEL is Lambda's own: it sets it from this.
            self.assertEqual(properties(name)["LoggingConfig"]["ApplicationLogLevel"], {"Ref": "LogLevel"}, name)
            self.assertEqual(properties(name)["LoggingConfig"]["LogFormat"], "JSON", name)
            # Lambda's own lines say how long a start took.
            self.assertEqual(properties(name)["LoggingConfig"]["SystemLogLevel"], "INFO", name)
        self.assertEqual(properties("Ingest")["Environment"]["Variables"]["RESOLD_ACCOUNTS"], {"Ref": "Accounts"})
        asks = {
            name: properties(name)["Environment"]["Variables"].get("RESOLD_MARKETPLACE") for name in template.FUNCTIONS
        }
        self.assertEqual(asks, {"Ingest": None, "Relay": None, "Sweep": {"Ref": "AskMarketplace"}})

    def test_the_ledgers_url_is_in_no_parameter(self):
        for name, parameter in template.source()["Parameters"].items():
            self.assertNotIn("NoEcho", parameter, f"{name}: a secret has no way through the command line")
        on_postgres, on_dsql = (
            template.made({"Ledger": kind})["Ingest"]["Properties"]["Environment"]["Variables"]["RESOLD_LEDGER"]
            for kind in ("postgres", "dsql")
        )
        self.assertTrue(template.place(on_postgres).startswith("{{resolve:secretsmanager:${LedgerSecretArn}:"))
        self.assertEqual(template.place(on_dsql), "dsql://${LedgerRole}@${Cluster.Endpoint}/postgres")

    def test_relay_and_sweep_are_started(self):
        for function, name, schedule, seconds in (
            ("Relay", "RelayEveryMinute", "rate(1 minute)", 60),
            ("Sweep", "SweepEveryFiveMinutes", "rate(5 minutes)", 300),
        ):
            rule, permission = properties(name), properties(f"{name}Permission")
            self.assertEqual(rule["ScheduleExpression"], schedule)
            self.assertNotEqual(rule.get("State"), "DISABLED")
            (target,) = rule["Targets"]
            self.assertEqual(template.place(target["Arn"]), f"{function}.Arn")
            self.assertEqual(permission["FunctionName"], {"Ref": function})
            self.assertEqual(permission["Action"], "lambda:InvokeFunction")
            self.assertEqual(permission["Principal"], "events.amazonaws.com")
            self.assertEqual(template.place(permission["SourceArn"]), f"{name}.Arn")
            self.assertLess(properties(function)["Timeout"], seconds, "one run ends before the next begins")
            # The next one does what this one did not.
            once = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": seconds}
            self.assertEqual(target["RetryPolicy"], once, name)
            invoked = properties(f"{function}EventInvokeConfig")
            self.assertEqual({key: invoked[key] for key in once}, once, name)
            self.assertEqual((invoked["FunctionName"], invoked["Qualifier"]), ({"Ref": function}, "$LATEST"))

    def test_logs_end_some_day(self):
        self.assertEqual(set(template.resources("AWS::Logs::LogGroup")), LOGS)
        for name in LOGS:
            self.assertEqual(properties(name)["RetentionInDays"], {"Ref": "LogDays"})
        for name in ALL:
            of_function = {"Fn::Sub": f"/aws/lambda/${{AWS::StackName}}-{name.lower()}"}
            self.assertEqual(properties(f"{name}Log")["LogGroupName"], of_function)
            self.assertEqual(properties(name)["LoggingConfig"]["LogGroup"], {"Ref": f"{name}Log"})

    def test_what_anybody_may_call_reaches_no_ledger(self):
        function = template.made(REGISTRATION)["Register"]["Properties"]
        variables = function["Environment"]["Variables"]
        self.assertEqual(set(variables), {"RESOLD_QUEUE", "RESOLD_SIGN_UP_URL", "RESOLD_SIGNING_KEYS"})
        self.assertEqual((variables["RESOLD_QUEUE"], variables["RESOLD_SIGN_UP_URL"]), ({"Ref": "Queue"}, {"Ref": "SignUpUrl"}))
        keys = template.place(variables["RESOLD_SIGNING_KEYS"])
        self.assertEqual(keys, "{{resolve:secretsmanager:${SigningKeysSecretArn}:SecretString:::${SigningKeysSecretVersion}}}")
        self.assertEqual(properties("Register")["VpcConfig"], template.NOTHING, "whatever the others are in")
        self.assertEqual(function["FunctionName"], {"Fn::Sub": "${AWS::StackName}-register"})
        # It answers before that, and a browser waits no longer.
        self.assertEqual(function["Timeout"], 25)

    def test_browsers_may_call_register_by_its_url_and_nothing_else(self):
        there = {"Url": "AWS::Lambda::Url", "UrlPublicPermissions": "AWS::Lambda::Permission"}
        there["URLInvokeAllowPublicAccess"] = "AWS::Lambda::Permission"
        url, by_url, invoked = (template.made(REGISTRATION)[f"Register{name}"] for name in there)
        self.assertEqual([item["Type"] for item in (url, by_url, invoked)], list(there.values()))
        self.assertEqual(url["Properties"], {"TargetFunctionArn": {"Ref": "Register"}, "AuthType": "NONE"})
        anybody = {"FunctionName": {"Ref": "Register"}, "Principal": "*"}
        called = anybody | {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"}
        self.assertEqual(by_url["Properties"], called)
        self.assertEqual(invoked["Properties"], anybody | {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True})
        public = [
            name
            for name, item in template.resources("AWS::Lambda::Permission").items()
            if item["Properties"]["Principal"] == "*"
        ]
        self.assertEqual(public, ["RegisterUrlPublicPermissions", "RegisterURLInvokeAllowPublicAccess"])

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
