"""The template as a stack on moto's server, as far as moto goes."""

import io
import json
import zipfile

import emulator
import template

NAME = "resold"
SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:ledger-AbCdEf"
PARAMETERS = {"Ledger": "postgres", "LedgerSecretArn": SECRET, "ChatEvents": "Offer Received,Finding Raised"}


def for_moto():
    """The translated template, changed where moto 5.2 stumbles over what AWS takes."""
    changed = template.translated()
    archive = changed["Resources"]["Archive"]["Properties"]
    # moto wants text where CloudFormation documents an object, and a tag's key under the name that KMS itself has for it.
    archive["EventPattern"] = json.dumps(archive["EventPattern"])
    del changed["Resources"]["TopicKey"]["Properties"]["Tags"]
    return changed


def deploy(url):
    """Makes the stack; its outputs."""
    bucket = emulator.client("s3", url)
    bucket.create_bucket(Bucket="code")
    for name in template.FUNCTIONS:
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.writestr("bootstrap", "")
        bucket.put_object(Bucket="code", Key=f"{name.lower()}.zip", Body=package.getvalue())
    formation = emulator.client("cloudformation", url)
    formation.create_stack(
        StackName=NAME,
        TemplateBody=json.dumps(for_moto()),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in PARAMETERS.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    (described,) = formation.describe_stacks(StackName=NAME)["Stacks"]
    assert described["StackStatus"] == "CREATE_COMPLETE", described
    route_to_queues_only(url)
    return {item["OutputKey"]: item["OutputValue"] for item in described["Outputs"]}


def route_to_queues_only(url):
    """Takes other targets away: moto fails an event that a function or a topic is to get, and gives schedules every event."""
    events = emulator.client("events", url)
    for bus in ("default", "resold"):
        for rule in events.list_rules(EventBusName=bus)["Rules"]:
            named = {"Rule": rule["Name"], "EventBusName": bus}
            targets = events.list_targets_by_rule(**named)["Targets"]
            others = [target["Id"] for target in targets if target["Arn"].split(":")[2] != "sqs"]
            if others:
                events.remove_targets(**named, Ids=others)
