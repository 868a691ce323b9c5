"""Cases worth keeping, as files that can be read: a comment, and the input in hex."""

from __future__ import annotations

import hashlib
import textwrap
from pathlib import Path

__all__ = ("FOLDER", "cases", "keep", "name_of", "read")

FOLDER = Path(__file__).with_name("found")
SUFFIX = ".hex"
WIDTH = 96
COMMENT = "# "


def cases() -> list[Path]:
    """List the files of all targets; the folder of a file is the name of its target."""
    return sorted(FOLDER.glob(f"*/*{SUFFIX}"))


def read(path: Path) -> bytes:
    """Read a case."""
    lines = path.read_text("utf-8").splitlines()
    return bytes.fromhex("".join(line for line in lines if not line.startswith("#")))


def name_of(data: bytes) -> str:
    """Name a case by its bytes."""
    return hashlib.sha256(data).hexdigest()[:12]


def keep(target: str, data: bytes, comment: str, folder: Path | None = None) -> Path:
    """Write a case.

    Args:
        target: whose input it is.
        data: the input.
        comment: what is remarkable about it.
        folder: where the folders of the targets are; None for those of the checkout.

    Returns:
        The file, named by the input until somebody gives it a name.
    """
    path = (folder or FOLDER) / target / f"{name_of(data)}{SUFFIX}"
    path.parent.mkdir(parents=True, exist_ok=True)
    said = textwrap.wrap(comment.encode("ascii", "backslashreplace").decode(), WIDTH)
    digits = data.hex()
    lines = [COMMENT + line for line in said]
    lines += [digits[at : at + WIDTH] for at in range(0, len(digits), WIDTH)]
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path
