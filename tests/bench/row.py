"""What a row is: who does which work, how it is shown, and what is aimed at."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = (
    "CPU_S",
    "FEW",
    "HIDE_FAST",
    "KIB",
    "KIB_EACH",
    "MB_S",
    "MIB",
    "MIB_MORE",
    "MS",
    "SLOW",
    "US_CALL",
    "US_EVENT",
    "Contestant",
    "Row",
    "Sense",
    "Unit",
)

KIB, MIB = 1024, 1024 * 1024
HIDE_FAST = ("isal", "orjson")
SLOW, FEW = 9, 7  # rounds

Sense = Literal["at least", "at most", "later", "value"]


@dataclass(frozen=True)
class Unit:
    """How a cost is shown.

    Attributes:
        name: the unit.
        show: the number, of a cost in seconds or bytes for one unit of work.
    """

    name: str
    show: Callable[[float], float]


US_EVENT = Unit("us/event", lambda cost: cost * 1e6)
MS = Unit("ms", lambda cost: cost * 1e3)
MB_S = Unit("MB/s", lambda cost: 1e-6 / cost)
US_CALL = Unit("us/call", lambda cost: cost * 1e6)
CPU_S = Unit("CPU s/100k events", lambda cost: cost * 1e5)
MIB_MORE = Unit("MiB", lambda cost: cost / MIB)
KIB_EACH = Unit("KiB", lambda cost: cost / KIB)


@dataclass(frozen=True)
class Contestant:
    """Who does the work.

    Attributes:
        label: as the table says it.
        task: ``module:function`` under ``tasks``.
        params: the function's arguments.
        hide: modules that are not to be found: without orjson and isal, awsio
            uses the standard library.
        needs: a peer that may not be installed, see :mod:`tests.bench.peers`.
    """

    label: str
    task: str
    params: dict[str, Any] = field(default_factory=dict)
    hide: tuple[str, ...] = ()
    needs: str | None = None


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes:
        name: for ``--rows``.
        work: what is done.
        unit: of the figures.
        subject: whose figure it is.
        peer: whom it is compared with.
        others: compared with the subject too, without a target.
        sense: what the result is: how many times the peer's cost is the subject's (``at
            least``), or the subject's the peer's (``at most``); how much more the
            subject's is (``later``); the subject's own cost (``value``).
        target: what is aimed at, None where the row only reports.
        fresh: each round has a new process.
        most_rounds: where a round takes seconds, so many are enough.
    """

    name: str
    work: str
    unit: Unit
    subject: Contestant
    peer: Contestant
    others: tuple[Contestant, ...] = ()
    sense: Sense = "at least"
    target: float | None = None
    fresh: bool = False
    most_rounds: int | None = None
