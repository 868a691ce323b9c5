"""What a run found: as a table for people, as JSON, and in a page between its markers."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bench.measure import Comparison, Figure, Result
    from tests.bench.row import Row

__all__ = ("as_json", "as_table", "header", "put_between_markers")

TITLES = ("row", "work", "awsio", "peer", "result", "spread", "target", "verdict")
BEGIN, END = "<!-- benchmark: begin -->", "<!-- benchmark: end -->"


def number(value: float) -> str:
    """Write a number with three digits that count."""
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2
    return f"{value:,.{digits}f}"


def outcome_text(row: Row, value: float) -> str:
    """Write a row's result, or its target."""
    if row.sense == "later":
        return f"{value * 1e3:+.2f} ms"
    if row.sense == "value":
        return f"{number(row.unit.show(value))} {row.unit.name}"
    return f"{number(value)}x"


def target_text(row: Row) -> str:
    """Write what is aimed at."""
    if row.target is None:
        return ""
    sign = ">=" if row.sense == "at least" else "<="
    return f"{sign} {outcome_text(row, row.target)}"


def spread_text(row: Row, figure: Figure) -> str:
    """Write the smallest and the largest of the rounds."""
    low, high = outcome_text(row, figure.low), outcome_text(row, figure.high)
    unit = low.partition(" ")[2] if " " in low else "x"
    return f"{low.removesuffix(unit).strip()} .. {high}"


def lines_of(result: Result) -> list[tuple[str, ...]]:
    """Give the lines of a row: its own, one for each other contestant, and what they told."""
    row = result.row

    def line(label: str, comparison: Comparison, name: str = "", work: str = "") -> list[str]:
        own = comparison.costs.get(row.subject.label)
        their = comparison.costs.get(label)
        found = comparison.results.get(label if row.sense != "value" else row.subject.label)
        return [
            name,
            work,
            f"{number(row.unit.show(own.median))} {row.unit.name}" if own and work else "",
            f"{number(row.unit.show(their.median))} {label}" if their else f"no {label}",
            *((outcome_text(row, found.median), spread_text(row, found)) if found else ("", "")),
        ]

    first = line(row.peer.label, result.cost, row.name, row.work)
    lines = [(*first, target_text(row), result.verdict)]
    lines += [(*line(one.label, result.cost), "", "") for one in row.others]
    if result.cpu:
        lines.append((*line(row.peer.label, result.cpu, work="- the client's CPU in it"), "", ""))
    for label, facts in result.facts.items():
        if facts:
            said = ", ".join(f"{name} {value}" for name, value in facts.items())
            lines.append(("", f"- {label}: {said}", *[""] * 6))
    return lines


def as_table(results: list[Result], *, markdown: bool = False) -> str:
    """Write the results as a table, in Markdown or in columns."""
    lines = [TITLES, *(line for result in results for line in lines_of(result))]
    if markdown:
        rule = ("---",) * len(TITLES)
        return "\n".join(f"| {' | '.join(line)} |" for line in [lines[0], rule, *lines[1:]])
    widths = [max(len(line[column]) for line in lines) for column in range(len(TITLES))]
    columns = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join(columns)


def header(about: dict[str, Any]) -> str:
    """Say when, where and with what the run was made."""
    versions = ", ".join(f"{name} {found}" for name, found in about["versions"].items())
    return (
        f"Measured on {about['date']}: {about['python']}, {about['system']}, "
        f"{about['processor']}, {about['cores']} cores; {versions}; "
        f"{about['rounds']} rounds{' (quick)' if about['quick'] else ''}."
    )


def as_json(about: dict[str, Any], results: list[Result]) -> str:
    """Write everything that was found, each round of it."""
    rows = [
        {
            "name": result.row.name,
            "work": result.row.work,
            "unit": result.row.unit.name,
            "sense": result.row.sense,
            "target": result.row.target,
            "verdict": result.verdict,
            "result": asdict(result.outcome) if result.outcome else None,
            "cost": asdict(result.cost),
            "cpu": asdict(result.cpu) if result.cpu else None,
            "facts": result.facts,
            "absent": result.absent,
        }
        for result in results
    ]
    return json.dumps({"about": about, "rows": rows}, indent=1) + "\n"


def put_between_markers(page: Path, about: dict[str, Any], results: list[Result]) -> None:
    """Put the table into a page in place of what its markers enclose.

    Raises:
        ValueError: the page has no markers.
    """
    text = page.read_text("utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        msg = f"{page} has no {BEGIN} and {END}"
        raise ValueError(msg)
    table = as_table(results, markdown=True)
    page.write_text(f"{before}{BEGIN}\n{header(about)}\n\n{table}\n{END}{after}", "utf-8")
