"""From an HTTP request to the operation that it calls, by botocore's models.

REST protocols are told by method and URI template, with greedy labels and constants
in the query; JSON-RPC by ``X-Amz-Target``; RPC v2 by its path. The service is the one
whose signing name stands in the request's signature, where there is one.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, unquote

from awsio.testing.server.catalog import streaming_operations, streaming_services

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import OperationModel

    from awsio.testing.server.request import HttpRequest

__all__ = ("Match", "Route", "Router", "routes")

find_scope = re.compile(r"Credential=[^,\s]*?/\d{8}/[^/,]*/([^/,]+)/aws4_request").search
LABEL = re.compile(r"\{(\w+)(\+?)\}")


class Match(NamedTuple):
    """An operation and the labels of its URI, unquoted.

    Attributes:
        operation: the operation's model.
        labels: label to value.
    """

    operation: OperationModel
    labels: dict[str, str]


class Route(NamedTuple):
    """How the requests of one operation look.

    Attributes:
        operation: the operation's model.
        method: the HTTP method.
        path: a pattern for the quoted path, with a group per label.
        query: what must stand in the query.
        target: what ``X-Amz-Target`` must be; None where there is no such header.
    """

    operation: OperationModel
    method: str
    path: re.Pattern[str]
    query: frozenset[tuple[str, str]]
    target: str | None

    def match(self, request: HttpRequest, path: str) -> Match | None:
        """Match a request, with its path as the route sees it."""
        if request.method != self.method or not self.query <= {*request.query}:
            return None
        if self.target is not None and request.headers.get("x-amz-target") != self.target:
            return None
        found = self.path.fullmatch(path)
        if found is None:
            return None
        labels = {name: unquote(value) for name, value in found.groupdict().items()}
        return Match(self.operation, labels)


def make_route(operation: OperationModel) -> Route:
    """Make the route of an operation."""
    metadata = operation.service_model.metadata
    prefix = metadata.get("targetPrefix")
    protocol = operation.service_model.resolved_protocol
    method = operation.http.get("method", "POST")
    template, _, query = operation.http["requestUri"].partition("?")
    target = f"{prefix}.{operation.name}" if protocol == "json" else None
    if protocol == "smithy-rpc-v2-cbor":
        template = f"/service/{prefix}/operation/{operation.name}"
    constants = frozenset(parse_qsl(query, keep_blank_values=True))
    return Route(operation, method, template_pattern(template), constants, target)


def template_pattern(template: str) -> re.Pattern[str]:
    """Compile a URI template: a label is a segment, a greedy one any number of them."""
    pieces = LABEL.split(template)
    pattern = re.escape(pieces[0])
    for name, greedy, literal in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        pattern += f"(?P<{name}>{'.+' if greedy else '[^/]+'})" + re.escape(literal)
    return re.compile(pattern)


@lru_cache(maxsize=64)
def routes(service: str) -> tuple[Route, ...]:
    """Give the routes of a service, once made."""
    return tuple(map(make_route, streaming_operations(service)))


class Router:
    """Finds operations, first among the services that the server was told of.

    All services with event streams are searched for only when these do not match.
    """

    def __init__(self) -> None:
        self._preferred: dict[str, None] = {}

    def prefer(self, service: str) -> None:
        """Search a service before those that were never named here."""
        self._preferred[service] = None

    def find(self, request: HttpRequest) -> Match | None:
        """Find what a request calls, None where nothing matches."""
        scope = find_scope(request.headers.get("authorization", ""))
        signing_name = scope[1] if scope is not None else None
        others: list[Match] = []
        for match in self._matches(request):
            if signing_name in {None, match.operation.service_model.signing_name}:
                return match
            others.append(match)
        return others[0] if others else None

    def _matches(self, request: HttpRequest) -> Iterator[Match]:
        """Try the routes of all services, those first that the server was told of."""
        for service in tuple(self._preferred):
            yield from service_matches(service, request)
        for service in streaming_services():
            if service not in self._preferred:
                yield from service_matches(service, request)


def service_matches(service: str, request: HttpRequest) -> Iterator[Match]:
    """Try the routes of one service."""
    path = request.path
    if service == "s3" and (bucket := virtual_host_bucket(request.headers.get("host", ""))):
        path = f"/{bucket}{path}"
    for route in routes(service):
        match = route.match(request, path)
        if match is not None:
            yield match


def virtual_host_bucket(host: str) -> str:
    """Find the bucket of a virtual-host address, ``bucket.localhost:port``; "" without."""
    name = host.rpartition(":")[0] or host
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return name.rpartition(".")[0]
    return ""
