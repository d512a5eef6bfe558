"""AWS's own programs, boto3 and the AWS CLI, against `resold offline-aws`: neither knows anything of resold."""

import json
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

import botocore.exceptions
import server
import service_model

CATALOG = {"Catalog": "AWSMarketplace"}


class Clients(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def tearDown(self):
        """Every request that came through is one that the services' models allow."""
        lines = (self.folder / "requests.jsonl").read_text().splitlines()
        self.assertTrue(lines)
        for line in lines:
            said = json.loads(line)
            self.assertEqual(service_model.faults(said["service"], said["operation"], said["input"]), [])

    def start(self, *arguments):
        settings = ["--effective", server.NOW, "--change-set-seconds", "0"]
        return self.enterContext(server.running(self.folder, *settings, *arguments))

    def code(self, client, operation, **arguments):
        """The status and the code of a refusal."""
        with self.assertRaises(botocore.exceptions.ClientError) as refused:
            client.call(operation, **arguments)
        response = refused.exception.response
        return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]

    def test_boto3_makes_an_authorization_and_reads_it_back(self):
        client = server.Client("marketplace-catalog", self.start())
        started = client.call(
            "StartChangeSet", **CATALOG, ChangeSet=server.worked(), ChangeSetName="resold 7 1", ClientRequestToken="7-1"
        )
        said = client.call("DescribeChangeSet", **CATALOG, ChangeSetId=started["ChangeSetId"])
        self.assertEqual(said["Status"], "SUCCEEDED", said)
        identifier = said["ChangeSet"][0]["Entity"]["Identifier"]
        entity = client.call("DescribeEntity", **CATALOG, EntityId=identifier.split("@")[0])
        self.assertEqual(entity["EntityIdentifier"], identifier)
        self.assertEqual(json.loads(entity["Details"]), entity["DetailsDocument"])
        self.assertEqual(entity["DetailsDocument"]["Status"], "Active")
        requested = [{"EntityId": identifier.split("@")[0], **CATALOG}, {"EntityId": "resaleauthz-nothere", **CATALOG}]
        batch = client.call("BatchDescribeEntities", EntityRequestList=requested)
        self.assertEqual(batch["EntityDetails"][requested[0]["EntityId"]]["DetailsDocument"], entity["DetailsDocument"])
        self.assertEqual(batch["Errors"]["resaleauthz-nothere"]["ErrorCode"], "ResourceNotFoundException")
        listed = client.call("ListChangeSets", **CATALOG, FilterList=[{"Name": "ChangeSetName", "ValueList": ["resold 7 1"]}])
        self.assertEqual([row["ChangeSetId"] for row in listed["ChangeSetSummaryList"]], [started["ChangeSetId"]])

    def test_boto3_reads_lists_to_their_end(self):
        client = server.Client("marketplace-catalog", self.start())
        for number in range(5):
            changes = server.worked()
            changes[0]["DetailsDocument"]["Name"] = f"Deal {number}"
            client.call("StartChangeSet", **CATALOG, ChangeSet=changes)
        pages = client.client.get_paginator("list_entities").paginate(
            **CATALOG,
            EntityType="ResaleAuthorization",
            EntityTypeSort={"ResaleAuthorizationSort": {"SortBy": "Name", "SortOrder": "ASCENDING"}},
            EntityTypeFilters={"ResaleAuthorizationFilters": {"Name": {"WildCardValue": "Deal"}}},
            PaginationConfig={"PageSize": 2},
        )
        pages = [[row["Name"] for row in page["EntitySummaryList"]] for page in pages]
        self.assertEqual(pages, [["Deal 0", "Deal 1"], ["Deal 2", "Deal 3"], ["Deal 4"]])
        client.call("ListEntities", **CATALOG, EntityType="ResaleAuthorization")

    def test_boto3_is_told_what_is_wrong(self):
        faults = ["StartChangeSet=402", "StartChangeSet=423", "StartChangeSet=429", "StartChangeSet=500"]
        client = server.Client("marketplace-catalog", self.start(*(word for fault in faults for word in ("--fault", fault))))
        expected = [
            (402, "ServiceQuotaExceededException"),
            (423, "ResourceInUseException"),
            (429, "ThrottlingException"),
            (500, "InternalServiceException"),
        ]
        for refusal in expected:
            self.assertEqual(self.code(client, "StartChangeSet", **CATALOG, ChangeSet=server.worked()), refusal)
        changes = server.worked()
        changes[0]["DetailsDocument"]["Name"] = "\\"
        self.assertEqual(self.code(client, "StartChangeSet", **CATALOG, ChangeSet=changes), (422, "ValidationException"))
        missing = self.code(client, "DescribeEntity", **CATALOG, EntityId="resaleauthz-nothere")
        self.assertEqual(missing, (404, "ResourceNotFoundException"))
        foreign = self.code(client, "DescribeEntity", **CATALOG, EntityId="prod-k3x9examplesaas")
        self.assertEqual(foreign, (415, "ResourceNotSupportedException"))

    def test_boto3_asks_again_when_the_connection_is_cut_and_makes_one_authorization(self):
        environment = self.start("--fault", "StartChangeSet=cut", "--fault", "StartChangeSet=500")
        once = server.Client("marketplace-catalog", environment)
        with self.assertRaises(botocore.exceptions.HTTPClientError):
            once.call("StartChangeSet", **CATALOG, ChangeSet=server.worked(), ClientRequestToken="same")
        client = server.Client("marketplace-catalog", environment, retries=3)
        client.call("StartChangeSet", **CATALOG, ChangeSet=server.worked(), ClientRequestToken="same")
        listed = client.call("ListEntities", **CATALOG, EntityType="ResaleAuthorization")
        self.assertEqual(len(listed["EntitySummaryList"]), 1)

    def test_boto3_reads_quantities_registers_and_meters(self):
        environment = self.start()
        entitlements = server.Client("marketplace-entitlement", environment)
        said = entitlements.call("GetEntitlements", ProductCode=server.CODE, Filter={"LICENSE_ARN": [server.ARN]}, MaxResults=25)
        (row,) = said["Entitlements"]
        self.assertEqual((row["Value"], row["ExpirationDate"].isoformat()), ({"IntegerValue": 250}, "2027-12-31T23:59:59+00:00"))
        refused = self.code(entitlements, "GetEntitlements", ProductCode="nothing")
        self.assertEqual(refused, (400, "InvalidParameterException"))
        metering = server.Client("meteringmarketplace", environment)
        buyer = metering.call("ResolveCustomer", RegistrationToken="example-registration-token")
        expected = {"ProductCode": server.CODE, "CustomerAWSAccountId": "555566667777", "LicenseArn": server.ARN}
        self.assertEqual(buyer, expected)
        again = self.code(metering, "ResolveCustomer", RegistrationToken="example-registration-token")
        self.assertEqual(again, (400, "ExpiredTokenException"))
        record = {"Timestamp": "2026-12-02T09:30:00Z", "Dimension": "gb_stored", "Quantity": 3}
        record |= {"CustomerAWSAccountId": buyer["CustomerAWSAccountId"], "LicenseArn": buyer["LicenseArn"]}
        for quantity, status in [(3, "Success"), (3, "Success"), (4, "DuplicateRecord")]:
            said = metering.call("BatchMeterUsage", UsageRecords=[record | {"Quantity": quantity}])
            self.assertEqual([result["Status"] for result in said["Results"]], [status])

    def test_the_entitlement_api_speaks_json_too(self):
        environment = self.start()
        url = environment["AWS_ENDPOINT_URL_MARKETPLACE_ENTITLEMENT_SERVICE"]
        headers = {
            "X-Amz-Target": "AWSMPEntitlementService.GetEntitlements",
            "Content-Type": "application/x-amz-json-1.1",
        }
        request = urllib.request.Request(url, json.dumps({"ProductCode": server.CODE}).encode(), headers)
        with urllib.request.urlopen(request) as answer:
            said = json.load(answer)
        self.assertEqual(service_model.faults("marketplace-entitlement", "GetEntitlements", said, "output"), [])
        self.assertEqual([row["Dimension"] for row in said["Entitlements"]], ["seats"])

    def test_the_aws_cli_makes_what_resold_imports(self):
        environment = self.start()
        changes = self.folder / "changes.json"
        changes.write_text(json.dumps(server.worked()))

        def catalog(operation, *arguments):
            return server.aws(environment, "marketplace-catalog", operation, "--catalog", "AWSMarketplace", *arguments)

        started = catalog("start-change-set", "--change-set", f"file://{changes}", "--change-set-name", "by hand")
        said = catalog("describe-change-set", "--change-set-id", started["ChangeSetId"])
        self.assertEqual(said["Status"], "SUCCEEDED")
        listed = catalog("list-entities", "--entity-type", "ResaleAuthorization")
        (row,) = listed["EntitySummaryList"]
        entity = catalog("describe-entity", "--entity-id", row["EntityId"])
        (self.folder / "entity.json").write_text(json.dumps(entity))
        refused = catalog("cancel-change-set", "--change-set-id", started["ChangeSetId"])
        self.assertIn("(ResourceInUseException)", refused)
        server.resold(self.folder, "init")
        server.resold(self.folder, "opportunity", "import", "entity.json")
        shown = server.resold(self.folder, "opportunity", "show", row["EntityId"])
        self.assertIn(row["EntityId"], json.dumps(shown))
        replayed = server.resold(self.folder, "replay", "events.jsonl")
        self.assertEqual(replayed["applied"], 1, replayed)

    def test_the_aws_cli_reads_quantities_and_registers(self):
        environment = self.start()
        filters = json.dumps({"LICENSE_ARN": [server.ARN]})
        arguments = ["--product-code", server.CODE, "--filter", filters]
        said = server.aws(environment, "marketplace-entitlement", "get-entitlements", *arguments)
        self.assertEqual([row["Value"]["IntegerValue"] for row in said["Entitlements"]], [250])
        token = ["--registration-token", "nothing"]
        refused = server.aws(environment, "meteringmarketplace", "resolve-customer", *token)
        self.assertIn("(InvalidTokenException)", refused)

    def test_a_change_set_takes_its_time_and_tells_of_its_end(self):
        environment = self.enterContext(server.running(self.folder, "--change-set-seconds", "1"))
        client = server.Client("marketplace-catalog", environment)
        started = client.call("StartChangeSet", **CATALOG, ChangeSet=server.worked()[:1])
        # Its end is told though nobody asks.
        events = self.folder / "events.jsonl"
        until = time.monotonic() + 60
        while not events.read_text().endswith("\n"):
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)
        self.assertIn("Change Set Succeeded", events.read_text())
        after = client.call("DescribeChangeSet", **CATALOG, ChangeSetId=started["ChangeSetId"])
        self.assertEqual(after["Status"], "SUCCEEDED")


class Models(unittest.TestCase):
    """What the check of requests finds."""

    def test_what_is_wrong_is_found(self):
        change = {"ChangeType": "CreateResaleAuthorization", "Entity": {"Type": "ResaleAuthorization@1.0"}}
        cases = [
            ({"Catalog": "AWSMarketplace", "ChangeSet": [change]}, None),
            ({"ChangeSet": [change]}, "StartChangeSet: Catalog is missing"),
            ({"Catalog": "AWSMarketplace", "ChangeSet": []}, "0 elements, not 1 to 20"),
            ({"Catalog": "AWSMarketplace", "ChangeSet": [change] * 21}, "21 elements, not 1 to 20"),
            ({"Catalog": "AWSMarketplace", "ChangeSet": change}, "is no list"),
            ({"Catalog": "AWSMarketplace", "ChangeSet": [change | {"Name": "x"}]}, "there is no Name"),
            ({"Catalog": "AWSMarketplace", "ChangeSet": [{"ChangeType": "x"}]}, "Entity is missing"),
            ({"Catalog": "AWSMarketplace", "ChangeSet": [change], "Intent": "TRY"}, "is none of"),
            ({"Catalog": "AWSMarketplace", "ChangeSet": [change], "ChangeSetName": "x" * 101}, "101 characters, not 1 to 100"),
            ({"Catalog": 7, "ChangeSet": [change]}, "7 is no string"),
        ]
        for value, expected in cases:
            found = "; ".join(service_model.faults("marketplace-catalog", "StartChangeSet", value))
            self.assertTrue(expected in found if expected else not found, f"{value}: {found}")
        self.assertTrue(service_model.faults("marketplace-catalog", "StartChanges", {}))
        both = {"ResaleAuthorizationFilters": {}, "OfferFilters": {}}
        value = {"Catalog": "AWSMarketplace", "EntityType": "Offer", "EntityTypeFilters": both}
        self.assertIn("one member of a union", "".join(service_model.faults("marketplace-catalog", "ListEntities", value)))


if __name__ == "__main__":
    unittest.main()
