"""`Pacing`: when a stream is opened again, and when it is given up.

Rules:

- two openings begin at least the interval apart, whatever happened in between: a session
  that ends at once is not opened again in a hot loop;
- failures in a row, and sessions in a row that end without progress, are counted, and each
  count has a limit; progress resets both;
- no error is kept: by its traceback it would keep the connection alive.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from awsio.errors import NoProgressError
from awsio.resuming.backoff import check_count, check_seconds
from awsio.resuming.failures import reason_of

if TYPE_CHECKING:
    from awsio.resuming.backoff import Backoff

__all__ = ("Pacing",)

logger = logging.getLogger("awsio.resume")

# Sessions in a row without progress; after more, the log's level is WARNING.
FEW = 3
# Seconds after which an event counts as progress even if the position stays, as it may for
# a Kinesis shard to which nothing is written: such a session is not a hot loop.
LONG_SESSION = 60.0


class Pacing:
    """The counts and the clock of one resumed stream.

    Args:
        backoff: how often failures are tried again, and after which pauses.
        interval: the least number of seconds between two openings.
        max_sessions: sessions in a row that end without progress, after which the stream
            is given up; None never gives up.

    Raises:
        TypeError: an argument is not a number.
        ValueError: a number is out of range.
    """

    def __init__(self, backoff: Backoff, interval: float, max_sessions: int | None) -> None:
        check_seconds("interval", interval)
        check_count("max_sessions", max_sessions)
        self._backoff = backoff
        self._interval = min(interval, threading.TIMEOUT_MAX)
        self._max_sessions = max_sessions
        self._failures = 0  # in a row, without progress between
        self._sessions = 0  # ended in a row, without progress
        self._begun = 0.0  # when it was last opened, by time.monotonic()
        self._due = 0.0  # when it may be opened again, by the same clock
        self._progressed = False  # whether this session has made progress

    @property
    def seconds_left(self) -> float:
        """Seconds until the stream may be opened; 0 or less where it may be now."""
        return self._due - time.monotonic()

    def begin(self) -> None:
        """Note that the stream is about to be opened."""
        self._begun = time.monotonic()
        self._due = self._begun + self._interval
        self._progressed = False

    def note_event(self, *, moved: bool) -> None:
        """Note an event.

        Args:
            moved: whether it shows progress by itself.
        """
        if not self._progressed and (moved or time.monotonic() - self._begun >= LONG_SESSION):
            self._progressed = True
            self._failures = self._sessions = 0

    @property
    def needs_progress(self) -> bool:
        """Whether this session has not made progress yet."""
        return not self._progressed

    def end_session(self, name: str) -> None:
        """Note that a session ended cleanly and is to be followed by another.

        Args:
            name: the operation, for the log.

        Raises:
            NoProgressError: as many sessions as are allowed ended without progress.
        """
        if not self._progressed:
            self._sessions += 1
        sessions = self._sessions
        if self._max_sessions is not None and sessions >= self._max_sessions:
            self._failures = self._sessions = 0
            raise NoProgressError(operation_name=name, sessions=sessions)
        # At once, unless sessions before this one ended, or failed, without progress.
        before = self._failures + max(sessions - 1, 0)
        pause = self._pause(before) if before else max(self.seconds_left, 0.0)
        many = sessions > FEW
        logger.log(
            logging.WARNING if many else logging.INFO,
            "%s: the session ended; it is opened again in %.2f s%s",
            name,
            pause,
            f" (sessions in a row without progress: {sessions})" if many else "",
        )

    def fail(self, error: Exception, name: str) -> bool:
        """Count a failure that may pass.

        Args:
            error: the failure; it gets a note where the stream is given up.
            name: the operation, for the log.

        Returns:
            Whether another attempt is made.
        """
        self._failures += 1
        failures, attempts = self._failures, self._backoff.attempts
        if attempts is not None and failures >= attempts:
            self._failures = self._sessions = 0
            error.add_note(f"awsio.resume: failures in a row, without progress between: {failures}")
            return False
        logger.info(
            "%s: %s; it is opened again in %.2f s (failure %d, given up with %s)",
            name,
            reason_of(error),
            self._pause(failures + self._sessions),
            failures,
            attempts,
        )
        return True

    def _pause(self, row: int) -> float:
        """Set when the stream may be opened again, and return the seconds until then."""
        self._due = max(self._due, time.monotonic() + self._backoff.pause(row))
        return max(self.seconds_left, 0.0)
