"""Fixtures: the command as a process of its own, and a Bedrock that waits to be told."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from queue import Queue
from typing import TYPE_CHECKING, Any

import pytest

import awsio

if TYPE_CHECKING:
    from pathlib import Path

    from awsio.testing import LocalServer

KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "us-east-1",
}
# The command, where the module that the first argument names cannot be imported.
WITHOUT = """
import runpy, sys
sys.modules[sys.argv.pop(1)] = None
runpy.run_module("awsio", run_name="__main__")
"""
Step = Mapping[str, Any] | bytes  # an event, or bytes as they are
SECONDS = 60  # what no step of a test takes


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """Give an environment in which nobody has heard of AWS, nor of a terminal."""
    unwanted = (
        *("AWS_", "BOTO", "NO_COLOR", "FORCE_COLOR", "TTY_", "COLUMNS", "LINES"),
        *("PYTHONIOENCODING", "PYTHONUNBUFFERED", "PYTHONUTF8"),
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return {
        **kept,
        "HOME": str(tmp_path),
        "TERM": "xterm",
        "LC_ALL": "C.UTF-8",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
    }


@pytest.fixture
def configured(bare: dict[str, str]) -> dict[str, str]:
    """Give an environment with credentials and a region."""
    return {**bare, **KEYS}


@pytest.fixture
def run() -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Give a function that runs the command to its end."""

    def run_command(
        *arguments: str | bytes, env: Mapping[str, str], **options: Any
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "awsio", *arguments],
            env=env,
            check=False,
            timeout=SECONDS,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
        )

    return run_command


@pytest.fixture
def without() -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Give a function that runs the command where a module is not installed."""

    def run_command(
        module: str, *arguments: str, env: Mapping[str, str], **options: Any
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-c", WITHOUT, module, *arguments],
            env=env,
            check=False,
            timeout=SECONDS,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
        )

    return run_command


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Give a function that starts the command; what still runs at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def popen(*arguments: str, env: Mapping[str, str], **options: Any) -> subprocess.Popen[bytes]:
        # A test run in the background may be deaf to SIGINT, and a process inherits that.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            process = subprocess.Popen(
                [sys.executable, "-m", "awsio", *arguments],
                env=env,
                **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
            )
        finally:
            signal.signal(signal.SIGINT, before)
        started.append(process)
        return process

    yield popen
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def terminal() -> Callable[..., tuple[int, bytes]]:
    """Give a function that runs the command on a terminal: its exit code, what it shows.

    Line ends come as the terminal makes them of newlines, CR LF.
    """

    def run_command(
        *arguments: str,
        env: Mapping[str, str],
        without: str | None = None,
        **options: Any,
    ) -> tuple[int, bytes]:
        command = ("-m", "awsio") if without is None else ("-c", WITHOUT, without)
        master, slave = pty.openpty()
        try:
            process = subprocess.Popen(
                [sys.executable, *command, *arguments],
                env=env,
                **{"stdin": slave, "stdout": slave, "stderr": slave, **options},
            )
        finally:
            os.close(slave)
        shown = b""
        with os.fdopen(master, "rb", buffering=0) as screen, suppress(OSError):  # EIO: hung up
            while piece := screen.read(4096):
                shown += piece
        return process.wait(SECONDS), shown

    return run_command


@pytest.fixture
def server() -> Iterator[LocalServer]:
    """Give a local server."""
    pytest.importorskip("hypercorn", reason="the local server runs under hypercorn")
    with awsio.testing.LocalServer() as running:
        yield running


class GatedBedrock:
    """A local server whose ConverseStream sends what it is told, when it is told.

    Attributes:
        url: where it listens.
        requested: is set when a request has come.
    """

    def __init__(self, server: LocalServer) -> None:
        self.url = server.url
        self.requested = threading.Event()
        self._steps: Queue[Step | None] = Queue()
        server.add("bedrock-runtime", "ConverseStream", self._events)

    def _events(self, _arguments: Mapping[str, Any]) -> Iterator[Step]:
        self.requested.set()
        while (step := self._steps.get()) is not None:
            yield step

    def send(self, event: Mapping[str, Any]) -> None:
        """Send an event."""
        self._steps.put(event)

    def text(self, *texts: str) -> None:
        """Send pieces of the answer."""
        for text in texts:
            self.send({"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"text": text}}})

    def finish(self, stop_reason: str = "end_turn") -> None:
        """Send the last events, and the stream's end."""
        usage = {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7}
        self.send({"messageStop": {"stopReason": stop_reason}})
        self.send({"metadata": {"usage": usage, "metrics": {"latencyMs": 5}}})
        self.end()

    def end(self) -> None:
        """End the stream as HTTP wants it."""
        self._steps.put(None)

    def cut(self) -> None:
        """End the stream inside a frame."""
        events = [{"messageStop": {"stopReason": "end_turn"}}]
        frame = awsio.testing.encode_events("bedrock-runtime", "ConverseStream", events)
        self._steps.put(frame[:-1])
        self.end()


@pytest.fixture
def bedrock(server: LocalServer) -> Iterator[GatedBedrock]:
    """Give a Bedrock that answers when it is told."""
    gated = GatedBedrock(server)
    yield gated
    gated.end()
