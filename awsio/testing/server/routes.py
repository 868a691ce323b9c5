"""The operations of one service, by what their requests look like.

REST protocols are told by method and URI template; ``json`` by ``X-Amz-Target``; the query
protocols by ``Action``; RPC v2 by its path. A service whose model names several protocols
is answered in each of them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, quote, unquote

from awsio.events.models import service_model
from awsio.testing.server.protocols import CBOR, QUERY, REST
from awsio.testing.server.sqs_query import sqs_query_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.model import OperationModel, ServiceModel

    from awsio.testing.server.request import HttpRequest

__all__ = ("Match", "Route", "ServiceRoutes", "make_route", "service_routes")

LABEL = re.compile(r"\{([^{}+]+)(\+?)\}")
CBOR_PATH = re.compile(r"/service/(?P<service>[^/]+)/operation/(?P<operation>[^/]+)")
#: Names the operation for logs and tools; not every client sends it.
OPTIONAL_QUERY = "x-id"


class Match(NamedTuple):
    """An operation that a request calls.

    Attributes:
        operation: the operation's model.
        labels: the labels of its URI to their values, unquoted.
        protocol: the protocol that the request is written in.
        score: of several matches, the one with the highest score is the most specific.
    """

    operation: OperationModel
    labels: dict[str, str]
    protocol: str
    score: tuple[int, ...] = (0, 1, 0, 0)

    @property
    def is_specific(self) -> bool:
        """Whether the request names more than a path that may be anything."""
        _, constraints, literals, _ = self.score
        return bool(constraints or literals)


class Route(NamedTuple):
    """How the requests of one REST operation look.

    Attributes:
        operation: the operation's model.
        protocol: the protocol.
        method: the HTTP method.
        path: a pattern for the quoted path, with a group per label.
        labels: the names of these groups.
        query: what must stand in the query.
        query_names: names that must stand in the query: required members.
        header_names: headers of required members, in lower case. A request without them
            matches where nothing else does: the service would have refused it.
        literals: letters of the URI template outside its labels and slashes.
        greedy: labels that may hold slashes.
    """

    operation: OperationModel
    protocol: str
    method: str
    path: re.Pattern[str]
    labels: tuple[str, ...]
    query: frozenset[tuple[str, str]]
    query_names: frozenset[str]
    header_names: frozenset[str]
    literals: int
    greedy: int

    def match(self, request: HttpRequest, path: str) -> Match | None:
        """Match a request, with its path as the route sees it."""
        is_long_get = self.method == "GET" and request.is_long_get
        if request.method != self.method and not is_long_get:
            return None
        found, query = self.path.fullmatch(path), request.form if is_long_get else request.query
        if found is None or not self.query <= {*query}:
            return None
        if not self.query_names <= {name for name, _ in query}:
            return None
        values = map(unquote, found.groups())
        lacking = len(self.header_names - request.headers.keys())
        constraints = len(self.query) + len(self.query_names) + len(self.header_names)
        score = (-lacking, constraints, self.literals, -self.greedy)
        return Match(
            self.operation, dict(zip(self.labels, values, strict=True)), self.protocol, score
        )


def make_route(operation: OperationModel, protocol: str) -> Route:
    """Make the route of a REST operation."""
    template, _, query = operation.http["requestUri"].partition("?")
    path, labels, greedy = template_pattern(template)
    constants = parse_qsl(query, keep_blank_values=True)
    return Route(
        operation,
        protocol,
        operation.http.get("method", "POST"),
        path,
        labels,
        frozenset(pair for pair in constants if pair[0] != OPTIONAL_QUERY),
        required_names(operation, "querystring"),
        frozenset(name.lower() for name in required_names(operation, "header")),
        len(LABEL.sub("", template).replace("/", "")),
        greedy,
    )


def required_names(operation: OperationModel, location: str) -> frozenset[str]:
    """Return the wire names of the required members at a location."""
    shape = operation.input_shape
    if shape is None:
        return frozenset()
    return frozenset(
        member.serialization.get("name", name)
        for name, member in shape.members.items()
        if member.serialization.get("location") == location
        and name in shape.required_members
        and member.type_name not in {"list", "map"}  # empty ones are not sent
    )


def template_pattern(template: str) -> tuple[re.Pattern[str], tuple[str, ...], int]:
    """Compile a URI template: a label is a segment, a greedy one any number of them.

    Returns:
        The pattern, the labels' names in order, and how many of them are greedy.
    """
    pieces = LABEL.split(template)
    pattern = literal_pattern(pieces[0])
    for greedy, literal in zip(pieces[2::3], pieces[3::3], strict=True):
        pattern += ("(.+)" if greedy else "([^/]+)") + literal_pattern(literal)
    if not template.endswith(("/", "+}")):
        pattern += "/?"
    return re.compile(pattern), tuple(pieces[1::3]), pieces[2::3].count("+")


def literal_pattern(text: str) -> str:
    """Match a text as it is, or quoted."""
    plain, quoted = re.escape(text), re.escape(quote(text))
    return plain if plain == quoted else f"(?:{plain}|{quoted})"


class ServiceRoutes:
    """Finds the operations of one service.

    Args:
        service: botocore's name of the service.

    Raises:
        UnknownServiceError: botocore has no such service.
    """

    def __init__(self, service: str) -> None:
        model = service_model(service)
        self.service = service
        self.signing_name: str = model.signing_name
        self._model = model
        self._operations = frozenset(model.operation_names)
        self._protocols = spoken_protocols(model)
        self._routes = [
            make_route(model.operation_model(name), protocol)
            for protocol in self._protocols
            if protocol in REST
            for name in model.operation_names
        ]

    def matches(self, request: HttpRequest) -> Iterator[Match]:
        """Yield the operations that a request may call."""
        yield from self._rpc_matches(request)
        path = request.path
        if self.service == "s3":
            path = request.path_with_bucket
        for route in self._routes:
            match = route.match(request, path)
            if match is not None:
                yield match

    def _rpc_matches(self, request: HttpRequest) -> Iterator[Match]:
        """Yield what the request names by itself, where the service has it."""
        prefix = self._model.metadata.get("targetPrefix")
        cbor = CBOR_PATH.fullmatch(request.path)
        named: dict[str, str] = {}
        if cbor is not None and cbor["service"] == prefix:
            named[CBOR] = cbor["operation"]
        target, _, operation = request.headers.get("x-amz-target", "").rpartition(".")
        if target and target == prefix:
            named["json"] = operation
        form = dict(request.form)
        if "Action" in form and form.get("Version") in {None, self._model.api_version}:
            named |= dict.fromkeys(QUERY, form["Action"])
        primary = self._protocols[0]
        for protocol in self._protocols:
            name = named.get(protocol)
            if name in self._operations:
                old = protocol == "query" and self.service == "sqs" and protocol != primary
                model = (sqs_query_model() if old else self._model).operation_model(name)
                if not model.has_event_stream_output or protocol == primary:
                    yield Match(model, {}, protocol)


def spoken_protocols(model: ServiceModel) -> tuple[str, ...]:
    """Return the protocols of a service; the first is the one that botocore uses.

    A service that was a query service once still understands its old clients.
    """
    metadata = model.metadata
    protocols = [model.resolved_protocol, *metadata.get("protocols", ())]
    if "awsQueryCompatible" in metadata:
        protocols.append("query")
    return tuple(dict.fromkeys(protocols))


@lru_cache(maxsize=128)
def service_routes(service: str) -> ServiceRoutes:
    """Return the routes of a service, made once."""
    return ServiceRoutes(service)
