"""`Plan`: what one stream is to go through."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.soak.content import OPERATIONS

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

__all__ = ("DIRECT", "INTERRUPTIBLE", "KINDS", "Plan", "Request", "draw", "draw_close")

#: Routes to the server without anything between.
DIRECT = ("plain", "tls")
FRAMINGS = ("chunked", "length", "close")
#: What the server does, and how often. `surplus` goes on after the end of the body.
MODES = {"whole": 6, "cut": 4, "stall": 2, "trickle": 2, "flood": 2, "surplus": 4}
POOLS = ("bare", "botocore")
#: Ways of reading, by the operation.
KINDS = {
    "converse-stream": (
        *("events", "frames", "function", "select", "bytes", "into", "buffered", "mixed"),
    ),
    "invoke-with-response-stream": (
        *("events", "frames", "bytes", "payload", "pieces", "payload-lines", "lines", "json"),
    ),
}
#: Ways of which a read can be repeated after an exception that a signal handler has raised.
INTERRUPTIBLE = frozenset({"events", "frames", "bytes", "into", "pieces"})
#: Ways whose reads take a timeout.
TIMED = frozenset({"events", "frames"})
#: Who closes a stream before its end.
CLOSERS = ("nobody", "reader", "other", "finalizer", "drop", "with")
#: What a signal handler does, in the main thread alone.
HANDLERS = ("signal-closes", "signal-raises")

match_name = re.compile(r"(\d+)\.([a-z]+)\.([a-z]+)\.(\d+)\.(\d+)\.(plain|gzip)$").match


@dataclass(frozen=True)
class Request:
    """What the server is asked for; the name of a model says it.

    Attributes:
        stream: its number.
        mode: one of :data:`MODES`, or ``late``: whole, its last bytes a little later.
        framing: how the end of the body is told.
        count: frames, the terminal event not counted.
        seed: of what the server draws: where it cuts, how it splits.
        encoding: ``gzip``, or ``plain``.
    """

    stream: int
    mode: str
    framing: str
    count: int
    seed: int
    encoding: str

    @property
    def name(self) -> str:
        """The model's name."""
        return f"{self.stream}.{self.mode}.{self.framing}.{self.count}.{self.seed}.{self.encoding}"

    @classmethod
    def of(cls, name: str) -> Request:
        """Return the request of a name."""
        found = match_name(name)
        assert found is not None, name
        stream, mode, framing, count, seed, encoding = found.groups()
        return cls(int(stream), mode, framing, int(count), int(seed), encoding)


@dataclass(frozen=True)
class Plan:
    """What one stream is to go through.

    Attributes:
        request: what the server does.
        operation: which of the two.
        route: by which way, one of :data:`DIRECT` or through a proxy.
        pool: whose connections.
        kind: how it is read.
        size: of the reads of bytes.
        timeout: seconds for each read, None without.
        closer: who closes it before its end.
        after: items that are read before, or milliseconds that pass.
        last: with ``other``, the number of reads after which these milliseconds begin.
    """

    request: Request
    operation: str
    route: str
    pool: str
    kind: str
    size: int
    timeout: float | None
    closer: str
    after: float
    last: int = 0


def draw(rng: random.Random, stream: int, routes: Sequence[str], *, main: bool = False) -> Plan:
    """Draw a plan.

    Args:
        rng: where from.
        stream: the number.
        routes: those that are there.
        main: whether it is for the main thread, where signals are handled.
    """
    route = rng.choice(routes)
    mode = rng.choices([*MODES], [*MODES.values()])[0]
    framing = rng.choice(FRAMINGS)
    if mode == "surplus" and (route not in DIRECT or framing == "close"):
        mode = "whole"  # a proxy keeps it to itself, and a body without an end has none
    # A body of nothing cannot be cut.
    count = rng.randrange(300, 1500) if mode == "flood" else rng.randrange(mode == "cut", 40)
    # A length of a compressed body is not known to a proxy; cut, it says what plain ones say.
    encoding = "gzip" if mode == "whole" and rng.random() < 0.1 else "plain"
    request = Request(stream, mode, framing, count, rng.randrange(1 << 30), encoding)
    operation = rng.choice(OPERATIONS)
    kind = rng.choice(KINDS[operation])
    plan = Plan(
        request,
        operation,
        route,
        rng.choice(POOLS),
        kind,
        rng.choice((4096, 65536, 1 << 20) if mode == "flood" else (1, 7, 100, 4096, 65536)),
        rng.choice((0.0, 0.001, 0.02)) if kind in TIMED and rng.random() < 0.3 else None,
        rng.choice(CLOSERS),
        rng.randrange(20),
    )
    if main and kind in INTERRUPTIBLE:
        plan = replace(plan, closer=rng.choice(HANDLERS))
    return plan


def draw_close(rng: random.Random, stream: int, routes: Sequence[str], **_: bool) -> Plan:
    """Draw a short plan whose stream another thread closes.

    Most often it aims at the read that finds the body's end, and gives the connection back to its
    pool. The server does nothing wrong, so nothing but that close may end the stream early.

    Args:
        rng: where from.
        stream: the number.
        routes: those that are there; over TLS goes every eighth stream.
    """
    route = "tls" if stream % 8 == 0 else "plain"
    assert route in routes
    framing = rng.choice(("chunked", "chunked", "length"))
    request = Request(stream, "late", framing, rng.randrange(4), rng.randrange(1 << 30), "plain")
    kind = rng.choice(("events", "frames", "bytes"))
    # The frames, and the terminal event; as bytes, all of them in one read.
    last = 1 if kind == "bytes" else request.count + 1
    after, last = rng.choice([(0.6, 0), (0.4, last), (0.4, last)])
    after *= rng.random()
    return Plan(
        request, "converse-stream", route, "bare", kind, 1 << 16, None, "other", after, last
    )
