"""`FrameSide`: the read loop, from the transport's bytes to a queue of frames.

Rules:

- what is complete is delivered before the transport is asked for more, and an error of
  the transport only after it;
- a step with a deadline looks at the clock between reads, so bytes that complete no frame
  cannot hold a caller. A poll, whose deadline has passed, takes what is there, within a
  number of reads and bytes.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from awsio.connection.body import check_answer, check_head, judged
from awsio.connection.ending import INITIAL
from awsio.connection.state import State
from awsio.connection.transport import READ_SIZE
from awsio.errors import IncompleteStreamError, StreamError
from awsio.sources.waiting import READS_IN_A_POLL, out_of_time

if TYPE_CHECKING:
    from awsio.connection.body import ResponseFacts
    from awsio.connection.ending import Ending
    from awsio.connection.state import Status
    from awsio.connection.transport import Transport
    from awsio.eventstream import Frame, FrameDecoder

__all__ = ("FrameSide",)

# Frames decoded at once: they share the cost of a call. Measured on tokens: 1 costs 12 % more,
# 64 gains nothing over 32.
BATCH = 32


class FrameSide:
    """Decoded frames that wait for delivery. The stream's lock is held in every method.

    Args:
        transport: gives the bytes.
        decoder: a new decoder, with its limits.
        status: the stream's.
        ending: knows which terminal event is awaited.
        facts: what the response says of the body.

    Attributes:
        queue: decoded frames, oldest first.
        require_terminal: whether an end without a terminal event is an error.
        operation_name: the operation, for errors.
    """

    def __init__(
        self,
        transport: Transport,
        decoder: FrameDecoder,
        status: Status,
        ending: Ending,
        facts: ResponseFacts,
    ) -> None:
        self.queue: deque[Frame] = deque()
        self.require_terminal = True
        self.operation_name = ""
        self._transport = transport
        self._decoder = decoder
        self._status = status
        self._ending = ending
        self._facts = facts
        self._read_size = READ_SIZE

    def fill(self, deadline: float | None) -> bool:
        """Read until the queue has a frame.

        Args:
            deadline: by ``time.monotonic()``; None waits as the transport does.

        Returns:
            True, or False at the clean end of the stream.

        Raises:
            StreamError: the deadline passed (resumable), or the stream broke (latched).
            ValueError: the connection was closed.
        """
        try:
            found = self._decode(deadline)
            if not found:
                check_answer(self._facts)
                self._check_end()
        except StreamError as error:
            if not getattr(error, "resumable", False):
                self._status.fail(self._verdict(error))
            raise
        self._status.move(State.FRAMES if found else State.ENDED)
        return found

    def give_up_bytes(self) -> bytes:
        """Return the bytes of everything that was received and not delivered, and forget it."""
        frames = []
        while (frame := self.take()) is not None:
            frames.append(frame.encode())
        return b"".join((*frames, self._decoder.take_buffered()))

    def take(self) -> Frame | None:
        """Return the first frame of the queue, None if it is empty.

        The queue may be shorter at any moment: frames in it are read without the lock.
        """
        try:
            return self.queue.popleft()
        except IndexError:
            return None

    def take_back(self, data: bytes | memoryview) -> None:
        """Continue with bytes that were given up and not delivered."""
        if data:
            self._decoder.feed(data)

    @property
    def is_empty(self) -> bool:
        """Whether everything that was received was delivered."""
        return not self.queue and self._decoder.is_empty

    def _decode(self, deadline: float | None) -> bool:
        """Decode frames into the queue, reading as long as there are none; False at the end."""
        decoder, transport = self._decoder, self._transport
        reads = received = 0
        while not (frames := decoder.take_frames(BATCH)):
            if transport.ended:
                return False
            used_up = reads >= READS_IN_A_POLL or received >= READ_SIZE
            if used_up and deadline is not None and time.monotonic() >= deadline:
                raise out_of_time(data_pending=True)
            data = transport.receive(self._read_size, deadline)
            reads += 1
            received += len(data)
            if data:
                begins = self._status.state is State.START and decoder.is_empty
                decoder.feed(data)
                if begins:
                    check_head(self._facts, data)
                self._adapt_read_size(len(data))
            else:
                decoder.feed_eof()  # the part of a frame that is left is an error now
        if self._ending.awaited:
            self._ending.note(frames)
        self.queue.extend(frames)
        return True

    def _adapt_read_size(self, received: int) -> None:
        """Ask for more while reads are filled, for less when they are not."""
        if received > self._read_size // 2:
            self._read_size = min(self._read_size * 2, self._transport.max_read)
        elif self._read_size > READ_SIZE:
            self._read_size //= 2

    def _check_end(self) -> None:
        """Check that the stream may end here.

        Raises:
            IncompleteStreamError: a terminal event, or the first frame of a stream that
                opens with an initial response, is awaited.
        """
        awaited = sorted(self._ending.missing)
        if awaited and self.require_terminal:
            missing = "a single frame" if INITIAL.issubset(awaited) else " or ".join(awaited)
            msg = (
                f"the stream of {self.operation_name} ended without {missing}: "
                "it may be incomplete (require_terminal=False accepts such an end)"
            )
            raise IncompleteStreamError(msg, operation_name=self.operation_name, expected=awaited)

    def _verdict(self, error: StreamError) -> StreamError:
        """Return what an error means: before the first frame it may be another kind of body."""
        if self._status.state is State.START:
            return judged(error, self._facts, self._decoder.buffered)
        return error
