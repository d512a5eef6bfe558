"""moto's server: SQS, EventBridge, CloudFormation and more on a free port of this machine."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import boto3

REGION = "us-east-1"
# Nobody's. Given so that no program looks for others.
KEYS = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": REGION}


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def _answers(url):
    try:
        with urllib.request.urlopen(f"{url}/moto-api/", timeout=1):
            return True
    except (urllib.error.URLError, OSError):
        return False


@contextlib.contextmanager
def running():
    """A server's URL; it is ended afterwards, whatever happens."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [str(Path(sys.executable).parent / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    # Lambda's functions are kept, not run: that would need containers.
    settings = os.environ | KEYS | {"MOTO_DOCKER_LAMBDA_SIMPLE": "1"}
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(command, env=settings, stdout=log, stderr=log)
        try:
            until = time.monotonic() + 60
            while not _answers(url):
                if server.poll() is not None or time.monotonic() > until:
                    log.seek(0)
                    raise RuntimeError(f"moto did not start: {log.read().decode()}")
                time.sleep(0.05)
            yield url
        finally:
            server.terminate()
            server.wait(timeout=30)


def client(service, url):
    """A client that speaks to the server, and to nothing else."""
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )
