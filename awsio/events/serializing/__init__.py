"""Events to frames: the inverse of the parsers in :mod:`awsio.events`.

Used by servers that imitate a service and by the writing side of two-way streams.
"""

from __future__ import annotations

from awsio.events.serializing.serializer import EventSerializer

__all__ = ("EventSerializer",)
