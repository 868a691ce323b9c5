"""Signals that arrive at a chosen instruction, and are handled where the interpreter looks.

An exception that a trace function raises comes at any instruction. A signal's does not:
the interpreter looks for signals after calls, at the start of a function and where a loop
turns back. So the trace only marks a signal as arrived, in the way of the C handler, and
its Python handler runs at the next place where a real one would.
"""

from __future__ import annotations

import _thread
import dis
import re
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import awsio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

__all__ = ("SignalAt", "Sweep", "raising")

FOLDER = str(Path(awsio.__file__).parent)
# A signal that has arrived before another instruction is handled at the next of these.
LOOKS = re.compile("CALL|RESUME|JUMP_BACKWARD|POP_JUMP_BACKWARD").match


class Arriving(int):
    """The number of a signal."""

    #: Reading it marks the signal as arrived: no call of bytecode, which would handle it.
    arrive = property(_thread.interrupt_main)


class SignalAt:
    """A trace function: a signal arrives at the n-th instruction of awsio that looks for one.

    Args:
        number: which instruction, from 1.

    Attributes:
        place: file, line and function of the instruction, None before.
    """

    def __init__(self, number: int) -> None:
        self.place: tuple[str, int, str] | None = None
        self._left = number
        self._signal = Arriving(signal.SIGUSR1)
        # From Python 3.12 on, sys.settrace() looks whether any frame wants instructions.
        sys._getframe().f_trace_opcodes = True  # noqa: SLF001 - no other way

    def __call__(self, frame: FrameType, _event: str, _arg: Any) -> Any:
        """Trace the functions of awsio."""
        if not frame.f_code.co_filename.startswith(FOLDER):
            return None
        frame.f_trace_opcodes = True
        return self._step

    def _step(self, frame: FrameType, event: str, _arg: Any) -> Any:
        """Count an instruction."""
        code = frame.f_code
        if event == "opcode" and LOOKS(dis.opname[code.co_code[frame.f_lasti]]):
            self._left -= 1
            if not self._left:
                self.place = Path(code.co_filename).name, frame.f_lineno, code.co_name
                sys.settrace(None)
                self._signal.arrive  # noqa: B018 - see there
                return None
        return self._step


class Sweep:
    """Traces for one instruction after another, until there are no more.

    Args:
        step: of so many instructions, one gets a signal.

    Attributes:
        signals: how many have come.
    """

    def __init__(self, step: int = 1) -> None:
        self.signals = 0
        self._step = step

    def __iter__(self) -> Iterator[SignalAt]:
        """Give traces; each has to be used before the next one."""
        number, missed = 1, 0
        while missed < 2:  # some versions of Python trace no instruction every now and then
            trace = SignalAt(number)
            yield trace
            missed = missed + 1 if trace.place is None else 0
            number += 0 if missed else self._step
            self.signals += not missed


@contextmanager
def raising(error: type[BaseException]) -> Iterator[None]:
    """Let the signal's handler raise an error."""

    def handle(*_: object) -> None:
        raise error

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR1, before)
