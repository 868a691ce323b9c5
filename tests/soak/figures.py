"""What a process holds, and the figures of a run."""

from __future__ import annotations

import gc
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.memory import resident

if TYPE_CHECKING:
    from tests.soak.plan import Plan

__all__ = ("Fault", "Figures", "Held", "held")

DESCRIPTORS = Path("/proc/self/fd")
#: Bytes that memory may grow by after the first quarter, with all that Python keeps for itself.
GROWTH = 32 * 1024 * 1024
#: Kinds of faults that the table shows one by one, also where there are none. A stream that ends
#: with an error which its plan does not lead to was cut by the close of another one.
NAMED = {
    "hang": "hangs",
    "loss": "losses",
    "foreign": "foreign bytes",
    "error": "cut by others",
    "open": "refused opens",
}


@dataclass(frozen=True)
class Held:
    """What this process holds.

    Attributes:
        descriptors: open ones; 0 where the system does not tell.
        threads: that run.
        memory: resident, in bytes.
    """

    descriptors: int
    threads: int
    memory: int


def held() -> Held:
    """Count what this process holds, after a collection."""
    gc.collect()
    descriptors = sum(1 for _ in DESCRIPTORS.iterdir()) if DESCRIPTORS.is_dir() else 0
    return Held(descriptors, threading.active_count(), resident("VmRSS"))


@dataclass(frozen=True)
class Fault:
    """What went wrong.

    Attributes:
        kind: ``loss``, ``foreign``, ``error``, ``late``, ``hang``, ``open``, ``close`` or
            ``leak``.
        plan: of the stream, None for the whole run.
        told: what was seen.
    """

    kind: str
    plan: Plan | None
    told: str


@dataclass
class Figures:
    """What came of a run. Threads add to it, one by one.

    Attributes:
        streams: that were opened.
        items: reads that gave something.
        ends: how streams ended, and how often.
        routes: by which way they went, and how many.
        faults: what went wrong.
        closes: how many there were; a stream may be closed by two threads.
        close: the longest that one took, in seconds.
        before: what the process held once it was warm.
        after: what it held at the end.
        server: counts of the server.
    """

    streams: int = 0
    items: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    routes: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    closes: int = 0
    close: float = 0.0
    before: Held | None = None
    after: Held | None = None
    server: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, end: str, items: int, route: str) -> None:
        """Add a stream."""
        with self.lock:
            self.streams += 1
            self.items += items
            self.ends[end] += 1
            self.routes[route] += 1

    def fault(self, kind: str, plan: Plan | None, told: str) -> None:
        """Add a fault."""
        with self.lock:
            self.faults.append(Fault(kind, plan, told))

    def note_close(self, seconds: float) -> None:
        """Note how long a close took."""
        with self.lock:
            self.closes += 1
            self.close = max(self.close, seconds)

    def settle(self, seconds: float) -> None:
        """Compare what is held at the end with what was held before; wait for it a while.

        Args:
            seconds: the longest wait.
        """
        before = self.before
        deadline = time.monotonic() + seconds
        while True:
            after = held()
            if before is None:
                break
            more = after.descriptors > before.descriptors or after.threads > before.threads
            if not more or time.monotonic() > deadline:
                break
            time.sleep(0.05)
        self.after = after
        if before is not None:
            for name, limit in (("descriptors", 0), ("threads", 0), ("memory", GROWTH)):
                one, two = getattr(before, name), getattr(after, name)
                if two > one + limit:
                    self.fault("leak", None, f"{name}: {one:,} before, {two:,} after")

    def table(self) -> str:
        """Write the figures, one a line."""
        before, after = self.before or held(), self.after or held()
        kinds = Counter(fault.kind for fault in self.faults)
        mib = 1024 * 1024
        rows = [
            ("streams", f"{self.streams:,} in {self.seconds:,.0f} s"),
            *((f"  by {route}", f"{number:,}") for route, number in self.routes.most_common()),
            ("reads", f"{self.items:,}"),
            *((f"  {end}", f"{number:,}") for end, number in self.ends.most_common()),
            *((name, f"{kinds.pop(kind, 0):,}") for kind, name in NAMED.items()),
            ("other faults", f"{sum(kinds.values()):,}"),
            ("closes", f"{self.closes:,}"),
            ("longest close", f"{self.close * 1000:,.0f} ms"),
            ("descriptors", f"{before.descriptors:,} -> {after.descriptors:,}"),
            ("threads", f"{before.threads:,} -> {after.threads:,}"),
            ("memory", f"{before.memory / mib:,.0f} -> {after.memory / mib:,.0f} MiB"),
            *((f"server: {name}", f"{number:,}") for name, number in self.server.items()),
        ]
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"{name.ljust(width)}  {value}" for name, value in rows)
