"""The change sets that `resold opportunity create --dry-run` prints, against the model that AWS's own tools are made from.

They are golden files of the command line's tests. Patterns are held against the model here, which AWS's tools leave to the service.
"""

import copy
import json
import re
import unittest
from pathlib import Path

import boto3
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator

GOLDEN = Path(__file__).resolve().parents[2] / "crates/cli/tests/golden/change-sets"
# The model's own patterns refuse what AWS's pages show: `ResaleAuthorization@1.0`, `$RA.Entity.Identifier`, names of two letters.
NARROWER_THAN_THE_PAGES = {"EntityType", "Identifier", "ChangeName"}


def model():
    # Only the model is used: no call is made.
    client = boto3.client("marketplace-catalog", "us-east-1", aws_access_key_id="none", aws_secret_access_key="none")
    return client.meta.service_model


def request(changes):
    return {"Catalog": "AWSMarketplace", "ChangeSet": changes, "ChangeSetName": "resold request-1 1", "Intent": "APPLY"}


def patterns(shape, value, path=""):
    """Every text that does not match the pattern of its shape, with its path."""
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        for name, member in value.items():
            yield from patterns(shape.members[name], member, f"{path}.{name}")
    elif shape.type_name == "list":
        for position, item in enumerate(value):
            yield from patterns(shape.member, item, f"{path}[{position}]")
    elif shape.type_name == "string" and shape.name not in NARROWER_THAN_THE_PAGES:
        pattern = shape.metadata.get("pattern")
        if pattern and not re.fullmatch(pattern, value):
            yield f"{path}: {value!r} does not match {pattern}"


class ChangeSets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.operation = model().operation_model("StartChangeSet")
        cls.sets = {path.stem: json.loads(path.read_text()) for path in sorted(GOLDEN.glob("*.json"))}

    def faults(self, changes):
        asked = request(changes)
        report = ParamValidator().validate(asked, self.operation.input_shape)
        if report.has_errors():
            return [report.generate_report()]
        return list(patterns(self.operation.input_shape, asked))

    def test_every_change_set_is_what_the_model_takes(self):
        self.assertGreater(len(self.sets), 5)
        for name, changes in self.sets.items():
            with self.subTest(name):
                self.assertEqual(self.faults(changes), [])
                self.assertLessEqual(len(changes), 20)
                pairs = [(change["ChangeType"], change["Entity"].get("Identifier")) for change in changes]
                self.assertEqual(len(pairs), len(set(pairs)), "each change type once an entity")

    def test_what_is_sent_is_what_was_printed(self):
        serializer = create_serializer("rest-json")
        for name, changes in self.sets.items():
            with self.subTest(name):
                sent = serializer.serialize_to_request(request(changes), self.operation)
                self.assertEqual((sent["method"], sent["url_path"]), ("POST", "/StartChangeSet"))
                self.assertEqual(json.loads(sent["body"])["ChangeSet"], changes)

    def test_a_change_set_that_the_model_does_not_take_is_found(self):
        (first, *_) = self.sets["whole"]

        def without(change, key):
            return {name: value for name, value in change.items() if name != key}

        cases = {
            "a misspelt key": first | {"DetailDocument": {}},
            "no change type": without(first, "ChangeType"),
            "no entity": without(first, "Entity"),
            "no type of the entity": first | {"Entity": {}},
            "a change type in lower case": first | {"ChangeType": "createResaleAuthorization"},
            "details that are no text": first | {"Details": {}},
        }
        for name, change in cases.items():
            with self.subTest(name):
                self.assertNotEqual(self.faults([copy.deepcopy(change)]), [])
        self.assertNotEqual(self.faults([]), [])


if __name__ == "__main__":
    unittest.main()
