"""``python -m tests.fuzz``: runs a campaign, prints the table, keeps what it finds."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import time
from pathlib import Path

from tests.fuzz import campaign
from tests.fuzz.targets import TARGETS

EXECUTIONS = 1_000_000


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--engine", choices=["atheris", "hypothesis"])
    parser.add_argument("--target", nargs="+", choices=TARGETS, default=[*TARGETS], metavar="NAME")
    parser.add_argument(
        "--executions",
        type=int,
        metavar="N",
        help=f"of all targets together; {EXECUTIONS:,} where there is no --seconds",
    )
    parser.add_argument("--seconds", type=int, default=0, metavar="S", help="for each target")
    parser.add_argument("--seed", type=int, default=int(time.time()), metavar="N")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="keep inputs for the next time")
    parser.add_argument("--list", action="store_true", help="name the targets and end")
    return parser.parse_args()


def engine_of(wanted: str | None) -> str:
    """Choose the engine, and say so where it is not the one that finds more."""
    if wanted is not None:
        return wanted
    if importlib.util.find_spec("atheris") is not None:
        return "atheris"
    print("atheris is not installed: Hypothesis runs, without coverage as a guide.")
    return "hypothesis"


def main() -> None:
    """Do what the command line says."""
    given = arguments()
    if given.list:
        print(*TARGETS, sep="\n")
        return
    executions = given.executions
    if executions is None:
        executions = 0 if given.seconds else EXECUTIONS
    plan = campaign.Plan(
        engine_of(given.engine),
        tuple(given.target),
        executions,
        given.seconds,
        given.seed,
        max(1, given.jobs),
        given.corpus,
    )
    began = time.monotonic()
    outcomes = campaign.run(plan)
    print(campaign.table(outcomes))
    print(
        f"{plan.engine}, seed {plan.seed}, {plan.jobs} processes, "
        f"{time.monotonic() - began:,.0f} seconds"
    )
    for outcome in outcomes:
        for data, reason in outcome.findings.items():
            print(f"\n{outcome.target} found {len(data)} bytes: {reason}")
        for log in outcome.failures:
            print(f"\na worker of {outcome.target} failed:\n{log}")
    if any(outcome.findings or outcome.failures for outcome in outcomes):
        sys.exit(1)


if __name__ == "__main__":
    main()
