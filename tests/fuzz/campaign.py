"""A campaign: targets dealt out to worker processes, and what came of it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.fuzz import found
from tests.fuzz.shrink import failure, shrink
from tests.fuzz.targets import TARGETS
from tests.fuzz.worker import Spec

#: Where the tests are.
ROOT = Path(__file__).parents[2]

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ("Outcome", "Plan", "executions_of", "run", "table")

GRACE = 120  # seconds that a worker may take beyond its time, to start and to end
LOG_SHOWN = 3000
TITLES = ("target", "executions", "per second", "coverage", "findings")
find_executions = re.compile(r"stat::number_of_executed_units:\s+(\d+)").findall
find_coverage = re.compile(r"\bcov: (\d+)").findall


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Attributes:
        engine: ``atheris`` or ``hypothesis``.
        targets: names.
        executions: of all targets together; 0 for no limit.
        seconds: for each target; 0 for no limit.
        seed: of the random numbers.
        jobs: processes at a time.
        corpus: where inputs that reach something new are kept; None forgets them.
    """

    engine: str
    targets: tuple[str, ...]
    executions: int
    seconds: int
    seed: int
    jobs: int
    corpus: Path | None


@dataclass
class Outcome:
    """What came of a target.

    Attributes:
        target: its name.
        executions: done.
        seconds: that its workers took, one after the other.
        coverage: branches of awsio reached, None where the engine does not count them.
        findings: input to what it raised.
        failures: what workers said that ended otherwise than they should.
    """

    target: str
    executions: int = 0
    seconds: float = 0.0
    coverage: int | None = None
    findings: dict[bytes, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


def executions_of(targets: tuple[str, ...], executions: int) -> Mapping[str, int]:
    """Deal executions out by the targets' shares, at least one to each."""
    shares = {name: TARGETS[name].share for name in targets}
    total = sum(shares.values())
    return {name: max(1, executions * share // total) for name, share in shares.items()}


def specs(plan: Plan, folder: Path) -> Iterator[Spec]:
    """Give what each worker has to do; each target's work is for as many as run at a time."""
    counts = executions_of(plan.targets, plan.executions)
    for name in plan.targets:
        share = -(-counts[name] // plan.jobs) if plan.executions else 0
        for job in range(plan.jobs):
            yield Spec(
                plan.engine,
                name,
                share,
                plan.seconds,
                plan.seed + job * 1_000_000_007 % (1 << 31),
                str((plan.corpus or folder / "corpus") / name),
                str(folder / f"{name}-{job}"),
            )


def run(plan: Plan) -> list[Outcome]:
    """Run a campaign, and say on the way how far it is."""
    outcomes = {name: Outcome(name) for name in plan.targets}
    with TemporaryDirectory(prefix="fuzz-") as name, ThreadPoolExecutor(plan.jobs) as pool:
        for spec, told, seconds in pool.map(work, specs(plan, Path(name))):
            outcome = outcomes[spec.target]
            add(outcome, spec, told, seconds)
            print(f"{spec.target}: {outcome.executions:,} executions", file=sys.stderr)
    return list(outcomes.values())


def work(spec: Spec) -> tuple[Spec, subprocess.CompletedProcess[str], float]:
    """Run one worker."""
    began = time.monotonic()
    told = subprocess.run(
        [sys.executable, "-P", "-m", "tests.fuzz.worker", spec.as_argument()],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment(),
        timeout=spec.seconds + GRACE if spec.seconds else None,
        check=False,
    )
    return spec, told, time.monotonic() - began


def environment() -> dict[str, str]:
    """Give the environment of a worker: it finds the modules that this process finds.

    The tests too, which pytest finds by itself; behind all others, so that the package is
    the one that is installed, if it is.
    """
    found_here = [entry or os.getcwd() for entry in sys.path]  # noqa: PTH109 - sys.path holds strings
    path = os.pathsep.join([*found_here, str(ROOT)])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**kept, "PYTHONPATH": path, "PYTHONHASHSEED": "0"}


def add(
    outcome: Outcome, spec: Spec, told: subprocess.CompletedProcess[str], seconds: float
) -> None:
    """Add what a worker has done."""
    outcome.seconds += seconds
    outcome.executions += int((find_executions(told.stdout) or ["0"])[-1])
    covered = find_coverage(told.stdout)
    if covered:
        outcome.coverage = max(outcome.coverage or 0, int(covered[-1]))
    inputs = [path for path in Path(spec.findings).glob("*-*") if path.is_file()]
    for path in inputs:
        keep(outcome, path)
    if told.returncode and not inputs:
        outcome.failures.append(told.stdout[-LOG_SHOWN:])


def keep(outcome: Outcome, path: Path) -> None:
    """Make a finding small and keep it; one that takes too long or too much stays as it is."""
    data = path.read_bytes()
    reason = path.name.partition("-")[0]
    if reason == "crash":
        run_target = TARGETS[outcome.target].run
        data = shrink(run_target, data)
        error = failure(run_target, data)
        reason = summary(error) if error is not None else "fails only in its worker"
    outcome.findings[data] = reason
    print(f"kept: {found.keep(outcome.target, data, reason)}", file=sys.stderr)


def summary(error: Exception) -> str:
    """Say in one line what an error is."""
    return f"{type(error).__name__}: {error}".partition("\n")[0]


def table(outcomes: list[Outcome]) -> str:
    """Write what came of a campaign, in columns."""
    total = Outcome("all")
    for one in outcomes:
        total.executions += one.executions
        total.seconds += one.seconds
        total.findings.update(one.findings)
    lines = [TITLES, *map(line_of, [*outcomes, total])]
    widths = [max(len(line[column]) for line in lines) for column in range(len(TITLES))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def line_of(outcome: Outcome) -> tuple[str, ...]:
    """Write one line; the rate is that of one process, its start included."""
    rate = f"{outcome.executions / outcome.seconds:,.0f}" if outcome.seconds else ""
    covered = "" if outcome.coverage is None else f"{outcome.coverage:,}"
    findings = str(len(outcome.findings))
    return outcome.target, f"{outcome.executions:,}", rate, covered, findings
