"""Hypothesis: random inputs, and seeds with changes in them; it makes findings small itself."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.found import name_of
from tests.fuzz.inputs import MAX_LENGTH
from tests.fuzz.seeds import TOKENS, seeds_of
from tests.fuzz.targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fuzz.targets import Target
    from tests.fuzz.worker import Spec

__all__ = ("explore", "inputs_of", "run")

SLOW = 20  # seconds for one input: a loop
#: Hypothesis remembers what it has tried, so one test is not to try a million things.
BATCH = 20_000
LONG = settings(
    database=None,
    deadline=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


def inputs_of(target: Target, seeds: list[bytes]) -> st.SearchStrategy[bytes]:
    """Make inputs: random ones, and seeds changed at some places."""
    place = st.integers(0, MAX_LENGTH)
    token = st.sampled_from(TOKENS) | st.binary(max_size=4)
    changes = st.lists(st.tuples(place, st.integers(0, 8), token), max_size=4)
    changed = st.builds(change, st.sampled_from(seeds), changes)
    if target.remake is not None:
        changed = st.builds(target.remake, changed | st.binary(max_size=80), st.integers(0, 2**31))
    return changed | st.binary(max_size=200)


def change(data: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    """Put tokens in the place of some bytes."""
    for place, length, token in changes:
        at = place % (len(data) + 1)
        data = data[:at] + token + data[at + length :]
    return data


def explore(
    target: Target, seeds: list[bytes], executions: int, seconds: int, first_seed: int
) -> tuple[int, bytes | None]:
    """Run a target until a limit is reached or an input fails.

    Returns:
        How often it ran, and the input that failed, made small; None if none has.
    """
    count = 0
    last = b""
    ends = time.monotonic() + seconds if seconds else None
    strategy = inputs_of(target, seeds)

    def once(data: bytes) -> None:
        nonlocal count, last
        count, last = count + 1, data
        signal.setitimer(signal.ITIMER_REAL, SLOW)
        target.run(data)

    before = signal.signal(signal.SIGALRM, too_slow)
    try:
        while (not executions or count < executions) and (not ends or time.monotonic() < ends):
            batch = min(BATCH, executions - count) if executions else BATCH
            run_batch(once, strategy, batch, first_seed + count)
    except Exception:  # noqa: BLE001 - any error is a finding, and the last input is the smallest
        return count, last
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return count, None


def too_slow(_number: int, _frame: Any) -> None:
    """End an input that takes so long that it is taken for a loop."""
    msg = f"an input took {SLOW} seconds"
    raise TimeoutError(msg)


def run_batch(
    once: Callable[[bytes], None], strategy: st.SearchStrategy[bytes], size: int, number: int
) -> None:
    """Run one test of Hypothesis; it raises what the smallest failing input raises."""
    seed(number)(settings(LONG, max_examples=size)(given(strategy)(once)))()


def run(spec: Spec) -> None:
    """Run a target as a worker does."""
    kept = [path.read_bytes() for path in sorted(Path(spec.corpus).glob("*"))]
    seeds = [*seeds_of(spec.target), *kept]
    target = TARGETS[spec.target]
    count, failed = explore(target, seeds, spec.executions, spec.seconds, spec.seed)
    if failed is not None:
        Path(spec.findings, f"crash-{name_of(failed)}").write_bytes(failed)
    print(f"stat::number_of_executed_units: {count}")
