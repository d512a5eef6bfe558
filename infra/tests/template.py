"""infra/template.yaml as CloudFormation gets it: translated from SAM here, without a network."""

import copy
import functools
import json
from pathlib import Path

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

INFRA = Path(__file__).resolve().parent.parent
SOURCE = INFRA / "template.yaml"
FUNCTIONS = ("Ingest", "Relay", "Sweep")
NOTHING = {"Ref": "AWS::NoValue"}


def source():
    """The template as it is written, its short forms (`!Ref X`) made long."""
    return yaml_parse(SOURCE.read_text())


@functools.cache
def _translated():
    packaged = copy.deepcopy(source())
    # `aws cloudformation package` puts each folder into a bucket, and its place into the template.
    for name in FUNCTIONS:
        folder = packaged["Resources"][name]["Properties"]["CodeUri"]
        packaged["Resources"][name]["Properties"]["CodeUri"] = f"s3://code/{Path(folder).name}.zip"
    # No managed policies: every statement is written out in the template. The region says which partition ARNs are of.
    translator = Translator({}, Parser(), boto_session=boto3.session.Session(region_name="us-east-1"))
    return translator.translate(packaged, parameter_values={})


def translated():
    """What CloudFormation is given, with each `Fn::If` as it is."""
    return copy.deepcopy(_translated())


def resources(kind=None, template=None):
    """Logical ids and resources, of one type if `kind` says so."""
    found = (template or translated())["Resources"]
    return {name: item for name, item in found.items() if kind in (None, item["Type"])}


def settle(value, holds):
    """`value` with each `Fn::If` decided, and what is `AWS::NoValue` left out. `holds` are the conditions that hold."""
    if isinstance(value, dict):
        if set(value) == {"Fn::If"}:
            condition, yes, no = value["Fn::If"]
            return settle(yes if condition in holds else no, holds)
        settled = {key: settle(item, holds) for key, item in value.items()}
        return {key: item for key, item in settled.items() if item != NOTHING}
    if isinstance(value, list):
        settled = [settle(item, holds) for item in value]
        return [item for item in settled if item != NOTHING]
    return value


def place(value):
    """An ARN or a name in one line: `Queue.Arn`, `Cluster.ResourceArn`, or the text of an `Fn::Sub`."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    match function:
        case "Fn::GetAtt":
            return ".".join(argument) if isinstance(argument, list) else argument
        case "Ref" | "Fn::Sub":
            return argument
        case _:
            raise ValueError(f"no place: {json.dumps(value)}")


def write(folder, template):
    """A file with the template, for programs that read one."""
    path = Path(folder) / "translated.json"
    path.write_text(json.dumps(template, indent=1))
    return path
