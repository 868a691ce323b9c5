"""A script's function, run on a thread of its own.

Such a function is the user's: it may block, as tests do that decide when the next
event comes. So it never runs on the server's event loop, and the server never waits
for it when it stops: a function that still blocks then ends whenever it returns.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ("END", "ThreadedIterator")

#: What :meth:`ThreadedIterator.next` gives when there is no more.
END: Any = object()


class ThreadedIterator:
    """Takes the items of an iterable one by one, on a thread.

    Args:
        call: makes the iterable.
    """

    def __init__(self, call: Callable[[], Iterable[Any]]) -> None:
        self._call = call
        self._iterator: Iterator[Any] | None = None
        self._jobs: SimpleQueue[Future[Any] | None] = SimpleQueue()
        self.thread = threading.Thread(target=self._run, name="awsio-script", daemon=True)
        self.thread.start()

    async def open(self) -> None:
        """Make the iterable.

        Raises:
            Exception: what the call raises.
        """
        await self._ask()

    async def next(self) -> Any:
        """Take an item, :data:`END` after the last.

        Raises:
            Exception: what the iterator raises.
        """
        return await self._ask()

    def close(self) -> None:
        """Close the iterator and let the thread end."""
        self._jobs.put(None)

    async def _ask(self) -> Any:
        """Let the thread do the next step."""
        job: Future[Any] = Future()
        self._jobs.put(job)
        return await asyncio.wrap_future(job)

    def _run(self) -> None:
        """Do the steps that are asked for."""
        while (job := self._jobs.get()) is not None:
            if job.set_running_or_notify_cancel():
                try:
                    job.set_result(self._step())
                except Exception as error:  # noqa: BLE001 - it is handed to who asked
                    job.set_exception(error)
        close = getattr(self._iterator, "close", None)
        if close is not None:
            close()

    def _step(self) -> Any:
        """Make the iterator, or take an item from it."""
        try:
            if self._iterator is not None:
                return next(self._iterator, END)
            self._iterator = iter(self._call())
        except StopIteration as error:
            # No future can hold this one.
            msg = "the function raised StopIteration"
            raise RuntimeError(msg) from error
        return None
