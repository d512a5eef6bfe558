"""infra/template.yaml as CloudFormation gets it: translated from SAM here, without a network."""

import copy
import functools
import json
import re
from pathlib import Path

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

INFRA = Path(__file__).resolve().parent.parent
SOURCE = INFRA / "template.yaml"
FUNCTIONS = ("Ingest", "Relay", "Sweep")
# Only with a sign-up page: it reaches no ledger, and is in no VPC.
REGISTER = "Register"
NOTHING = {"Ref": "AWS::NoValue"}


@functools.cache
def _source():
    return yaml_parse(SOURCE.read_text())


def source():
    """The template as it is written, its short forms (`!Ref X`) made long."""
    return copy.deepcopy(_source())


@functools.cache
def _translated():
    packaged = source()
    # `aws cloudformation package` puts each folder into a bucket, and its place into the template.
    for name in (*FUNCTIONS, REGISTER):
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


def parameters(given):
    """The value of each parameter, as given or by default, and of what CloudFormation itself tells."""
    values = {"AWS::Region": given.get("AWS::Region", "us-east-1")}
    for name, parameter in source()["Parameters"].items():
        value = str(given[name] if name in given else parameter["Default"])
        values[name] = value.split(",") if parameter["Type"] == "CommaDelimitedList" else value
    return values


def decide(expression, values):
    """What a condition, or the assertion of a rule, comes to with these parameters."""
    if not isinstance(expression, dict):
        return expression
    ((function, argument),) = expression.items()
    match function:
        case "Ref":
            return values[argument]
        case "Fn::Equals":
            left, right = (decide(item, values) for item in argument)
            return left == right
        case "Fn::Not":
            (item,) = argument
            return not decide(item, values)
        case "Fn::Join":
            separator, items = argument
            return separator.join(decide(items, values))
        case _:
            raise ValueError(f"no condition: {json.dumps(expression)}")


def refusals(given):
    """What CloudFormation says to these parameters before it makes anything: the texts of rules, the names of parameters."""
    values = parameters(given)
    for name, parameter in source()["Parameters"].items():
        of = values[name] if isinstance(values[name], list) else [values[name]]
        allowed, pattern = parameter.get("AllowedValues"), parameter.get("AllowedPattern", "")
        if any((allowed and value not in map(str, allowed)) or not re.search(pattern, value) for value in of):
            yield name
    for rule in translated()["Rules"].values():
        if decide(rule.get("RuleCondition", True), values):
            yield from (item["AssertDescription"] for item in rule["Assertions"] if not decide(item["Assert"], values))


def made(given):
    """The resources that there are with these parameters, each as it is then."""
    values = parameters(given)
    holds = {name for name, condition in translated()["Conditions"].items() if decide(condition, values)}
    there = {name: item for name, item in resources().items() if item.get("Condition") in (None, *holds)}
    return settle(there, holds)


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
