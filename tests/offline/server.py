"""`resold offline-aws` as a process, and AWS's own clients, led to it by the variables that it prints."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
from botocore.config import Config

import service_model

HERE = Path(__file__).parent
# The program to try.
RESOLD = os.environ["RESOLD"]
# Its time stands still here, so that the days of the example are ahead.
NOW = "2026-12-02T10:00:00Z"
CODE = "4q8examplecode0000000000x"
ARN = "arn:aws:license-manager::888899990000:license:l-0f3c0example00000000000000000ab"


def worked():
    """A change set with everything that an authorization can have."""
    return json.loads((HERE / "../../crates/aws/tests/offline/worked.json").read_text())


def clean():
    """An environment that leads no client anywhere, and has nobody's credentials."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "RESOLD_"))}


@contextlib.contextmanager
def running(folder, *arguments):
    """The environment of a client of a server; it is ended afterwards, whatever happens."""
    command = [RESOLD, "offline-aws", "--events", "events.jsonl", "--requests", "requests.jsonl", *arguments, "--format", "json"]
    server = subprocess.Popen(command, cwd=folder, env=clean(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        said = b""
        # One document, whose last line is a brace.
        while not said.endswith(b"\n}\n"):
            line = server.stdout.readline()
            if not line:
                raise RuntimeError(f"the server did not start: {server.wait()}")
            said += line
        found = json.loads(said)
        variables = {it["name"]: it["value"] for it in found["environment"]}
        yield clean() | variables | {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    finally:
        server.terminate()
        server.wait(timeout=30)
        server.stdout.close()


class Client:
    """A client of boto3 that does not validate, and whose answers are held against the service's model."""

    def __init__(self, service, environment, retries=1):
        self.service = service
        config = Config(
            parameter_validation=False, retries={"total_max_attempts": retries, "mode": "standard"}, read_timeout=30
        )
        endpoint = {
            "marketplace-catalog": "AWS_ENDPOINT_URL_MARKETPLACE_CATALOG",
            "marketplace-entitlement": "AWS_ENDPOINT_URL_MARKETPLACE_ENTITLEMENT_SERVICE",
            "meteringmarketplace": "AWS_ENDPOINT_URL_MARKETPLACE_METERING",
        }[service]
        session = boto3.Session(
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            region_name=environment["AWS_REGION"],
        )
        self.client = session.client(service, endpoint_url=environment[endpoint], config=config)

    def call(self, operation, **arguments):
        """The answer, after it was held against the model."""
        method = self.client.meta.method_to_api_mapping
        (name,) = [name for name, api in method.items() if api == operation]
        answer = getattr(self.client, name)(**arguments)
        answer.pop("ResponseMetadata")
        faults = service_model.faults(self.service, operation, _plain(answer), "output")
        assert not faults, faults
        return answer


def _plain(value):
    """As it was on the wire: boto3 reads times."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.timestamp() if hasattr(value, "timestamp") else value


def aws(environment, *arguments):
    """What AWS's command line prints, as JSON; or its error."""
    command = [str(Path(sys.executable).parent / "aws"), *arguments, "--output", "json"]
    # Without a pager, and without a second try.
    settings = environment | {"AWS_PAGER": "", "AWS_MAX_ATTEMPTS": "1"}
    done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=120)
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr


def resold(folder, *arguments):
    """What resold prints, as JSON."""
    command = [RESOLD, "--effective", NOW, *arguments, "--format", "json"]
    done = subprocess.run(command, cwd=folder, env=clean(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
