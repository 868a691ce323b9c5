"""`Backoff`: how often something is tried again, and after which pauses."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

__all__ = ("Backoff", "check_count", "check_seconds")

# Beyond it the limit is reached whatever the base.
MAX_DOUBLINGS = 32


def check_seconds(name: str, value: Any) -> None:
    """Refuse what is not a number of seconds, 0 or more.

    Raises:
        TypeError: it is not a number.
        ValueError: it is negative, or not a number in the sense of IEEE 754.
    """
    seconds: Any = value
    if isinstance(value, bool) or not isinstance(value, Real):
        msg = f"{name} is a number, of seconds: not {value!r}"
        raise TypeError(msg)
    if not seconds >= 0:
        msg = f"{name} is in seconds, 0 or more: not {value!r}"
        raise ValueError(msg)


def check_count(name: str, value: Any) -> None:
    """Refuse what is neither a count of 1 or more nor None.

    Raises:
        TypeError: it is not a whole number.
        ValueError: it is less than 1.
    """
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, Integral):
        msg = f"{name} is a whole number, or None for no end: not {value!r}"
        raise TypeError(msg)
    if value < 1:
        msg = f"{name} is 1 or more, or None for no end: not {value!r}"
        raise ValueError(msg)


@dataclass(frozen=True)
class Backoff:
    """How often something is tried again, and after which pauses.

    Attributes:
        attempts: failures in a row after which it is given up; None never does.
        base: the longest pause after the first failure, in seconds.
        cap: the longest pause of all, in seconds.

    Raises:
        TypeError: an argument is not a number.
        ValueError: an argument is a number that makes no sense.
    """

    attempts: int | None
    base: float
    cap: float

    def __post_init__(self) -> None:
        """Check the values."""
        check_seconds("base", self.base)
        check_seconds("cap", self.cap)
        check_count("attempts", self.attempts)

    def pause(self, failures: int) -> float:
        """Return the pause after a number of failures in a row, in seconds.

        As in botocore's ``ExponentialBackoff``, it is a part, drawn at random each time,
        of ``min(base * 2 ** (failures - 1), cap)``, so that clients which a service has
        dropped all at once do not come back all at once. No pause is longer than
        ``threading.TIMEOUT_MAX``, the longest wait there is.
        """
        base = min(self.base, threading.TIMEOUT_MAX)
        doubled = base * 2.0 ** min(failures - 1, MAX_DOUBLINGS)
        longest = min(doubled, self.cap, threading.TIMEOUT_MAX)
        return random.random() * longest  # noqa: S311 - no secret depends on it
