"""Writing for people and pipes.

Rules kept here: text of a model or a service never drives the terminal and never looks like
another text there, so control and format characters are escaped where one is attached; what
an encoding cannot say is replaced, never an error; a line on standard error is one line.
"""

from __future__ import annotations

import os
import unicodedata
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

from awsio.errors import MissingExtraError
from awsio.extras import needs_extra

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ("StatusLine", "TextOutput", "escape_controls", "one_line")

# Unicode's general categories of what is not seen itself: control characters, which drive a
# terminal; format characters, which hide text or show it in another order
# (https://trojansource.codes); and the separators of lines and paragraphs.
HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp"})
# Of these, what is left as it is: newline and tab; the joiners without which Persian, the
# languages of India and emoji cannot be written (https://www.unicode.org/reports/tr31,
# section 2.3); and the signs that are seen (https://www.unicode.org/reports/tr44, property
# Prepended_Concatenation_Mark).
SHOWN_AS_THEY_ARE = frozenset(
    "\n\t"
    "\u200c\u200d"
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)

# Error handlers of streams under which writing a text may raise.
STRICT_HANDLERS = {None, "strict", "surrogateescape", "surrogatepass"}


def escape_controls(text: str) -> str:
    r"""Return a text with control and format characters as in Python, such as ``\x1b``.

    Newline and tab stay as they are, and so do characters that are seen or are needed to
    write a language.
    """
    if text.isprintable():  # none of these is
        return text
    return "".join(map(visible, text))


def visible(character: str) -> str:
    r"""Return a character, or its escape, such as ``\x1b`` or ``\u202e``."""
    if character in SHOWN_AS_THEY_ARE or unicodedata.category(character) not in HIDDEN_CATEGORIES:
        return character
    code = ord(character)
    for prefix, digits in (("x", 2), ("u", 4)):
        if code < 16**digits:
            return f"\\{prefix}{code:0{digits}x}"
    return f"\\U{code:08x}"


def one_line(text: str) -> str:
    """Make one printable line of a text."""
    return escape_controls(" ".join(text.split()))


def encodable(text: str, stream: TextIO) -> str:
    """Put ``?`` for what a stream's encoding cannot say, lone surrogates among it.

    A stream that has a way of its own, as by ``PYTHONIOENCODING=ascii:namereplace``, is
    left to it.
    """
    if stream.errors not in STRICT_HANDLERS:
        return text
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, errors="replace").decode(encoding)


def write_now(stream: TextIO, text: str) -> None:
    """Write at once what the encoding can say.

    Raises:
        OSError: the stream takes no more. From then on it takes everything and goes
            nowhere, or Python would try the rest again when it ends, and complain.
    """
    try:
        stream.write(encodable(text, stream))
        stream.flush()
    except OSError:
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, stream.fileno())
        os.close(devnull)
        raise


class TextOutput:
    """A text that arrives piece by piece.

    Args:
        stream: where it goes; None, as Python gives for a closed descriptor, drops it.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._is_terminal = stream is not None and stream.isatty()
        self._line_is_open = False

    def write(self, text: str) -> None:
        """Write a piece, and see to it that it is there to be read.

        Raises:
            OSError: the stream takes no more.
        """
        if self._stream is None or not text:
            return
        self._line_is_open = not text.endswith("\n")
        write_now(self._stream, escape_controls(text) if self._is_terminal else text)

    def end_line(self) -> None:
        """End the line that the last piece left open.

        Raises:
            OSError: the stream takes no more.
        """
        if self._line_is_open:
            self.write("\n")


class StatusLine:
    """Lines about the work: styled by rich on a terminal, plain elsewhere.

    Plain they are as well without rich, with ``NO_COLOR`` set (see
    https://no-color.org) and on a terminal that calls itself dumb.

    Args:
        stream: where they go; None drops them.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def info(self, message: str) -> None:
        """Write a line that is less important than the text."""
        self._write("", message, "dim")

    def error(self, message: str) -> None:
        """Write a line that says what went wrong."""
        self._write("awsio: error: ", message, "bold red")

    def _write(self, label: str, message: str, style: str) -> None:
        """Write one line; the style is for the label, or for a message without one."""
        if self._stream is None:
            return
        message = one_line(message)
        console = styled_console(self._stream)
        if console is None:
            with suppress(OSError):  # there is nowhere else to say so
                write_now(self._stream, f"{label}{message}\n")
            return
        from rich.text import Text  # noqa: PLC0415 - in the extra `cli`, slow to import

        message = encodable(message, self._stream)
        line = Text.assemble((label, style), message if label else (message, style))
        console.print(line, soft_wrap=True)


def styled_console(stream: TextIO) -> Console | None:
    """Make rich's console of a terminal; None where lines are to be plain."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    if plain or not stream.isatty():
        return None
    try:
        with needs_extra("cli", "rich"):
            from rich.console import Console  # noqa: PLC0415 - slow to import
    except MissingExtraError:
        return None
    return Console(file=stream, highlight=False)
