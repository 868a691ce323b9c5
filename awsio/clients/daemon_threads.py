"""`DaemonThreads`: an executor whose threads do not hold the process at its end.

Rules:

- the threads are daemons. Those of :class:`~concurrent.futures.ThreadPoolExecutor` are joined
  when the interpreter exits, even after ``shutdown(wait=False)``
  (https://github.com/python/cpython/issues/83861), so one that waits for a server holds it;
- whoever uses them ends their calls before the interpreter goes, and joins them for a moment:
  a daemon thread that stops in the middle keeps its locks, and whoever asks for one of them
  after that, such as a finalizer, waits for ever;
- a thread is started with each call, up to the limit, so there are never more than calls.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Executor, Future
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("DaemonThreads",)

Result = TypeVar("Result")


class DaemonThreads(Executor):
    """Runs calls in daemon threads.

    Args:
        limit: the most threads.
        prefix: the beginning of their names.
    """

    def __init__(self, limit: int, prefix: str) -> None:
        self._limit = limit
        self._prefix = prefix
        # Its put() may be called by a finalizer or a signal handler in the middle of itself.
        self._queue: SimpleQueue[Work | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def submit(self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any) -> Future[Result]:
        """Run a call in one of the threads.

        Raises:
            RuntimeError: no thread can be started.
        """
        work = Work(partial(fn, *args, **kwargs))
        self._queue.put(work)
        number = len(self._threads)
        if number < self._limit:
            name = f"{self._prefix}_{number}"
            thread = threading.Thread(target=run, args=(self._queue,), name=name, daemon=True)
            thread.start()
            self._threads.append(thread)
        return work.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - as Executor has it
        """End the threads once the calls before have ended.

        Args:
            wait: whether to wait for that.
            cancel_futures: nothing; the caller cancels its futures.
        """
        for _ in self._threads:
            self._queue.put(None)
        if wait:
            self.join(None)

    def join(self, seconds: float | None) -> None:
        """Wait for the threads, all together no longer than this; None waits without end."""
        deadline = None if seconds is None else time.monotonic() + seconds
        for thread in self._threads:
            thread.join(None if deadline is None else max(deadline - time.monotonic(), 0.0))


class Work:
    """A call that waits for a thread.

    Args:
        call: called without arguments.

    Attributes:
        future: what comes of it.
    """

    def __init__(self, call: Callable[[], Any]) -> None:
        self.future: Future[Any] = Future()
        self._call = call

    def run(self) -> None:
        """Make the call, unless it was cancelled."""
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self._call()
        except BaseException as error:  # noqa: BLE001 - the future raises it
            self.future.set_exception(error)
            # The error refers to this frame, which would keep the future, and that the error.
            del self
        else:
            self.future.set_result(result)


def run(queue: SimpleQueue[Work | None]) -> None:
    """Run one call after another; what a thread does."""
    while (work := queue.get()) is not None:
        work.run()
        del work  # or it would be kept until the next one
