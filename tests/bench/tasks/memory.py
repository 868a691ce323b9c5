"""Resident memory: of a long stream, and of connections that are open and idle.

Each round has a process of its own: memory that a process once had says little about
what it needs the second time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.bench.tasks.counting import check
from tests.bench.tasks.serving import awsio_client, boto3_client, call_of, serve
from tests.support.memory import reset_peak, resident

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import ExitStack

WARM_CONNECTIONS = 20


def growth(events: Iterable[Any], rows: int) -> dict[str, Any]:
    """Read a stream of S3 Select; gives its peak, above what was there at its first event."""
    seen = start = 0
    for event in events:
        if "Records" in event:
            seen += len(event["Records"]["Payload"])
        start = start or reset_peak()
    check(seen, rows)
    return {"cost": resident("VmHWM") - start}


def awsio_stream(stack: ExitStack, *, server: dict[str, Any]) -> Callable[[], Any]:
    """Read a long stream with awsio."""
    call = call_of(awsio_client("s3", serve(stack, server).hello["url"]), "s3")
    return lambda: growth(call(), (server["count"] - 1) * server["size"])


def boto3_stream(stack: ExitStack, *, server: dict[str, Any]) -> Callable[[], Any]:
    """Read a long stream with boto3."""
    call = call_of(boto3_client("s3", serve(stack, server).hello["url"]), "s3")
    return lambda: growth(call(), (server["count"] - 1) * server["size"])


def idle(open_one: Callable[[], Any], connections: int) -> dict[str, Any]:
    """Open connections and keep them; gives the memory of one."""
    kept = [open_one() for _ in range(WARM_CONNECTIONS)]
    before = resident("VmRSS")
    kept += [open_one() for _ in range(connections)]
    used = resident("VmRSS") - before
    del kept
    return {"cost": used / connections}


def awsio_idle(stack: ExitStack, *, server: dict[str, Any], connections: int) -> Callable[[], Any]:
    """Open connections with awsio, each with its first event read."""
    url = serve(stack, server).hello["url"]
    call = call_of(awsio_client("bedrock-runtime", url), "bedrock-runtime")

    def open_one() -> Any:
        con = call()(connection=True)
        check("messageStart" in con.read_event(), expected=True)
        return con

    return lambda: idle(open_one, connections)


def boto3_idle(stack: ExitStack, *, server: dict[str, Any], connections: int) -> Callable[[], Any]:
    """Open connections with boto3, each with its first event read."""
    url = serve(stack, server).hello["url"]
    call = call_of(boto3_client("bedrock-runtime", url), "bedrock-runtime")

    def open_one() -> Any:
        events = iter(call())
        check("messageStart" in next(events), expected=True)
        return events

    return lambda: idle(open_one, connections)
