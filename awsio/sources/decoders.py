"""Decoders of content codings, with the interface of ``lzma.LZMADecompressor``.

gzip and deflate are zlib's. Brotli and Zstandard need a package, the same ones that urllib3
uses: ``brotlicffi`` or ``brotli``, of version 1.2 at least, and ``compression.zstd`` of
Python 3.14 or ``backports.zstd``. A coding without a decoder is an error that names it.
"""

from __future__ import annotations

import zlib
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from awsio.errors import HttpHeaderError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ("Coding", "Decoder", "find_coding")

GZIP_WINDOW = 16 + zlib.MAX_WBITS
GZIP_MAGIC = b"\x1f\x8b"
ZLIB_HEADER = 2  # bytes
# The largest window of a Zstandard body over HTTP: 8 MiB, RFC 9659.
ZSTD_WINDOW_LOG = 23


class Decoder(Protocol):
    """Decodes one member of an encoded body: a gzip member, a Zstandard frame."""

    @property
    def eof(self) -> bool:
        """Whether the member is complete."""
        ...

    @property
    def needs_input(self) -> bool:
        """Whether all that was given is decoded, and its content returned."""
        ...

    @property
    def unused_data(self) -> bytes:
        """What was given after the member's end."""
        ...

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return content.

        Args:
            data: encoded bytes; none unless ``needs_input``.
            max_length: bytes of content that suffice.
        """
        ...


@dataclass(frozen=True)
class Coding:
    """A content coding.

    Attributes:
        name: as in ``Content-Encoding``.
        create: makes a decoder.
        error: what the decoder raises for bytes that are not valid.
        magic: what a member begins with.
        joined: members may follow one another.
        padded: zeros may follow a member, as gzip(1) and ``gzip.GzipFile`` allow.
    """

    name: str
    create: Callable[[], Decoder]
    error: type[Exception] = zlib.error
    magic: bytes = b""
    joined: bool = False
    padded: bool = False


class Inflater:
    """A decoder over zlib.

    The content in front of a mistake is delivered before the error is raised: zlib itself
    drops what the failing call has decoded.

    Args:
        window: zlib's ``wbits``.
    """

    def __init__(self, window: int) -> None:
        self.needs_input = True
        self._object: Any = zlib.decompressobj(window)
        self._before: Any = None  # a copy from before the data given last
        self._given = b""  # that data
        self._tail = b""  # what of it is not decoded yet
        self._returned = 0  # bytes of its content
        self._mistake = ""  # found after content that was returned

    @property
    def eof(self) -> bool:
        """Whether the member is complete, its checksum included."""
        complete: bool = self._object.eof
        return complete

    @property
    def unused_data(self) -> bytes:
        """What was given after the member's end."""
        unused: bytes = self._object.unused_data
        return unused

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return content; see :class:`Decoder`.

        Raises:
            zlib.error: the bytes are not valid.
        """
        if self._mistake:
            raise zlib.error(self._mistake)
        if data:
            # A copy costs about 1.4 us; its window is the only way back after a mistake.
            self._before, self._given, self._returned = self._object.copy(), data, 0
        try:
            content: bytes = self._object.decompress(data or self._tail, max_length)
        except zlib.error as error:
            content = content_before_mistake(self._before, self._given)[self._returned :]
            if not content:
                raise
            self._mistake, self.needs_input = str(error), False
            return content
        self._tail = self._object.unconsumed_tail
        self._returned += len(content)
        # zlib may hold content back that no input stands for any more.
        self.needs_input = not self._tail and len(content) < max_length
        return content


class DeflateDecoder(Inflater):
    """A decoder for ``deflate``: the zlib format, and raw deflate, which some servers send.

    RFC 9110, section 8.4.1.2, notes both. Two bytes tell them apart: in the zlib format
    they are a multiple of 31, with the method 8 and a window of 32 KiB at most.
    """

    def __init__(self) -> None:
        super().__init__(zlib.MAX_WBITS)
        self._head: bytes | None = b""  # None once the format is known

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return content; see :class:`Decoder`."""
        if self._head is not None:
            self._head += data
            if len(self._head) < ZLIB_HEADER:
                return b""
            data, self._head = self._head, None
            if not has_zlib_header(data):
                self._object = zlib.decompressobj(-zlib.MAX_WBITS)
        return super().decompress(data, max_length)


class BrotliDecoder:
    """A decoder for ``br``.

    Args:
        module: ``brotlicffi`` or ``brotli``, from version 1.2 on.
    """

    unused_data = b""  # the module takes such bytes for a mistake

    def __init__(self, module: Any) -> None:
        self.needs_input = True
        self._object = module.Decompressor()

    @property
    def eof(self) -> bool:
        """Whether the body is complete and its content returned."""
        complete: bool = self._object.is_finished()
        return complete

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """Return content, of one block at least; see :class:`Decoder`."""
        content: bytes = self._object.process(data, output_buffer_limit=max_length)
        # The module's word is not enough: it leaves out what a block has still to give
        # of input that is used up.
        accepts: bool = self._object.can_accept_more_data()
        self.needs_input = accepts and len(content) < max_length
        return content


def content_before_mistake(decompressor: Any, data: bytes) -> bytes:
    """Return all the content in front of a mistake, to be the same in whatever pieces it came.

    zlib drops what it has decoded in the call that finds the mistake. So the byte with the
    mistake is found first, and then what that byte still gives is taken one by one.

    Args:
        decompressor: of zlib, as it was before ``data``.
        data: bytes with a mistake in them.
    """
    again = decompressor.copy()
    content: list[bytes] = []
    with suppress(zlib.error):
        # A list keeps what it was extended by before an error.
        content.extend(decompressor.decompress(data[at : at + 1]) for at in range(len(data)))
    wrong_at = len(content)
    again.decompress(data[:wrong_at])
    with suppress(zlib.error):
        content.append(again.decompress(data[wrong_at : wrong_at + 1], 1))
        content.extend(iter(lambda: again.decompress(again.unconsumed_tail, 1), b""))
    return b"".join(content)


def has_zlib_header(data: bytes) -> bool:
    """Return whether bytes begin with the header of the zlib format, RFC 1950, section 2.2."""
    method, window = data[0] & 0x0F, data[0] >> 4
    return (
        int.from_bytes(data[:ZLIB_HEADER]) % 31 == 0
        and method == zlib.DEFLATED
        and window <= zlib.MAX_WBITS - 8
    )


def brotli_coding() -> Coding | str:
    """Return the coding ``br``, or what it lacks."""
    module = find_module("brotlicffi", "brotli")
    # Before 1.2 nothing bounds what a call returns.
    if not hasattr(getattr(module, "Decompressor", None), "can_accept_more_data"):
        return "the package Brotli or brotlicffi, 1.2 or above,"
    return Coding("br", lambda: BrotliDecoder(module), module.error)


def zstd_coding() -> Coding | str:
    """Return the coding ``zstd``, or what it lacks."""
    module = find_module("compression.zstd", "backports.zstd")
    if module is None:
        return "Python 3.14 or the package backports.zstd"
    options = {module.DecompressionParameter.window_log_max: ZSTD_WINDOW_LOG}
    return Coding(
        "zstd", lambda: module.ZstdDecompressor(options=options), module.ZstdError, joined=True
    )


def find_module(*names: str) -> Any:
    """Return the first of some modules that is installed, None without one."""
    for name in names:
        try:
            return import_module(name)
        except ImportError:
            continue
    return None


GZIP = Coding("gzip", lambda: Inflater(GZIP_WINDOW), magic=GZIP_MAGIC, joined=True, padded=True)
DEFLATE = Coding("deflate", DeflateDecoder)
CODINGS: dict[str, Callable[[], Coding | str]] = {
    "gzip": lambda: GZIP,
    "deflate": lambda: DEFLATE,
    "br": brotli_coding,
    "zstd": zstd_coding,
}


def find_coding(name: str) -> Coding:
    """Return a content coding.

    Args:
        name: in lower case; see :func:`~awsio.sources.codings.content_codings`.

    Raises:
        HttpHeaderError: no decoder is known or installed for it.
    """
    make = CODINGS.get(name)
    coding = make() if make else None
    if isinstance(coding, Coding):
        return coding
    shown = repr(name[:40])
    reason = f"decoding {shown} needs {coding} to be installed" if coding else "it is not supported"
    msg = f"the response's Content-Encoding {shown} cannot be followed: {reason}"
    raise HttpHeaderError(msg, header="Content-Encoding", value=name)
