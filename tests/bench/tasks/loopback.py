"""Whole calls over HTTP on 127.0.0.1: request, response, every event."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

from tests.bench.tasks.counting import by_clock, check
from tests.bench.tasks.serving import awsio_client, boto3_client, call_of, serve

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

Script = dict[str, Any]


def awsio_connection(stack: ExitStack, service: str, url: str) -> Callable[[], Any]:
    """Give a function that makes a call and gives awsio's connection."""
    client = stack.enter_context(awsio_client(service, url))
    call = call_of(client, service)
    return lambda: call()(connection=True)


def awsio_events(stack: ExitStack, *, service: str, server: Script) -> Callable[[], Any]:
    """Read every event of a call with awsio."""
    call = awsio_connection(stack, service, serve(stack, server).hello["url"])

    def work() -> int:
        found = 0
        with call() as con:
            for _event in con:
                found += 1
        return found

    return by_clock(work, server["count"])


def boto3_events(stack: ExitStack, *, service: str, server: Script) -> Callable[[], Any]:
    """Read every event of a call with boto3."""
    call = call_of(boto3_client(service, serve(stack, server).hello["url"]), service)

    def work() -> int:
        found = 0
        for _event in call():
            found += 1
        return found

    return by_clock(work, server["count"])


def awsio_records(stack: ExitStack, *, server: Script) -> Callable[[], Any]:
    """Read rows of S3 Select with awsio, event by event; the unit is a byte of rows."""
    call = awsio_connection(stack, "s3", serve(stack, server).hello["url"])

    def work() -> int:
        found = 0
        with call() as con:
            for event in con:
                if "Records" in event:
                    found += len(event["Records"]["Payload"])
        return found

    return by_clock(work, rows_of(server))


def boto3_records(stack: ExitStack, *, server: Script) -> Callable[[], Any]:
    """Read rows of S3 Select with boto3, event by event; the unit is a byte of rows."""
    call = call_of(boto3_client("s3", serve(stack, server).hello["url"]), "s3")

    def work() -> int:
        found = 0
        for event in call():
            if "Records" in event:
                found += len(event["Records"]["Payload"])
        return found

    return by_clock(work, rows_of(server))


def awsio_payload(stack: ExitStack, *, server: Script, size: int) -> Callable[[], Any]:
    """Read rows of S3 Select through ``payload()`` into a buffer of ``size`` bytes."""
    call = awsio_connection(stack, "s3", serve(stack, server).hello["url"])
    buffer = bytearray(size)

    def work() -> int:
        found = 0
        with call() as con, con.payload() as file:
            while count := file.readinto(buffer):
                found += count
        return found

    return by_clock(work, rows_of(server))


def rows_of(server: Script) -> int:
    """Give the bytes of rows in a body."""
    rows: int = (server["count"] - 1) * server["size"]
    return rows


def awsio_first(stack: ExitStack, *, server: Script, calls: int) -> Callable[[], Any]:
    """Measure the time from a request to its first event with awsio."""
    call = awsio_connection(stack, "bedrock-runtime", serve(stack, server).hello["url"])

    def first() -> float:
        began = time.perf_counter()
        with call() as con:
            event = con.read_event()
            seconds = time.perf_counter() - began
        check("messageStart" in event, expected=True)
        return seconds

    return lambda: {"cost": statistics.median(first() for _ in range(calls))}


def boto3_first(stack: ExitStack, *, server: Script, calls: int) -> Callable[[], Any]:
    """Measure the time from a request to its first event with boto3."""
    url = serve(stack, server).hello["url"]
    call = call_of(boto3_client("bedrock-runtime", url), "bedrock-runtime")

    def first() -> float:
        began = time.perf_counter()
        stream = call()
        event = next(iter(stream))
        seconds = time.perf_counter() - began
        stream.close()
        check("messageStart" in event, expected=True)
        return seconds

    return lambda: {"cost": statistics.median(first() for _ in range(calls))}


def repeated(server: Any, one_call: Callable[[], int], calls: int, events: int) -> Any:
    """Make a task of many calls, which also tells how many connections they took."""

    def work() -> int:
        return sum(one_call() for _ in range(calls)) // events

    measured = by_clock(work, calls)

    def run() -> dict[str, Any]:
        before = server.ask("facts")
        result = measured()
        after = server.ask("facts")
        check(after["requests"] - before["requests"], calls)
        opened = after["connections"] - before["connections"]
        return {**result, "calls": calls, "connections opened": opened}

    return run


def awsio_short(stack: ExitStack, *, server: Script, calls: int) -> Callable[[], Any]:
    """Make many calls of few events with awsio; the unit is a call."""
    started = serve(stack, server)
    call = awsio_connection(stack, "bedrock-runtime", started.hello["url"])

    def one_call() -> int:
        with call() as con:
            return sum(1 for _event in con)

    return repeated(started, one_call, calls, server["count"])


def boto3_short(stack: ExitStack, *, server: Script, calls: int) -> Callable[[], Any]:
    """Make many calls of few events with boto3; the unit is a call."""
    started = serve(stack, server)
    call = call_of(boto3_client("bedrock-runtime", started.hello["url"]), "bedrock-runtime")

    def one_call() -> int:
        return sum(1 for _event in call())

    return repeated(started, one_call, calls, server["count"])
