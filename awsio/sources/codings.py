"""What the headers of an HTTP response say about its body: its length and its codings.

Pure functions of the header lines. The rules are those of RFC 9110, sections 5.6.1
(lists), 8.4 (``Content-Encoding``) and 8.6 (``Content-Length``), and of RFC 9112,
section 6: optional white space, empty list members, several header lines and letter case
make no difference, and what is not understood is an error, never a guess. http.client
takes a body as chunked only where the first ``Transfer-Encoding`` line has the text
``chunked`` and nothing else, and reads ``Content-Length`` by ``int()``, which also takes
signs and underscores.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from awsio.errors import HttpHeaderError
from awsio.sources.limits import MAX_CODINGS, MAX_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ("BodyLength", "body_length", "content_codings", "list_members")

TRANSFER_ENCODING = "Transfer-Encoding"
CONTENT_LENGTH = "Content-Length"
CONTENT_ENCODING = "Content-Encoding"

CHUNKED = "chunked"
# RFC 2616 had it as a transfer coding that changes nothing; RFC 9110 reserves the name.
IDENTITY = "identity"
# "A recipient SHOULD consider x-gzip to be equivalent to gzip", RFC 9110, section 8.4.1.3.
SAME_CODING = {"x-gzip": "gzip"}

# A folded header line counts as one with spaces, RFC 9112, section 5.2.
FOLD = re.compile(r"(?:\r?\n[ \t]+)+")
DIGITS = re.compile(r"[0-9]+")  # int() alone would also take signs, underscores and spaces
MOST_DIGITS = len(str(MAX_LENGTH))


class BodyLength(NamedTuple):
    """How the end of a body is announced.

    Attributes:
        chunked: the body is chunked.
        length: the length in bytes; None for a body that is chunked or ends with its
            connection.
    """

    chunked: bool
    length: int | None


def body_length(transfer_encoding: Sequence[str], content_length: Sequence[str]) -> BodyLength:
    """Return how the end of a response's body is announced.

    Args:
        transfer_encoding: the values of the header lines ``Transfer-Encoding``.
        content_length: the values of the header lines ``Content-Length``.

    Raises:
        HttpHeaderError: a transfer coding other than ``chunked``, ``chunked`` twice or not
            last, a length that is not a number, several lengths that differ, or both
            headers in one response.
    """
    codings = [coding.lower() for coding in list_members(transfer_encoding)]
    chunked = CHUNKED in codings
    reason = transfer_problem(codings)
    if reason:
        raise refuse(TRANSFER_ENCODING, transfer_encoding, reason)
    if chunked and content_length:
        # One of two servers on the way may have gone by the other header.
        reason = f"the response has a {CONTENT_LENGTH} too, which may be response splitting"
        raise refuse(TRANSFER_ENCODING, transfer_encoding, reason)
    return BodyLength(chunked, parse_length(content_length) if content_length else None)


def transfer_problem(codings: list[str]) -> str:
    """Return why a list of transfer codings cannot be followed; "" if it can.

    gzip and deflate are transfer codings as well, but a server may apply them only for a
    request with a header ``TE``, which no request of awsio or boto3 has.
    """
    unknown = [coding for coding in codings if coding not in {CHUNKED, IDENTITY}]
    if unknown:
        return f"the transfer coding {unknown[0][:40]!r} is not supported"
    if codings.count(CHUNKED) > 1:
        return "chunked is applied twice"
    if CHUNKED in codings[:-1]:
        return "chunked is not the last coding"
    return ""


def parse_length(lines: Sequence[str]) -> int:
    """Return the length that ``Content-Length`` announces, in bytes.

    A list of equal numbers counts as one of them: RFC 9112, section 6.3, number 5.

    Raises:
        HttpHeaderError: not a number, numbers that differ, or one above 2**63 - 1.
    """
    lengths = set()
    for member in list_members(lines):
        if not DIGITS.fullmatch(member):
            raise refuse(CONTENT_LENGTH, lines, "it is not a decimal number")
        digits = member.lstrip("0") or "0"
        # Counted first: int() refuses more than 4300 digits.
        if len(digits) > MOST_DIGITS or int(digits) > MAX_LENGTH:
            raise refuse(CONTENT_LENGTH, lines, f"it is above the limit of {MAX_LENGTH}")
        lengths.add(int(digits))
    if len(lengths) != 1:
        raise refuse(CONTENT_LENGTH, lines, "its values differ" if lengths else "it is empty")
    return lengths.pop()


def content_codings(lines: Sequence[str]) -> list[str]:
    """Return the content codings of a body, in the order in which they were applied.

    Args:
        lines: the values of the header lines ``Content-Encoding``.

    Returns:
        Lower-case names, ``gzip`` for ``x-gzip``, without ``identity``. Whether there is
        a decoder for each of them is for :func:`~awsio.sources.decoders.find_coding`.

    Raises:
        HttpHeaderError: more codings than any honest body has.
    """
    names = (name.lower() for name in list_members(lines))
    codings = [SAME_CODING.get(name, name) for name in names if name != IDENTITY]
    if len(codings) > MAX_CODINGS:
        reason = f"{len(codings)} content codings are above the limit of {MAX_CODINGS}"
        raise refuse(CONTENT_ENCODING, lines, reason)
    return codings


def list_members(lines: Iterable[str]) -> list[str]:
    """Return the members of a list header, without white space and empty members.

    Args:
        lines: the values of the header's lines.
    """
    members = (member.strip(" \t") for line in lines for member in FOLD.sub(" ", line).split(","))
    return [member for member in members if member]


def refuse(header: str, lines: Sequence[str], reason: str) -> HttpHeaderError:
    """Create the error for a header that cannot be followed."""
    value = ", ".join(lines)
    shown = repr(value if len(value) <= 100 else value[:100] + "...")  # noqa: PLR2004 - of a message
    return HttpHeaderError(
        f"the response's {header} {shown} cannot be followed: {reason}", header=header, value=value
    )
