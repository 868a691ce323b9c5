"""`plain`: events as dicts and nothing more."""

from __future__ import annotations

from typing import Any

__all__ = ("plain",)


def plain(value: Any) -> Any:
    """Return an event, or anything that holds events, made of plain dicts and lists.

    An :class:`Event` is a dict, and most libraries take it for one. Some accept no subclass
    of ``dict``: ``yaml.safe_dump``, :mod:`marshal`, msgpack with ``strict_types=True``.

    Args:
        value: an event, a :class:`~awsio.Response`, or a dict or list with events in it, at
            any depth.

    Returns:
        The same with a new ``dict`` for each dict and a new list for each list; other values,
        such as bytes, timestamps and streams, are the same objects.

    Example:
        >>> import awsio
        >>> wire = awsio.testing.encode_events("s3", "SelectObjectContent", [{"End": {}}])
        >>> with awsio.open(wire, "s3", "SelectObjectContent") as con:
        ...     event = con.read_event()
        >>> type(awsio.plain(event))
        <class 'dict'>
    """
    whole = [value]
    # Not recursive: documents in events may be nested deeper than Python's calls.
    places: list[tuple[Any, Any]] = [(whole, 0)]
    while places:
        holder, key = places.pop()
        item = holder[key]
        if isinstance(item, dict):
            holder[key] = copied = dict(item)
            places += [(copied, name) for name in copied]
        elif isinstance(item, list):
            holder[key] = items = list(item)
            places += [(items, at) for at in range(len(items))]
    return whole[0]
