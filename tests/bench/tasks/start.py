"""Fresh processes: imports, and the way to the first event."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

from tests.bench.tasks.serving import serve

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

IMPORT = """
import time
began = time.perf_counter()
import {module}
print(time.perf_counter() - began)
"""

AWSIO_FIRST = """
import time
began = time.perf_counter()
import awsio
client = awsio.bedrockruntime(endpoint={url!r})
con = client.converse_stream(modelId="m", messages=[]).stream(connection=True)
assert con.read_event()
print(time.perf_counter() - began)
"""

BOTO3_FIRST = """
import time
began = time.perf_counter()
import boto3
client = boto3.client("bedrock-runtime", endpoint_url={url!r})
stream = client.converse_stream(modelId="m", messages=[])["stream"]
assert next(iter(stream))
print(time.perf_counter() - began)
"""


def fresh(script: str) -> Callable[[], Any]:
    """Make a task of a script that prints its seconds, each time in a new process."""
    command = [sys.executable, "-P", "-c", script]

    def run() -> dict[str, Any]:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        return {"cost": float(done.stdout)}

    return run


def importing(_stack: ExitStack, *, module: str) -> Callable[[], Any]:
    """Import a module."""
    return fresh(IMPORT.format(module=module))


def awsio_first(stack: ExitStack, *, server: dict[str, Any]) -> Callable[[], Any]:
    """Import awsio, make a client, read the first event."""
    return fresh(AWSIO_FIRST.format(url=serve(stack, server).hello["url"]))


def boto3_first(stack: ExitStack, *, server: dict[str, Any]) -> Callable[[], Any]:
    """Import boto3, make a client, read the first event."""
    return fresh(BOTO3_FIRST.format(url=serve(stack, server).hello["url"]))
