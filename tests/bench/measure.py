"""Measuring a row: contestants in processes of their own, rounds that take turns."""

from __future__ import annotations

import statistics
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.bench.child import Child
from tests.bench.peers import available, folders_of

if TYPE_CHECKING:
    from tests.bench.row import Contestant, Row

__all__ = ("Comparison", "Effort", "Figure", "Result", "measure")


@dataclass(frozen=True)
class Effort:
    """How often is measured.

    Attributes:
        rounds: measured in all.
        generations: new processes for each contestant; the rounds are spread over them, for
            how a process lies in memory is luck that no number of rounds in it evens out.
    """

    rounds: int
    generations: int

    def of_row(self, row: Row) -> Effort:
        """Give the effort for a row; where each round is new, it is a generation of its own."""
        rounds = min(self.rounds, row.most_rounds or self.rounds)
        return Effort(rounds, rounds if row.fresh else self.generations)

    def rounds_of(self, generation: int) -> int:
        """Give the rounds of a generation."""
        return (self.rounds - generation - 1) // self.generations + 1


@dataclass(frozen=True)
class Figure:
    """A median and its spread.

    Attributes:
        median: over the rounds.
        low: the smallest.
        high: the largest.
        rounds: all of them.
    """

    median: float
    low: float
    high: float
    rounds: list[float]

    @classmethod
    def of(cls, rounds: list[float]) -> Figure:
        """Sum up rounds."""
        return cls(statistics.median(rounds), min(rounds), max(rounds), rounds)


@dataclass(frozen=True)
class Comparison:
    """Costs of one kind.

    Attributes:
        costs: label to cost.
        results: label to the row's result with this contestant as the peer; where the
            row's sense is ``value``, only the subject's label to its own cost.
    """

    costs: dict[str, Figure]
    results: dict[str, Figure]

    @classmethod
    def of(cls, row: Row, costs: dict[str, list[float]]) -> Comparison:
        """Compare the subject with each of the others, round by round."""
        figures = {label: Figure.of(rounds) for label, rounds in costs.items()}
        subject = costs.get(row.subject.label)
        if subject is None:
            return cls(figures, {})
        if row.sense == "value":
            return cls(figures, {row.subject.label: Figure.of(subject)})
        results = {}
        for label, others in costs.items():
            if label != row.subject.label:
                pairs = zip(subject, others, strict=True)
                results[label] = Figure.of([against(row, mine, theirs) for mine, theirs in pairs])
        return cls(figures, results)


@dataclass
class Result:
    """What came out for a row.

    Attributes:
        row: the row.
        cost: what the row is about.
        cpu: of the same rounds the CPU seconds, where the cost is in seconds by the clock.
        facts: label to what a contestant told beside its cost.
        absent: labels of contestants that need what is not installed.
    """

    row: Row
    cost: Comparison
    cpu: Comparison | None = None
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    absent: list[str] = field(default_factory=list)

    @property
    def outcome(self) -> Figure | None:
        """The figure that the target is about; None if the peer or the subject is absent."""
        row = self.row
        return self.cost.results.get((row.subject if row.sense == "value" else row.peer).label)

    @property
    def verdict(self) -> str:
        """Whether the target is met."""
        outcome, target = self.outcome, self.row.target
        if outcome is None:
            return "not measured"
        if target is None:
            return ""
        least = self.row.sense == "at least"
        met = outcome.median >= target if least else outcome.median <= target
        return "met" if met else "missed"


def measure(row: Row, effort: Effort) -> Result:
    """Measure a row."""
    contestants = (row.subject, row.peer, *row.others)
    here = [one for one in contestants if available(one.needs)]
    costs: dict[str, list[float]] = {one.label: [] for one in here}
    cpu: dict[str, list[float]] = {one.label: [] for one in here}
    facts: dict[str, dict[str, Any]] = {}
    effort = effort.of_row(row)
    for generation in range(effort.generations):
        rounds = effort.rounds_of(generation)
        for label, told in play(here, rounds, warm_up=not row.fresh):
            costs[label].append(told.pop("cost"))
            if "cpu" in told:
                cpu[label].append(told.pop("cpu"))
            facts[label] = told
    return Result(
        row,
        Comparison.of(row, costs),
        Comparison.of(row, cpu) if all(cpu.values()) else None,
        facts,
        [one.label for one in contestants if one not in here],
    )


def play(
    contestants: list[Contestant], rounds: int, *, warm_up: bool
) -> list[tuple[str, dict[str, Any]]]:
    """Let contestants take turns; gives label and what was told, round by round."""
    found = []
    with ExitStack() as stack:
        workers = []
        for one in contestants:
            spec = {"task": one.task, "params": one.params, "hide": one.hide}
            child = stack.enter_context(Child("worker", spec, folders_of(one.needs)))
            workers.append((one.label, child))
        for _, child in workers:
            child.wait()
        for number in range(-1 if warm_up else 0, rounds):
            for label, child in workers if number % 2 else reversed(workers):
                told = child.ask("run")
                if number >= 0:
                    found.append((label, told))
    return found


def against(row: Row, mine: float, theirs: float) -> float:
    """Compare two costs of one round."""
    if row.sense == "later":
        return mine - theirs
    return theirs / mine if row.sense == "at least" else mine / theirs
