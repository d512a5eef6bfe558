"""Holds requests and answers against the models of AWS's services that come with botocore: names, required members, types, enums, lengths.

Written here on purpose: botocore's own validator is a part of the client that is tried. As a program it reads JSON lines with `service`,
`operation` and `input`, as `resold offline-aws --requests` writes them, and prints what is wrong.

Patterns are left out: some of the models match nothing that AWS itself sends (a ChangeName of one letter).
"""

import functools
import json
import sys

from botocore.loaders import Loader

NUMBERS = {"integer": int, "long": int, "float": (int, float), "double": (int, float), "timestamp": (int, float)}


@functools.cache
def model(service):
    return Loader().load_service_model(service, "service-2")


def faults(service, operation, value, side="input"):
    """What is wrong with the input or the output of an operation."""
    described = model(service)["operations"].get(operation)
    if described is None:
        return [f"{service} has no operation {operation}"]
    if side not in described:
        return [] if value == {} else [f"{operation} has no {side}"]
    return list(_shape(model(service)["shapes"], described[side]["shape"], value, operation))


def _shape(shapes, name, value, path):
    shape = shapes[name]
    kind = shape["type"]
    if kind == "structure":
        yield from _structure(shapes, shape, value, path)
    elif kind == "list":
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no list"
            return
        yield from _within(shape, len(value), path, "elements")
        for place, item in enumerate(value):
            yield from _shape(shapes, shape["member"]["shape"], item, f"{path}[{place}]")
    elif kind == "map":
        if not isinstance(value, dict):
            yield f"{path}: {value!r} is no map"
            return
        for key, item in value.items():
            yield from _shape(shapes, shape["key"]["shape"], key, f"{path}.{key}")
            yield from _shape(shapes, shape["value"]["shape"], item, f"{path}.{key}")
    elif kind == "string":
        yield from _string(shape, name, value, path)
    elif kind == "boolean":
        if not isinstance(value, bool):
            yield f"{path}: {value!r} is no boolean"
    elif kind in NUMBERS:
        if isinstance(value, bool) or not isinstance(value, NUMBERS[kind]):
            yield f"{path}: {value!r} is no {kind}"
        else:
            yield from _within(shape, value, path, "")
    else:
        yield f"{path}: the shape {name} of type {kind} is not known here"


def _structure(shapes, shape, value, path):
    if shape.get("document"):
        return
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no structure"
        return
    members = shape.get("members", {})
    for name in shape.get("required", []):
        if name not in value:
            yield f"{path}: {name} is missing"
    if shape.get("union") and len(value) != 1:
        yield f"{path}: one member of a union, and not {sorted(value)}"
    for name, item in value.items():
        if name not in members:
            yield f"{path}: there is no {name}"
        else:
            yield from _shape(shapes, members[name]["shape"], item, f"{path}.{name}")


def _string(shape, name, value, path):
    if not isinstance(value, str):
        yield f"{path}: {value!r} is no string"
        return
    if "enum" in shape and value not in shape["enum"]:
        yield f"{path}: {value!r} is none of {shape['enum']}"
    # The model has 20 characters; AWS writes some with milliseconds.
    if name != "DateTimeISO8601":
        yield from _within(shape, len(value), path, "characters")


def _within(shape, count, path, what):
    if not shape.get("min", count) <= count <= shape.get("max", count):
        yield f"{path}: {count} {what}, not {shape.get('min')} to {shape.get('max')}"


if __name__ == "__main__":
    count = 0
    wrong = []
    for line in sys.stdin:
        said = json.loads(line)
        wrong += faults(said["service"], said["operation"], said["input"])
        count += 1
    print("\n".join([*wrong, f"{count} requests"]))
    sys.exit(1 if wrong or not count else 0)
