"""The bytes of a botocore ``StreamingBody`` as a byte source.

A body that comes from a urllib3 response is read live: botocore's own ``read`` waits
until it has all that was asked for. Its length is checked by HTTP's framing, and its
checksum, where S3 sends one, at the end. Any other body, of a stub or of another
hook, is read through its own methods, with their checks.
"""

from __future__ import annotations

import io
from typing import Any

from botocore.exceptions import (
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    ReadTimeoutError,
)
from botocore.httpchecksum import StreamingChecksumBody
from botocore.response import StreamingBody

from awsio.clients.botocore_errors import ClientSource
from awsio.errors import (
    BodyChecksumError,
    ConnectionLostError,
    StreamError,
    StreamTimeoutError,
    TruncatedStreamError,
)
from awsio.internals.botocore import announced_length, body_checksum, check_body, raw_stream
from awsio.sources import make_source

__all__ = ("BodySource",)

# The errors of botocore that a read may raise. The order matters: a timeout is an
# HTTPClientError too.
TRANSLATIONS: tuple[tuple[type[Exception], type[StreamError]], ...] = (
    (FlexibleChecksumError, BodyChecksumError),
    (IncompleteReadError, TruncatedStreamError),
    (ReadTimeoutError, StreamTimeoutError),
    (HTTPClientError, ConnectionLostError),
)
# The longest body of another class, in bytes, that is read at once.
WHOLE = 8 * 1024 * 1024
BOTOCORE_ERRORS = tuple(kind for kind, _ in TRANSLATIONS)


class BodySource(ClientSource):
    """A byte source over a body, from where reads have stopped.

    Args:
        body: the body, which this source alone reads from now on.

    Attributes:
        framed: False: the bytes are read as bytes, whatever they look like.
    """

    framed = False

    def __init__(self, body: Any) -> None:
        self._checksum_body: Any = None
        if isinstance(body, StreamingBody):
            # An encoding here is the one that the object was stored with: boto3 leaves it, too.
            super().__init__(make_source(raw_stream(body), decode=False))
            if self.http is None or type(body) not in {StreamingBody, StreamingChecksumBody}:
                self._source = make_source(OwnReads(body))
            elif type(body) is StreamingChecksumBody:
                self._checksum_body = body
                self._checksum = body_checksum(body)
        else:  # what others have put in the place of botocore's body
            super().__init__(make_source(OwnReads(body)))

    def read(self, size: int, deadline: float | None = None) -> bytes:
        """Return the bytes that are there; see :class:`~awsio.sources.ByteSource`.

        Raises:
            BodyChecksumError: at the end: the bytes differ from the checksum.
        """
        data = super().read(size, deadline)
        if self._checksum_body is not None:
            if data:
                self._checksum.update(data)
            else:
                self._check()
        return data

    def _check(self) -> None:
        """Let botocore compare the checksums."""
        try:
            check_body(self._checksum_body)
        except FlexibleChecksumError as error:
            raise BodyChecksumError(str(error)) from error


class OwnReads:
    """A file over a body's own ``read``, which raises awsio's errors for botocore's.

    Botocore's classes check lengths and checksums in the read that finds the end. Any other
    object, such as a tracer's, takes a read for the whole of a document: it is read at once, if
    its length is known and not large.
    """

    def __init__(self, body: Any) -> None:
        self._body = body
        length = None if issubclass(type(body), StreamingBody) else announced_length(body)
        self._whole = None if length is None or length > WHOLE else io.BytesIO()
        self._read_whole = False
        self.close = getattr(body, "close", int)  # int() does nothing

    def read(self, size: int) -> bytes:
        """Read as the body does."""
        if self._whole is None:
            return self._read(size)
        if not self._read_whole:
            self._whole = io.BytesIO(self._read())
            self._read_whole = True
        return self._whole.read(size)

    def _read(self, *size: int) -> bytes:
        """Read, in awsio's terms."""
        try:
            data: bytes = self._body.read(*size)
        except BOTOCORE_ERRORS as error:
            make = next(make for kind, make in TRANSLATIONS if isinstance(error, kind))
            raise make(str(error)) from error
        return data
