"""`stream_many` that is closed early: its streams are closed, and the process can end."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import pytest

import awsio
from awsio.clients.daemon_threads import DaemonThreads
from awsio.clients.open_streams import OpenStreams, found
from tests.support import frames
from tests.support.calls import CONVERSE_CALL
from tests.support.clients import KEY
from tests.support.waiting import PATIENCE, Task, wait_until
from tests.support.wire import Answer, Gate, WireServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: An answer that begins and then waits, and one that does not begin at all.
BEGINS = Answer([frames.CONVERSE[0], Gate()])
#: The longest time in which a process has to end.
AT_ONCE = 1.0


@pytest.fixture
def made(server: WireServer) -> Iterator[awsio.Client]:
    server.answer(BEGINS)
    with awsio.bedrockruntime(region="us-east-1", endpoint=server.url, credentials=KEY) as client:
        yield client


def open_many(client: Any, count: int = 3, **options: Any) -> Any:
    return awsio.stream_many(client, "converse_stream", [CONVERSE_CALL] * count, **options)


def in_progress(server: WireServer, count: int) -> None:
    """Wait until as many streams have begun as are asked for."""
    wait_until(lambda: len(server.requests) == count)


def closed_by_client(server: WireServer) -> bool:
    return all(one.closed.wait(PATIENCE) and one.closed_by_client for one in server.connections)


# --- closing ----------------------------------------------------------------------------------


def close_it(results: Any) -> None:
    results.close()
    results.close()


def leave_the_with(results: Any) -> None:
    with results:
        pass


def drop_it(_results: Any) -> None:
    pass


ENDS = [close_it, leave_the_with, drop_it]


@pytest.mark.parametrize("given", [False, True])
@pytest.mark.parametrize("end", ENDS)
def test_an_early_end_closes_the_streams_that_are_read(
    made: awsio.Client, server: WireServer, end: Callable[[Any], None], *, given: bool
) -> None:
    # Leaving this waits for the threads of the pool, which only closing ends.
    with ThreadPoolExecutor(3) as pool:
        results = open_many(made, executor=pool if given else None)
        in_progress(server, 3)
        end(results)
        del results
    assert closed_by_client(server)
    wait_until(lambda: not any(one.name.startswith("awsio_") for one in threading.enumerate()))


@pytest.mark.parametrize("end", ENDS)
def test_an_early_end_cancels_what_has_not_begun(
    made: awsio.Client, server: WireServer, end: Callable[[Any], None]
) -> None:
    with ThreadPoolExecutor(1) as pool:
        results = open_many(made, executor=pool)
        in_progress(server, 1)
        end(results)
        del results
    assert len(server.requests) == 1


def test_an_error_closes_the_streams_behind_it(made: awsio.Client, server: WireServer) -> None:
    server.answer(Answer([frames.CONVERSE[0]]), BEGINS)
    results = open_many(made, 1)
    with pytest.raises(awsio.errors.IncompleteStreamError):
        next(results)
    server.answer(BEGINS)

    def fails(_event: Any) -> None:
        in_progress(server, 4)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(open_many(made, fn=fails))
    assert closed_by_client(server)


def test_a_call_whose_answer_comes_after_the_end_has_its_stream_closed(
    made: awsio.Client, server: WireServer
) -> None:
    gate = Gate()
    begins_late = Answer([], "close", raw=[frames.CONVERSE[0], Gate()])
    begins_late.wire = lambda: [gate, begins_late.head(), frames.CONVERSE[0], Gate()]  # type: ignore[method-assign]
    server.answer(begins_late)
    events: list[Any] = []
    results = open_many(made, 1, fn=events.append)
    assert gate.reached.wait(PATIENCE)
    results.close()
    gate.open()
    assert closed_by_client(server)
    assert events == []
    assert list(results) == []


def test_a_call_that_begins_after_the_end_is_not_made(
    made: awsio.Client, server: WireServer
) -> None:
    results = open_many(made, 0)
    results.close()
    task = ("converse_stream", "stream", None)
    from awsio.clients.many import SentClient, read_stream

    streams = results._streams  # noqa: SLF001 - a worker of an executor holds them
    assert read_stream(SentClient(made), CONVERSE_CALL, task, streams, 0) == []
    assert server.requests == []


def test_closing_ends_the_loop_of_another_thread(made: awsio.Client, server: WireServer) -> None:
    results = open_many(made)
    loop = Task(lambda: list(results))
    in_progress(server, 3)
    loop.wait_inside("_wait_for")
    results.close()
    assert loop.result() == []


def test_closing_ends_a_loop_whose_executor_cannot_end(made: awsio.Client) -> None:
    class Stuck(ThreadPoolExecutor):
        def submit(self, *_args: Any, **_options: Any) -> Future[Any]:  # type: ignore[override]
            future: Future[Any] = Future()
            future.set_running_or_notify_cancel()
            return future

    with Stuck() as executor:
        results = open_many(made, executor=executor)
        loop = Task(lambda: next(results, "the end"))
        loop.wait_inside("_wait_for")
        results.close()
        assert loop.result() == "the end"


def test_closing_as_a_wait_begins_ends_the_loop_too(made: awsio.Client) -> None:
    class Unfinished(Future[Any]):
        def add_done_callback(self, fn: Callable[[Future[Any]], object]) -> None:
            super().add_done_callback(fn)
            results.close()

    class Stuck(ThreadPoolExecutor):
        def submit(self, *_args: Any, **_options: Any) -> Future[Any]:  # type: ignore[override]
            return Unfinished()

    with Stuck() as executor:
        results = open_many(made, executor=executor)
        assert next(results, "the end") == "the end"


def test_a_signal_handler_may_close_it(made: awsio.Client, server: WireServer) -> None:
    results = open_many(made)
    in_progress(server, 3)
    before = signal.signal(signal.SIGUSR1, lambda *_: results.close())
    main = threading.main_thread().ident
    timer = threading.Timer(0.1, signal.pthread_kill, (main, signal.SIGUSR1))
    try:
        timer.start()
        assert list(results) == []
    finally:
        timer.join()
        signal.signal(signal.SIGUSR1, before)
    assert closed_by_client(server)


# --- the end of a process ---------------------------------------------------------------------

PROGRAM = """
    import sys, threading, time
    from concurrent.futures import ThreadPoolExecutor
    import awsio
    from awsio.clients import many

    key = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "secret"}
    client = awsio.bedrockruntime(region="us-east-1", endpoint=sys.argv[1], credentials=key)
    messages = [{"role": "user", "content": [{"text": "x"}]}]

    def open_many(*models, **options):
        calls = [{"modelId": name, "messages": messages} for name in models or "mmm"]
        return awsio.stream_many(client, "converse_stream", calls, **options)

    def ready():
        print("ready", flush=True)
        sys.stdin.readline()  # the test tells when all have begun
"""
LOOPS = {
    "the iterator alone": """
        for result in open_many():
            pass
    """,
    "the iterator in a variable": """
        results = open_many()
        for result in results:
            pass
    """,
    "with": """
        with open_many() as results:
            list(results)
    """,
    "an executor that was given": """
        with ThreadPoolExecutor(3) as pool:
            for result in open_many(executor=pool):
                pass
    """,
    "a function that does not return": """
        for result in open_many(fn=lambda event: time.sleep(60)):
            pass
    """,
}


@pytest.fixture
def start(server: WireServer) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Give a function that starts a program; what still runs at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def popen(body: str) -> subprocess.Popen[bytes]:
        # A test run in the background may be deaf to SIGINT, and a process inherits that.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            process = subprocess.Popen(
                [sys.executable, "-c", dedent(PROGRAM) + dedent(body), server.url],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        finally:
            signal.signal(signal.SIGINT, before)
        started.append(process)
        return process

    yield popen
    for process in started:
        process.kill()
        process.communicate()


def ends_at_once(process: subprocess.Popen[bytes]) -> bytes:
    """Wait for the end of a process; return what it has written to standard error."""
    began = time.monotonic()
    _, errors = process.communicate(timeout=PATIENCE)
    assert time.monotonic() - began < AT_ONCE
    return errors


@pytest.mark.parametrize("loop", LOOPS)
def test_after_ctrl_c_in_the_loop_the_process_ends(
    server: WireServer, start: Callable[[str], subprocess.Popen[bytes]], loop: str
) -> None:
    server.answer(BEGINS)
    process = start(LOOPS[loop])
    in_progress(server, 3)
    process.send_signal(signal.SIGINT)
    assert b"KeyboardInterrupt" in ends_at_once(process)
    assert closed_by_client(server)


def test_after_ctrl_c_while_calls_wait_for_their_answers_the_process_ends(
    server: WireServer, start: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    silent = Answer()
    silent.wire = lambda: [Gate()]  # type: ignore[method-assign]
    server.answer(silent)
    process = start(LOOPS["the iterator in a variable"])
    in_progress(server, 3)
    process.send_signal(signal.SIGINT)
    assert b"KeyboardInterrupt" in ends_at_once(process)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            """
            results = open_many("whole", "m")
            for result in results:
                ready()
                raise ZeroDivisionError
            """,
            b"ZeroDivisionError",
        ),
        (
            """
            results = open_many("whole", "m")
            next(results)
            ready()
            results.close()
            """,
            b"",
        ),
        (
            """
            with ThreadPoolExecutor(2) as pool, open_many("whole", "m", executor=pool) as results:
                next(results)
                ready()
                raise ZeroDivisionError
            """,
            b"ZeroDivisionError",
        ),
        (
            """
            results = open_many("whole", "m")
            next(results)
            ready()
            """,
            b"",
        ),
    ],
    ids=["error", "close", "given", "forgotten"],
)
def test_after_an_error_or_close_in_the_loop_the_process_ends(
    server: WireServer, start: Callable[[str], subprocess.Popen[bytes]], body: str, said: bytes
) -> None:
    server.answer(lambda head: Answer(frames.CONVERSE) if "/whole/" in head else BEGINS)
    process = start(body)
    assert process.stdout.readline() == b"ready\n"
    in_progress(server, 2)
    process.stdin.write(b"\n")
    errors = ends_at_once(process)
    assert errors.strip().splitlines()[-1:] == ([said] if said else [])
    assert closed_by_client(server)


# --- the parts --------------------------------------------------------------------------------


def test_the_streams_are_found_in_their_own_process_and_are_others_elsewhere() -> None:
    streams = OpenStreams()
    twin = pickle.loads(pickle.dumps(streams))  # noqa: S301 - ours
    assert twin is streams
    elsewhere = found((os.getpid() + 1, streams.key[1]))
    assert elsewhere is not streams
    streams.close()
    assert not elsewhere.closed
    key = streams.key
    del streams, twin
    assert not found(key).closed


def test_the_threads_run_what_they_are_given_and_end() -> None:
    threads = DaemonThreads(2, "test-daemon")
    go = threading.Event()
    waiting = [threads.submit(go.wait, PATIENCE) for _ in range(2)]
    wait_until(lambda: all(one.running() for one in waiting))
    behind = threads.submit(divmod, 7, 2)
    cancelled = threads.submit(divmod, 7, 2)
    fails = threads.submit(divmod, 7, 0)
    assert cancelled.cancel()
    running = [one for one in threading.enumerate() if one.name.startswith("test-daemon_")]
    assert len(running) == 2
    assert all(one.daemon for one in running)
    go.set()
    assert behind.result(PATIENCE) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        fails.result(PATIENCE)
    threads.shutdown(wait=True)
    assert not any(one.is_alive() for one in running)
