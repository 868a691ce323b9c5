"""Instructions for each event, which noise on the machine does not move.

Counted are two runs of one task, one of which does the work more often: the difference
has no start of the interpreter in it. The counter is the processor's where it can be read
(``perf``), else valgrind's ``callgrind``, under which everything takes fifty times as long.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.bench.child import environment
from tests.bench.row import HIDE_FAST, KIB, Contestant

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("report",)

EVENTS = 500
PASSES = (1, 3)
PERF = ("perf", "stat", "-x,", "-e", "instructions:u")
CALLGRIND = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
STREAM = {"events": EVENTS, "read": 64 * KIB}
CONTESTANTS = (
    Contestant("awsio", "decode:awsio_events", STREAM, HIDE_FAST),
    Contestant("botocore", "decode:botocore_events", STREAM),
    Contestant("floor: json and CRC", "floors:json_and_crc", {"events": EVENTS}),
)


def counted(counter: tuple[str, ...], found: re.Pattern[str], command: list[str]) -> int | None:
    """Run a command under a counter; None if there is none, or it cannot count here."""
    if shutil.which(counter[0]) is None:
        return None
    done = subprocess.run(
        [*counter, *command], capture_output=True, text=True, env=environment(), check=False
    )
    match = found.search(done.stderr)
    return int(match[1]) if match and not done.returncode else None


def counter_here() -> Callable[[list[str]], int | None] | None:
    """Find a counter that counts."""
    for counter, pattern in ((PERF, r"(?m)^(\d+),"), (CALLGRIND, r"Collected : (\d+)")):
        found = re.compile(pattern)
        if counted(counter, found, ["true"]) is not None:
            return lambda command, one=counter, at=found: counted(one, at, command)
    return None


def per_event(count: Callable[[list[str]], int | None], one: Contestant) -> float:
    """Count for a contestant.

    Raises:
        RuntimeError: its task fails under the counter.
    """
    counts = []
    for passes in PASSES:
        spec = {"task": one.task, "params": one.params, "hide": one.hide, "passes": passes}
        command = [sys.executable, "-P", "-m", "tests.bench.worker", json.dumps(spec)]
        found = count(command)
        if found is None:
            msg = f"{one.task} failed while its instructions were counted"
            raise RuntimeError(msg)
        counts.append(found)
    return (counts[1] - counts[0]) / (PASSES[1] - PASSES[0]) / EVENTS


def report() -> str:
    """Count for all, and write the counts."""
    count = counter_here()
    if count is None:
        return "instructions: neither perf nor valgrind can count here"
    found = {one.label: per_event(count, one) for one in CONTESTANTS}
    own = found["awsio"]
    lines = [f"  {label}: {value:,.0f} ({value / own:.2f})" for label, value in found.items()]
    return "\n".join(["instructions for each event (times those of awsio):", *lines])
