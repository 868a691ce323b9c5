"""What is not shown of headers and URLs: in logs, in reprs, in messages of errors.

Three nets, the first that holds a name masks its value:

1. what the model of the operation marks sensitive, see :class:`SensitiveNames`;
2. names that say that they hold a secret: ``token``, ``password``, ``key``, ...;
3. lists, for what neither of the two knows.

To mask too much is fine: whoever needs a value has the object that it is in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = (
    "MASK",
    "NOTHING_SENSITIVE",
    "SensitiveNames",
    "masked_headers",
    "masked_path",
    "masked_url",
)

MASK = "***"


class SensitiveNames(NamedTuple):
    """Where an operation's request and response carry what its model marks sensitive.

    Attributes:
        headers: names of headers, in lower case.
        header_prefixes: beginnings of names of headers, in lower case.
        query: names of parameters in the URL's query.
        path: matches the end of the URL's path, with a group for each part to mask; None
            where the path has nothing sensitive.
    """

    headers: frozenset[str] = frozenset()
    header_prefixes: tuple[str, ...] = ()
    query: frozenset[str] = frozenset()
    path: re.Pattern[str] | None = None


NOTHING_SENSITIVE = SensitiveNames()

WORDS = "authentication|authorization|cookie|credential|passphrase|passw(?:or)?d|secret|signature"
# Bedrock counts tokens in headers: x-amzn-bedrock-input-token-count.
is_secret_header = re.compile(rf"(?i){WORDS}|token(?!-count)|key").search
# In a query, "key" and "token" are words of their own: keys of objects, tokens of pages.
is_secret_parameter = re.compile(
    rf"(?i){WORDS}|(?:^|[-_.])(?:key|token)$"
    r"|(?:access|api|auth|bearer|id|private|refresh|security|session)[-_]?(?:key|token)(?:id)?$"
).search

# Part of what users and models say to each other, or of who they are.
SECRET_HEADERS = frozenset(
    {
        "x-amzn-bedrock-request-metadata",
        "x-amzn-sagemaker-custom-attributes",
        "x-amz-server-side-encryption-context",
    }
)
CONTENT_PREFIXES = ("x-amz-lex-",)  # Lex has messages and the state of a session in headers
SECRET_PARAMETERS = frozenset({"jwt", "pwd", "sig"})

find_parameter = re.compile(r"[?&;#]([^=&;?#\s]*)=")
find_end_of_value = re.compile(r"[&#\s]|$")
find_path = re.compile(r"(?<=[^:/])/[^?#\s]*")
# After a host's colon comes a port. What is not a port is a password in which a slash, a
# question mark or a hash was left as it is; looked for in a bounded number of characters.
find_user = re.compile(
    r"(?i)(\b[a-z][a-z0-9+.-]*://)"
    r"(?:[^/?#\s]*|[^/?#\s:\[]*:(?!\d*[/?#])\S{0,256})@"
)


def masked_headers(
    headers: Mapping[str, Any] | Iterable[tuple[str, Any]],
    sensitive: SensitiveNames = NOTHING_SENSITIVE,
) -> dict[str, Any]:
    """Return headers with the values of those that hold secrets masked.

    In the others a presigned URL, such as ``Location`` may hold, is masked.

    Args:
        headers: names to values, of text or bytes.
        sensitive: what the operation's model marks sensitive.
    """
    return {
        name: MASK if is_masked(name.lower(), sensitive) else masked_value(value)
        for name, value in dict(headers).items()
    }


def is_masked(name: str, sensitive: SensitiveNames) -> bool:
    """Return whether a header's value is masked, by its name in lower case."""
    return bool(
        name in sensitive.headers
        or name.startswith((*sensitive.header_prefixes, *CONTENT_PREFIXES))
        or is_secret_header(name)
        or name in SECRET_HEADERS
    )


def masked_value(value: Any) -> Any:
    """Return a header's value with the secrets of URLs in it masked."""
    if isinstance(value, bytes):
        return masked_url(value.decode("latin-1")).encode("latin-1")
    return masked_url(value) if isinstance(value, str) else value


def masked_url(url: str, sensitive: SensitiveNames = NOTHING_SENSITIVE) -> str:
    """Return a URL, or a text with URLs, with the secrets of query and user masked.

    The errors of awsio are masked so, those of botocore are not: its
    ``EndpointConnectionError`` quotes the whole URL.

    Args:
        url: the URL or the text, such as the message of an error.
        sensitive: what the model of the URL's operation marks sensitive.

    Returns:
        The text, with ``***`` in the place of each secret.

    Example:
        >>> import awsio
        >>> awsio.masked_url("no answer of https://me:secret@host/key?password=1&page=2")
        'no answer of https://***@host/key?password=***&page=2'
    """
    url = find_user.sub(rf"\1{MASK}@", url)
    path = find_path.search(url)
    if path is not None:
        url = url[: path.start()] + masked_path(path[0], sensitive) + url[path.end() :]
    parts: list[str] = []
    shown = 0
    for parameter in find_parameter.finditer(url):
        if parameter.start() < shown:  # in a value that is masked
            continue
        name = unquote(parameter[1])
        if (
            name in sensitive.query
            or name.lower() in SECRET_PARAMETERS
            or is_secret_parameter(name)
        ):
            parts += url[shown : parameter.end()], MASK
            end: Any = find_end_of_value.search(url, parameter.end())
            shown = end.start()
    return "".join((*parts, url[shown:]))


def masked_path(path: str, sensitive: SensitiveNames) -> str:
    """Return the path of a URL with the parts masked that the model marks sensitive."""
    found = sensitive.path.search(path) if sensitive.path is not None else None
    if found is not None:
        for number in range(found.re.groups, 0, -1):  # from the end, so that spans stay right
            start, end = found.span(number)
            path = path[:start] + MASK + path[end:]
    return path
