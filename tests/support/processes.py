"""Servers of other projects, each a process of its own for the time of some tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

__all__ = ("ServerProcess", "answers", "free_port", "listens")

#: Seconds for a server to start, on a machine that does other things too.
START = 60.0
#: Seconds to stop by itself: some wait longer than that for their connections.
STOP = 2.0
#: What is shown of an output, in characters.
SHOWN = 20_000


class ServerProcess:
    """A server process, from when it can be called until the ``with`` block ends.

    Args:
        command: the program and its arguments.
        folder: where it runs, with its output in the file ``output.txt``.
        url: where it answers, for those who use it.
        ready: tells whether it can be called.
        environment: variables besides those of this process, of which ``AWS_*`` are
            left out.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        folder: Path,
        url: str,
        ready: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._command = command
        self._folder = folder
        self.url = url
        self._ready = ready
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self._environment = {**kept, "TMPDIR": str(folder), **(environment or {})}

    def __enter__(self) -> Self:
        """Start the server, and wait until it can be called."""
        with self._output_file.open("wb") as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # its own children can be ended with it
            )
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server, and what it has started itself."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP)
        with suppress(ProcessLookupError):  # all have ended
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    @property
    def output(self) -> str:
        """What it has written, to both of its outputs; of much, the end."""
        return self._output_file.read_text("utf-8", errors="replace")[-SHOWN:]

    @property
    def _output_file(self) -> Path:
        return self._folder / "output.txt"

    def _wait(self) -> None:
        deadline = time.monotonic() + START
        while not self._ready():
            code = self._process.poll()
            assert code is None, f"the server ended with {code}:\n{self.output}"
            assert time.monotonic() < deadline, f"the server never answered:\n{self.output}"
            time.sleep(0.02)


def free_port() -> int:
    """Find a port that nobody uses right now, for a server that cannot find one itself."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    return port


def listens(port: int) -> bool:
    """Tell whether somebody accepts connections at a port."""
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def answers(url: str) -> bool:
    """Tell whether a GET of a URL succeeds."""
    try:
        with urllib.request.urlopen(url, timeout=START) as response:  # noqa: S310 - plain HTTP
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
