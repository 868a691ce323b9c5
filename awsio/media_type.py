"""Media types (RFC 9110, section 8.3.1): the one parser of ``Content-Type`` values."""

from __future__ import annotations

__all__ = ("EVENT_STREAM", "SERVER_SENT_EVENTS", "charset", "is_json", "media_type")

EVENT_STREAM = "application/vnd.amazon.eventstream"
SERVER_SENT_EVENTS = "text/event-stream"


def media_type(content_type: str | None) -> str:
    """Return the media type of a header's value, in lower case and without parameters.

    Args:
        content_type: the value; None and ``""`` give ``""``.
    """
    return (content_type or "").partition(";")[0].strip().lower()


def is_json(kind: str) -> bool:
    """Return whether a media type, as :func:`media_type` returns it, is one of JSON."""
    return kind.endswith(("/json", "+json"))


def charset(content_type: str | None, default: str = "utf-8") -> str:
    """Return the charset that a content type names, in lower case.

    Args:
        content_type: the header's value, None without one.
        default: what is returned where it names none.
    """
    from email.message import Message  # noqa: PLC0415 - slow to import, and rarely needed

    header = Message()
    header["content-type"] = content_type or ""
    return str(header.get_content_charset(default))
