"""From an HTTP request to the operation that it calls.

A request names its service by the scope of its signature, by ``X-Amz-Target``, by the
path of RPC v2, or by the version of a query API. Only where none of these helps, as in
an unsigned REST request, are services searched by the first segment of the path.
"""

from __future__ import annotations

import re
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from awsio.testing.server.catalog import service_entries, services_by_first_segment
from awsio.testing.server.routes import CBOR_PATH, service_routes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from awsio.testing.server.request import HttpRequest
    from awsio.testing.server.routes import Match

__all__ = ("Router", "signing_scope")

# Signature version 4A has no region in its scope.
find_scope = re.compile(r"Credential=[^,\s]*?/\d{8}/(?:[^/,]*/)?([^/,]+)/aws4_request").search


#: Names that S3 and others sign some of their operations for.
SIGNING_ALIASES = {
    "IngestionService": "importexport",
    "s3-object-lambda": "s3",
    "s3-outposts": "s3",
    "s3express": "s3",
}


class Router:
    """Finds operations, first among the services that are preferred."""

    def __init__(self) -> None:
        self._preferred: dict[str, None] = {}
        self._scripted: set[tuple[str, str]] = set()

    def prefer(self, service: str, operation: str | None = None) -> None:
        """Search a service before those that were never named here.

        Args:
            service: botocore's name of the service.
            operation: wins over other operations with the same requests.
        """
        self._preferred[service] = None
        if operation is not None:
            self._scripted.add((service, operation))

    def find(self, request: HttpRequest) -> Match | None:
        """Find what a request calls; None where nothing matches.

        Of several matches the one that was signed for its service wins, then the most
        specific, then one that is preferred, then the first.
        """
        scope = signing_scope(request)
        names = signing_names(scope)
        signed: list[Match] = []
        elsewhere: list[Match] = []  # signed for another service
        searched: set[str] = set()
        for services in self._groups(request, names):
            fresh = [service for service in services if service not in searched]
            searched.update(fresh)
            for match in chain.from_iterable(service_routes(one).matches(request) for one in fresh):
                is_signed = not names or match.operation.service_model.signing_name in names
                (signed if is_signed else elsewhere).append(match)
            # A bucket may have any name, that of another service's path too.
            if any(not names or match.is_specific for match in signed):
                break
        rank = partial(self._rank, scope=scope)
        return max(signed or elsewhere, key=rank, default=None)

    def _rank(self, match: Match, scope: str) -> tuple[Any, ...]:
        """Order matches, the best one last."""
        operation = match.operation
        is_scripted = (operation.service_model.service_name, operation.name) in self._scripted
        # ListDirectoryBuckets and ListBuckets have the same requests, but for this.
        parameters = {one.name for one in operation.static_context_parameters}
        is_express = "UseS3ExpressControlEndpoint" in parameters
        fits = is_express == (scope == "s3express")
        return (*match.score, is_scripted, fits, not operation.deprecated)

    def _groups(self, request: HttpRequest, names: tuple[str, ...]) -> Iterator[Iterable[str]]:
        """Yield groups of services, the likeliest first."""
        yield tuple(self._preferred)
        for name in names:
            signed = [one.service for one in service_entries() if one.signing_name == name]
            # Several services may share a name, such as rds: that of its owner goes first.
            yield sorted(signed, key=lambda service: service != name)
        yield named_services(request)


def signing_scope(request: HttpRequest) -> str:
    """Return the service in the scope of a request's signature; empty without one.

    A presigned URL has the scope in its query.
    """
    presigned = f"Credential={dict(request.query).get('X-Amz-Credential', '')}"
    header = find_scope(request.headers.get("authorization", ""))
    scope = header if header is not None else find_scope(presigned)
    return scope[1] if scope is not None else ""


def signing_names(scope: str) -> tuple[str, ...]:
    """Return the signing names of services that a request with a scope may be for."""
    names = (scope, SIGNING_ALIASES.get(scope, scope)) if scope else ()
    return tuple(dict.fromkeys(names))


def named_services(request: HttpRequest) -> Iterable[str]:
    """Return the services that a request may be for by what it says besides a signature."""
    form = dict(request.form)
    cbor = CBOR_PATH.fullmatch(request.path)
    prefix = cbor["service"] if cbor is not None else ""
    prefix = prefix or request.headers.get("x-amz-target", "").rpartition(".")[0]
    if prefix:
        return [one.service for one in service_entries() if one.target_prefix == prefix]
    if "Action" in form:
        version = form.get("Version")
        return [
            one.service
            for one in service_entries()
            if not one.is_rest and version in {None, one.api_version}
        ]
    groups = services_by_first_segment()
    segment = request.path.split("/")[1] if request.path.startswith("/") else ""
    return dict.fromkeys((*groups.get(segment, ()), *groups.get("", ())))
