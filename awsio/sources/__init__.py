"""Where a connection's bytes come from: an HTTP response, or any file.

A source gives bytes as they come, waits no longer than it is told, and translates
the errors of what lies below it.
"""

from __future__ import annotations

import sys
from typing import Any

from awsio.sources.base import ByteSource, WrappedSource
from awsio.sources.files import FileSource
from awsio.sources.refusal import refusal

__all__ = ("ByteSource", "FileSource", "WrappedSource", "make_source")


def make_source(source: Any, *, decode: bool = True) -> ByteSource:
    """Make a byte source of what a user has.

    Args:
        source: a urllib3 response, an object whose ``read`` gives bytes, or a byte
            source already.
        decode: whether a response's content encoding is taken off.

    Raises:
        TypeError: no bytes can be read from it; the message says what to pass.
    """
    http_client = sys.modules.get("http.client")  # imported, if a response of it is here
    if (hasattr(source, "read_chunked") and hasattr(source, "release_conn")) or (
        http_client is not None and isinstance(source, http_client.HTTPResponse)
    ):
        from awsio.sources.http import http_source  # noqa: PLC0415 - urllib3 is slow to import

        return http_source(source, decode=decode)
    if hasattr(source, "wake") and hasattr(source, "read") and not isinstance(source, type):
        found: ByteSource = source
        return found
    refused = refusal(source)
    if refused is not None:
        raise TypeError(refused)
    return FileSource(source)
