"""`check_stream`: every clause of the contract, for the sources of one factory."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from awsio.testing.conformance import closing, ends, live, whole
from awsio.testing.conformance.trial import run_clause

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from awsio.testing.conformance.pieces import StreamPieces

__all__ = ("StreamReport", "check_stream")

PATIENCE = 10.0
CLAUSES = (*whole.CLAUSES, *ends.CLAUSES, *live.CLAUSES, *closing.CLAUSES)
LACKS = {
    "stalls": "the source cannot stand still (stalls=False)",
    "timeouts": "the source cannot be waited for in time (timeouts=False)",
    "wakes": "a read of the source cannot be broken off (wakes=False)",
    "announces_end": "the source's transport announces no end (announces_end=False)",
}


class StreamReport(NamedTuple):
    """What :func:`check_stream` has done.

    Attributes:
        checked: the names of the clauses that hold.
        left_out: the names of those that were not checked, and why.
    """

    checked: tuple[str, ...]
    left_out: Mapping[str, str] = MappingProxyType({})

    def __str__(self) -> str:
        """Give a line for each clause."""
        lines = [f"{name}: holds" for name in self.checked]
        return "\n".join(
            lines + [f"{name}: left out, {why}" for name, why in self.left_out.items()]
        )


def check_stream(
    factory: Callable[[StreamPieces], Any],
    *,
    stalls: bool = True,
    timeouts: bool = True,
    wakes: bool = True,
    announces_end: bool = False,
    patience: float = PATIENCE,
) -> StreamReport:
    """Check that a connection over your byte source keeps the contract.

    Everything that :class:`~awsio.PawsConnection` promises is tried: order and end,
    truncation, damage, arrival, timeouts, closing, and the mixing of bytes and frames.

    Args:
        factory: called with :class:`StreamPieces`, the pieces to give in order, many
            times and in threads of the check's own. It returns what a
            :class:`~awsio.PawsConnection` takes, a connection, or a context manager that
            gives one of the two. A writer of its own (a thread, a server) iterates over
            the pieces and writes each at once; it ends quietly when its reader has gone.
        stalls: whether the source can stand still between two pieces. What is joined
            before it is read, as a file on disk, cannot.
        timeouts: whether reads can be given a timeout: the source has a file descriptor,
            or minds the deadline that ``read`` is given.
        wakes: whether a read that waits can be broken off by closing: the source is a
            response, a buffered file of a socket, or has ``wake()``.
        announces_end: whether the source's transport tells a cut from its end, as HTTP
            does. The factory then breaks off where ``pieces.cut`` is true.
        patience: seconds after which a clause counts as hung, beyond those that it
            watches in any case.

    Returns:
        What was checked, and what was left out and why.

    Raises:
        AssertionError: a clause is broken; the message names it, says what it promises
            and what was seen. What the source or the factory raised by itself, and what
            ``read`` gave that is not to be given, stands first. The error behind it is
            its ``__cause__``.
        TypeError: what the factory gives cannot be read.

    Example:
        >>> import io
        >>> from awsio.testing import check_stream
        >>> report = check_stream(lambda pieces: io.BytesIO(b"".join(pieces)), stalls=False)
        >>> report.left_out["arrival"]
        'the source cannot stand still (stalls=False)'
    """
    able = {
        "stalls": stalls,
        "timeouts": timeouts,
        "wakes": wakes,
        "announces_end": announces_end,
    }
    checked, left_out = [], {}
    for clause in CLAUSES:
        lacking = [need for need in clause.needs if not able[need]]
        reason = LACKS[lacking[0]] if lacking else run_clause(clause, factory, patience)
        if reason is None:
            checked.append(clause.name)
        else:
            left_out[clause.name] = reason
    return StreamReport(tuple(checked), MappingProxyType(left_out))
