"""A Lambda function that does nothing, and the least of a runtime client that can serve it: one connection, no SDK."""

import http.client
import json
import os

PATH = "/2018-06-01/runtime/invocation/"


def handler(event):
    return None


api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    api.request("GET", PATH + "next")
    invocation = api.getresponse()
    event = json.loads(invocation.read())
    answer = json.dumps(handler(event))
    api.request("POST", PATH + invocation.headers["Lambda-Runtime-Aws-Request-Id"] + "/response", answer)
    api.getresponse().read()
