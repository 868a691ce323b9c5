"""Equality of events that sees types, signs and NaN, where ``==`` does not."""

from __future__ import annotations

from typing import Any
from uuid import UUID

__all__ = ("same",)

UNKNOWN = "SDK_UNKNOWN_MEMBER"


def same(mine: Any, theirs: Any) -> bool:
    """Tell whether awsio's value is botocore's.

    A header keeps its wire type here: an integer of any width is an int there, and a UUID
    its 16 bytes.
    """
    if isinstance(theirs, dict):
        return isinstance(mine, dict) and same_members(mine, theirs)
    if isinstance(theirs, list):
        is_list = isinstance(mine, list) and len(mine) == len(theirs)
        return is_list and all(map(same, mine, theirs))
    if isinstance(mine, UUID):
        return bool(mine.bytes == theirs)
    if isinstance(theirs, int) and not isinstance(theirs, bool):
        return isinstance(mine, int) and not isinstance(mine, bool) and mine == theirs
    return type(mine) is type(theirs) and repr(mine) == repr(theirs)


def same_members(mine: dict[Any, Any], theirs: dict[Any, Any]) -> bool:
    """Compare two dicts; the name of an unknown member may be another, see ``parsing``."""
    if mine.keys() != theirs.keys():  # CBOR has NaN for a key, which never equals itself
        return "nan" in map(str, theirs) and repr(mine) == repr(theirs)
    return theirs.keys() == {UNKNOWN} or all(same(mine[name], theirs[name]) for name in theirs)
