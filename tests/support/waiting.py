"""Threads that a test can wait for."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("PATIENCE", "Task", "places_of", "wait_until")

PATIENCE = 20.0


class Task:
    """A function running in a thread of its own."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._value: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def result(self, timeout: float = PATIENCE) -> Any:
        """Wait for the function's result, or raise what it raised."""
        self._thread.join(timeout)
        assert not self._thread.is_alive(), "the thread still waits"
        if self._error is not None:
            raise self._error
        return self._value

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return not self._thread.is_alive()

    def wait_inside(self, *names: str) -> None:
        """Wait until the thread is inside a Python function of one of these names."""
        wait_until(lambda: self.is_inside(*names))

    def is_inside(self, *names: str) -> bool:
        """Return whether the thread is inside a Python function of one of these names."""
        return any(name in names for _, name in self._places())

    def wait_in_recv(self) -> None:
        """Wait until the thread stands in the read of a socket, plain or TLS."""
        reads = {("socket.py", "readinto"), ("ssl.py", "read"), ("waiting.py", "wait_readable")}
        wait_until(lambda: not reads.isdisjoint(self._places()))

    def _places(self) -> list[tuple[str, str]]:
        """Return file and function of each call that the thread is inside."""
        return places_of(self._thread.ident or 0)

    def _run(self) -> None:
        try:
            self._value = self._function()
        except BaseException as error:  # noqa: BLE001 - result() raises it
            self._error = error


def places_of(thread: int) -> list[tuple[str, str]]:
    """Return file and function of each call that a thread is inside, the innermost first."""
    frame = sys._current_frames().get(thread)  # noqa: SLF001 - no other way
    places = []
    while frame is not None:
        places.append((Path(frame.f_code.co_filename).name, frame.f_code.co_name))
        frame = frame.f_back
    return places


def wait_until(condition: Callable[[], Any]) -> None:
    """Wait for a condition that another thread or process will bring about."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.001)
