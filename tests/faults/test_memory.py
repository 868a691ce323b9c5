"""No stream makes the memory grow, whatever it announces and however long it is.

Each runs in a new process, whose peak is measured; see ``growth.py``. The one bound that is
higher is that of the largest frame itself: it has to be there as a whole, with the pieces
that it came in and the payload that is made of it.

``AWSIO_LONG=1`` sends a million header blocks and ten million events.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from awsio.eventstream import MAX_PAYLOAD

ROOT = Path(__file__).resolve().parents[2]
MIB = 1024 * 1024
BOUND = 16 * MIB
#: Copies of the largest frame that may be there at a time.
COPIES = 4
PATIENCE = 600.0

# Case, count, count with AWSIO_LONG=1, bound.
CASES = [
    pytest.param("announced", 10, 2_000, BOUND, id="24 MiB announced and cut"),
    pytest.param("announced_at_once", 300, 2_000, BOUND, id="24 MiB announced in open streams"),
    pytest.param("largest_as_bytes", 4, 200, BOUND, id="24 MiB read as bytes"),
    pytest.param("largest_as_frames", 4, 200, COPIES * MAX_PAYLOAD, id="24 MiB read as frames"),
    pytest.param("header_blocks", 100_000, 1_000_000, BOUND, id="distinct header blocks"),
    pytest.param("tiny_events", 300_000, 10_000_000, BOUND, id="tiny events"),
]


def growth(case: str, count: int) -> int:
    """Give by how many bytes the memory of a new process grows."""
    # The same modules as here; the checkout comes last, for `tests` alone.
    path = os.pathsep.join([*filter(None, sys.path), str(ROOT)])
    # What measures coverage would be measured too.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tests.faults.growth", case, str(count)],
        capture_output=True,
        text=True,
        env={**kept, "PYTHONPATH": path},
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.parametrize(("case", "short", "full", "bound"), CASES)
def test_memory_does_not_grow_with_the_stream(
    case: str,
    short: int,
    full: int,
    bound: int,
    long: bool,  # noqa: FBT001 - a fixture
) -> None:
    count = full if long else short
    grown = growth(case, count)
    print(f"{case} {count:,}: {grown / MIB:.1f} MiB")
    assert grown < bound
