"""Writing JSON."""

from __future__ import annotations

import json
from typing import Any

__all__ = ("dumps",)


def dumps(document: Any) -> bytes:
    """Return a document as compact UTF-8 JSON.

    Raises:
        TypeError: JSON has no form for a value.
        ValueError: a number is NaN or an infinity, which JSON does not have, or the
            document contains itself.
    """
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.encode()
