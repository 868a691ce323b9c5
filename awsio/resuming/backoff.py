"""`Backoff`: how often something is tried again, and after which pauses."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

__all__ = ("Backoff", "check_count", "check_seconds")

# With more, the cap is reached whatever the base is.
MAX_DOUBLINGS = 32


def check_seconds(name: str, value: Any) -> None:
    """Check that a value is a number of seconds, 0 or more.

    Raises:
        TypeError: it is not a number.
        ValueError: it is negative or NaN.
    """
    seconds: Any = value
    if isinstance(value, bool) or not isinstance(value, Real):
        msg = f"{name} is a number, of seconds: not {value!r}"
        raise TypeError(msg)
    if not seconds >= 0:
        msg = f"{name} is in seconds, 0 or more: not {value!r}"
        raise ValueError(msg)


def check_count(name: str, value: Any) -> None:
    """Check that a value is a count of 1 or more, or None.

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
        attempts: failures in a row after which it is given up; None never gives up.
        base: the longest pause after the first failure, in seconds.
        cap: the longest pause of all, in seconds.

    Raises:
        TypeError: an argument is not a number.
        ValueError: a number is out of range.
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

        As in botocore's ``ExponentialBackoff``, it is a random part of
        ``min(base * 2 ** (failures - 1), cap)``, so that clients which a service has dropped
        at one moment do not return at one moment. No pause is longer than
        ``threading.TIMEOUT_MAX``, the longest wait that is possible.
        """
        base = min(self.base, threading.TIMEOUT_MAX)
        doubled = base * 2.0 ** min(failures - 1, MAX_DOUBLINGS)
        longest = min(doubled, self.cap, threading.TIMEOUT_MAX)
        return random.random() * longest  # noqa: S311 - no secret depends on it
