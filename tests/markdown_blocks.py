"""Runs the examples of Markdown pages, and compares what they print with what the page shows."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

FENCE = re.compile(
    r"^(?P<marks>`{3,})(?P<kind>[^\n`]*)\n(?P<body>.*?)^(?P=marks)`*[ ]*$", re.MULTILINE | re.DOTALL
)


@dataclass
class Block:
    """A fenced block.

    Attributes:
        kind: what stands behind the opening marks, as ``python``.
        body: the lines between the marks.
        line: the number of the body's first line, from 1.
        shown: in a Python block, what the page says that it prints: the ``text`` block that
            follows with nothing between; None where the page shows nothing.
    """

    kind: str
    body: str
    line: int
    shown: str | None = None


def blocks_of(page: Path) -> list[Block]:
    """Find the fenced blocks of a page."""
    text = page.read_text("utf-8")
    found: list[Block] = []
    end = 0
    for match in FENCE.finditer(text):
        line = text.count("\n", 0, match.start("body")) + 1
        block = Block(match["kind"].strip(), match["body"], line)
        if found and found[-1].kind == "python" and block.kind == "text":
            between = text[end : match.start()]
            found[-1].shown = None if between.strip() else block.body
        found.append(block)
        end = match.end()
    return found


def python_blocks_of(page: Path) -> list[Block]:
    """Find the Python blocks of a page."""
    return [block for block in blocks_of(page) if block.kind == "python"]


@dataclass
class Difference:
    """A block that printed something else than its page shows."""

    line: int
    printed: str
    shown: str


def run(page: Path) -> list[Difference]:
    """Run a page's Python blocks in one namespace, one after another.

    Returns:
        Where a block printed something else than the page shows.
    """
    differences: list[Difference] = []
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block in python_blocks_of(page):
        printed = io.StringIO()
        # Empty lines before it give the block the line numbers of the page.
        code = compile("\n" * (block.line - 1) + block.body, str(page), "exec")
        with redirect_stdout(printed):
            exec(code, namespace)  # noqa: S102 - the page is ours
        if block.shown is not None and block.shown != printed.getvalue():
            differences.append(Difference(block.line, printed.getvalue(), block.shown))
    return differences
