"""Every way to read a stream, with a check of each byte.

A way is a function of a :class:`Reader`, which calls :meth:`Reader.take` around each read: what
a signal handler raises comes out of that call and nowhere else.
"""

from __future__ import annotations

import io
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from awsio.errors import StreamTimeoutError
from tests.soak.content import document, frames, line, payload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from awsio import PawsConnection
    from tests.soak.plan import Plan

__all__ = ("Foreign", "Interrupt", "Late", "Reader", "Stop")

#: Seconds that a read may take longer than its timeout, on a machine that does much else.
LATE = 1.0


class Foreign(AssertionError):  # noqa: N818 - named by what came
    """What was read is not what comes next."""


class Late(AssertionError):  # noqa: N818 - named by what was seen
    """A timeout, or a close, took far longer than it may."""


class Interrupt(BaseException):
    """What a signal handler raises."""


class Stop(Exception):  # noqa: N818 - not an error
    """The reader has read as much as it was to."""


class Reader:
    """Reads one stream and checks what comes.

    Args:
        con: the stream.
        plan: what it is.
        close_later: called after as many reads as the plan says, where another thread closes.

    Attributes:
        number: of the frame that comes next, or of the byte where bytes are read.
        reads: how many there were.
        reading: whether a read is running now.
        ended: whether the stream ended cleanly.
    """

    def __init__(
        self, con: PawsConnection, plan: Plan, close_later: Callable[[], None] | None = None
    ) -> None:
        self.con: Any = con
        self.plan = plan
        self.number = 0
        self.reading = False
        self.ended = False
        self.reads = 0
        self._stream = plan.request.stream
        self._close_later = close_later

    def run(self) -> None:
        """Read to the end, or until something is raised."""
        WAYS[self.plan.kind](self)
        self.ended = True

    def take(self, read: Callable[[], Any]) -> Any:
        """Read once; stop where the plan says so."""
        plan = self.plan
        if plan.closer in {"reader", "drop", "with"} and self.reads >= plan.after:
            raise Stop
        if plan.closer == "other" and self.reads == plan.last and self._close_later is not None:
            self._close_later()
        self.reads += 1
        while True:
            began = time.monotonic()
            try:
                self.reading = True
                return read()
            except StreamTimeoutError as error:
                if not error.resumable:
                    raise
                if time.monotonic() - began > (plan.timeout or 0) + LATE:
                    raise Late(f"{time.monotonic() - began:.2f} s for {plan.timeout} s") from error
            except Interrupt:
                pass  # and read on
            finally:
                self.reading = False

    @property
    def complete(self) -> bool:
        """Whether everything that the server has sent was read."""
        if self.plan.kind in {"bytes", "into", "buffered"}:
            return self.number == len(self._wire())
        if self.plan.kind == "payload":
            return self.number == len(payload(self._stream, self.plan.request.count))
        return self.number == self.plan.request.count

    # What comes next

    def text(self, found: object) -> None:
        """Check a line."""
        self._same(found, line(self._stream, self.number))

    def event(self, event: Any) -> None:
        """Check an event."""
        if event.get("messageStop"):
            self._same(self.number, self.plan.request.count, step=0)
        elif "chunk" in event:
            self.text(event["chunk"]["bytes"].decode())
        else:
            self.text(event["contentBlockDelta"]["delta"]["text"])

    def document(self, found: object) -> None:
        """Check a document."""
        self._same(found, document(self._stream, self.number))

    def piece(self, found: bytes, whole: bytes) -> None:
        """Check bytes."""
        self._same(found, whole[self.number : self.number + len(found)], step=len(found))

    def _same(self, found: object, expected: object, step: int = 1) -> None:
        if found != expected:
            msg = f"at {self.number}: {str(found)[:200]!r}, not {str(expected)[:200]!r}"
            raise Foreign(msg)
        self.number += step

    def _wire(self) -> bytes:
        return b"".join(frames(self.plan.operation, self._stream, self.plan.request.count))

    # The ways

    def events(self) -> None:
        """Read events, with a timeout or without."""
        timeout = self.plan.timeout
        while (event := self.take(lambda: self.con.read_event(timeout=timeout))) is not None:
            self.event(event)

    def frames(self) -> None:
        """Read frames, and parse them."""
        timeout, parser = self.plan.timeout, self.con.parser
        while (frame := self.take(lambda: self.con.read_frame(timeout=timeout))) is not None:
            self.event(parser.parse(frame))

    def function(self) -> None:
        """Iterate, as a handler does that pushes events through a function."""
        events = iter(self.con)
        while (event := self.take(lambda: next(events, None))) is not None:
            self.event(event)

    def select(self) -> None:
        """Read what an expression finds."""
        texts = self.con.select("contentBlockDelta.delta.text")
        while (text := self.take(lambda: next(texts, None))) is not None:
            self.text(text)

    def bytes(self) -> None:
        """Read bytes."""
        whole, size = self._wire(), self.plan.size
        while data := self.take(lambda: self.con.read(size)):
            self.piece(data, whole)

    def into(self) -> None:
        """Read bytes into a buffer."""
        whole, buffer = self._wire(), bytearray(self.plan.size)
        while count := self.take(lambda: self.con.readinto(buffer)):
            self.piece(bytes(buffer[:count]), whole)

    def buffered(self) -> None:
        """Read bytes through Python's buffer."""
        whole = self._wire()
        with unclosed(io.BufferedReader(self.con, 512)) as file:
            while data := self.take(lambda: file.read1(max(self.plan.size, 1))):
                self.piece(data, whole)

    def mixed(self) -> None:
        """Read some events, then bytes up to the end of each frame, then events."""
        wire = frames(self.plan.operation, self._stream, self.plan.request.count)
        for number, frame in enumerate(wire[:-1]):
            if number % 3:
                left = len(frame)
                data = b""
                while left and (piece := self.take(lambda: self.con.read(left))):  # noqa: B023 - called at once
                    data += piece
                    left -= len(piece)
                self._same(data, frame)
            else:
                self.event(self.take(self.con.read_event) or {"messageStop": True})
        self.events()

    def payload(self) -> None:
        """Read the bytes that events carry."""
        whole, file = payload(self._stream, self.plan.request.count), self.con.payload()
        while data := self.take(lambda: file.read(self.plan.size)):
            self.piece(data, whole)

    def pieces(self) -> None:
        """Read the bytes that events carry, as they come."""
        while (data := self.take(self.con.read_payload)) is not None:
            self.text(data.decode())

    def payload_lines(self) -> None:
        """Read lines of what events carry, as of any file."""
        file = self.con.payload()
        while text := self.take(file.readline):
            self.text(text.decode())

    def lines(self) -> None:
        """Read lines."""
        while (found := self.take(self.con.read_lines)) is not None:
            for text in found:
                self.text(text + "\n")

    def json(self) -> None:
        """Read documents."""
        documents = self.con.iter_json()
        while (found := self.take(lambda: next(documents, None))) is not None:
            self.document(found)


@contextmanager
def unclosed(file: io.BufferedReader) -> Iterator[io.BufferedReader]:
    """Let a file go without closing what is under it."""
    try:
        yield file
    finally:
        file.detach()


WAYS: dict[str, Callable[[Reader], None]] = {
    kind.replace("_", "-"): getattr(Reader, kind)
    for kind in (
        *("events", "frames", "function", "select", "bytes", "into", "buffered", "mixed"),
        *("payload", "pieces", "payload_lines", "lines", "json"),
    )
}
