"""The stack on moto's server, for tests in other languages: says where it is, and ends it when standard input ends.

One line of JSON: `url`, the stack's `outputs`, and `mapping`, which says how the queue feeds ingest. What moto does not deploy is
listed by test_deploy.py.
"""

import json
import sys

import emulator
import stack

MAPPED = ("BatchSize", "FunctionResponseTypes")

with emulator.running() as url:
    outputs = stack.deploy(url)
    functions = emulator.client("lambda", url)
    (mapping,) = functions.list_event_source_mappings()["EventSourceMappings"]
    # moto runs no function, but takes each message for it, and counts that as a receipt: whoever reads this polls instead.
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    print(json.dumps({"url": url, "outputs": outputs, "mapping": {name: mapping[name] for name in MAPPED}}), flush=True)
    sys.stdin.read()
