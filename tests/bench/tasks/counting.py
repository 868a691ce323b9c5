"""What the tasks share: counting what was read, and clocks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("by_clock", "by_cpu", "check")


def check(found: int, expected: int) -> None:
    """Fail if a contestant has not read everything.

    Raises:
        RuntimeError: it has not.
    """
    if found != expected:
        msg = f"{found} units were read where there are {expected}"
        raise RuntimeError(msg)


def by_cpu(work: Callable[[], int], units: int) -> Callable[[], dict[str, Any]]:
    """Measure work in CPU seconds of this process; it gives how many units it did."""

    def run() -> dict[str, Any]:
        began = time.process_time()
        found = work()
        cpu = time.process_time() - began
        check(found, units)
        return {"cost": cpu / units}

    return run


def by_clock(work: Callable[[], int], units: int) -> Callable[[], dict[str, Any]]:
    """Measure work by the clock, and in CPU seconds beside it; it gives how many units it did."""

    def run() -> dict[str, Any]:
        cpu, began = time.process_time(), time.perf_counter()
        found = work()
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        check(found, units)
        return {"cost": seconds / units, "cpu": cpu / units}

    return run
