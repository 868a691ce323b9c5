"""``python -m tests.bench``: measures, prints the table, writes what was asked for."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench import instructions, plot, report
from tests.bench.measure import Effort, measure
from tests.bench.peers import describe
from tests.bench.rows import all_rows, select_rows
from tests.bench.scaling import scaling_rows

if TYPE_CHECKING:
    from tests.bench.measure import Result
    from tests.bench.row import Row

QUICK = Effort(rounds=7, generations=1)
FULL = Effort(rounds=21, generations=3)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less work, for a first look")
    parser.add_argument("--rows", metavar="A,B", help="only these rows, or groups of rows")
    parser.add_argument("--list", action="store_true", help="name the rows and end")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write every round there")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="put the table in this page")
    parser.add_argument("--plot", metavar="FILE", type=Path, help="measure and draw the scaling")
    parser.add_argument("--instructions", action="store_true", help="count those of an event, too")
    return parser.parse_args()


def run(rows: list[Row], effort: Effort) -> list[Result]:
    """Measure the rows, and say on the way how far it is; a row that fails is left out."""
    results = []
    for row in rows:
        began = time.monotonic()
        print(f"{row.name} ...", end="", file=sys.stderr, flush=True)
        try:
            results.append(measure(row, effort))
        except RuntimeError as error:
            print(f" failed: {error}", file=sys.stderr)
        else:
            print(f" {time.monotonic() - began:.1f} s", file=sys.stderr)
    return results


def main() -> None:
    """Do what the command line says."""
    given = arguments()
    rows = all_rows(quick=given.quick)
    if given.rows:
        rows = select_rows(rows, given.rows.split(","))
    if given.list:
        print(*(row.name for row in rows), sep="\n")
        return
    if given.plot:
        plot.check_installed()
    effort = QUICK if given.quick else FULL
    about = {**describe(), "quick": given.quick, "rounds": effort.rounds}
    results = run(rows, effort)
    print(report.header(about), report.as_table(results), sep="\n\n")
    if given.instructions:
        print(instructions.report())
    if given.markdown:
        report.put_between_markers(given.markdown, about, results)
    scaling = run(scaling_rows(quick=given.quick), effort) if given.plot else []
    if given.json:
        given.json.write_text(report.as_json(about, [*results, *scaling]), "utf-8")
    if given.plot:
        plot.draw(scaling, about, given.plot)
    if len(results) < len(rows):
        raise SystemExit(f"{len(rows) - len(results)} rows failed, their errors stand above")


if __name__ == "__main__":
    main()
