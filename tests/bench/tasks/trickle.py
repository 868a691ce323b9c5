"""Many slow streams at once, in CPU seconds: what each event costs who waits for it.

All streams are opened first and begin together, once the last one is open: the calls are
not in the figures.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from tests.bench.tasks.counting import check
from tests.bench.tasks.serving import awsio_client, boto3_client, call_of, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import ExitStack

__all__ = ("result_of",)

SERVICE = "bedrock-runtime"


def result_of(seconds: float, cpu: float, events: int) -> dict[str, Any]:
    """Give a round's result: CPU seconds an event."""
    return {"cost": cpu / events, "seconds": round(seconds, 2)}


def run_of(open_all: Callable[[], list[Any]], read: Callable[[list[Any]], int], events: int) -> Any:
    """Make a task of opening streams and reading them; the unit is an event."""

    def run() -> dict[str, Any]:
        opened = open_all()
        clock, cpu = time.perf_counter(), time.process_time()
        found = read(opened)
        cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
        check(found, events)
        return result_of(clock, cpu, events)

    return run


def in_threads(streams: list[Iterable[Any]]) -> int:
    """Read each stream in a thread of its own; gives the number of events."""
    found: list[int] = []
    threads = [
        threading.Thread(target=lambda one=stream: found.append(sum(1 for _event in one)))
        for stream in streams
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(found)


def awsio_opener(stack: ExitStack, streams: int, server: dict[str, Any]) -> Callable[[], list[Any]]:
    """Give a function that opens all streams with awsio."""
    url = serve(stack, {**server, "gate": streams}).hello["url"]
    call = call_of(awsio_client(SERVICE, url, streams), SERVICE)
    return lambda: [call()(connection=True) for _ in range(streams)]


def awsio_merge(stack: ExitStack, *, streams: int, server: dict[str, Any]) -> Callable[[], Any]:
    """One thread and :func:`awsio.merge`."""
    import awsio

    def read(opened: list[Any]) -> int:
        with awsio.merge(*opened) as events:
            return sum(1 for _event in events)

    opener = awsio_opener(stack, streams, server)
    return run_of(opener, read, streams * server["count"])


def awsio_threads(stack: ExitStack, *, streams: int, server: dict[str, Any]) -> Callable[[], Any]:
    """A thread for each of awsio's streams."""
    opener = awsio_opener(stack, streams, server)
    return run_of(opener, in_threads, streams * server["count"])


def boto3_threads(stack: ExitStack, *, streams: int, server: dict[str, Any]) -> Callable[[], Any]:
    """A thread for each of boto3's streams."""
    url = serve(stack, {**server, "gate": streams}).hello["url"]
    call = call_of(boto3_client(SERVICE, url, streams), SERVICE)
    opener = lambda: [call() for _ in range(streams)]  # noqa: E731 - as in awsio_opener
    return run_of(opener, in_threads, streams * server["count"])
