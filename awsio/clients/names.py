"""Which service a constructor name means: ``awsio.bedrockruntime``, ``awsio.logs``.

A service can be called by

* its name in the R SDK paws: ``cloudwatchlogs``, ``lexruntimev2``, ``sfn``;
* botocore's name without ``-``: ``logs``, ``bedrockruntime``;
* botocore's name with ``_`` for ``-``: ``bedrock_runtime``;
* botocore's name itself, where a string is expected: ``bedrock-runtime``.

Rules: only the standard library is imported, so ``import awsio`` and ``dir(awsio)`` need no
botocore. A name that cannot be an attribute also works with a trailing underscore: Python's
keywords (``lambda_``) and the names in :data:`RESERVED_NAMES`, which mean something else in
``awsio`` (``connect_``, ``events_``). A name never changes the service that it means: where
spellings of two services agree, botocore's exact name takes precedence, then paws's name,
then botocore's without ``-``, then with ``_``.

The table is a snapshot, and botocore gains a service every few days. For names that
:func:`resolve` does not know, call :func:`match` with the services of the installed
botocore.
"""

from __future__ import annotations

import functools
import keyword
from typing import TYPE_CHECKING, Final

from awsio.clients.service_table import ALIASES, FORMER_NAMES, SERVICES
from awsio.suggestions import close_matches

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = (
    "ALIASES",
    "FORMER_NAMES",
    "RESERVED_NAMES",
    "SERVICES",
    "constructor_name",
    "constructor_names",
    "match",
    "resolve",
    "suggest",
)

#: Names of ``awsio`` itself that are also a service's name. As attributes of ``awsio`` they
#: are the function and the subpackage, never the constructor of a service.
RESERVED_NAMES: Final = frozenset({"connect", "events"})

#: The most suggestions for a wrong name.
MAX_SUGGESTIONS: Final = 3


def resolve(name: str) -> str | None:
    """Return the service that a name means, by the table.

    Args:
        name: A constructor name, or botocore's name of a service.

    Returns:
        botocore's name of the service; None if the table does not have the name. The
        service may exist all the same, see :func:`match`.
    """
    return _services_by_spelling().get(name)


def match(name: str, available: Iterable[str]) -> str | None:
    """Return the service that a name means, among given services.

    Args:
        name: A constructor name, or botocore's name of a service.
        available: botocore's names of the services to choose from, as
            ``botocore.session.Session.get_available_services`` returns them.

    Returns:
        The one of ``available`` that the name means by the rules of this module, None if
        there is none.
    """
    return _spellings(available).get(name)


def constructor_name(service: str) -> str:
    """Return the name by which ``dir(awsio)`` lists a service.

    Args:
        service: botocore's name of the service, in the table or not.

    Returns:
        paws's name, or botocore's name without ``-`` where paws has no other, with a
        trailing underscore where the name cannot be an attribute.
    """
    return _as_attribute(_paws_names().get(service) or service.replace("-", ""))


def constructor_names() -> list[str]:
    """List the constructors, one name for each service.

    Returns:
        The names, sorted. A service's other names work as well.
    """
    return sorted(constructor_name(service) for service in SERVICES)


def suggest(name: str) -> list[str]:
    """Return the names that a mistyped name may stand for.

    Args:
        name: A name that means no service.

    Returns:
        At most three names, each of another service, the most similar first.
    """
    spellings = _normalized_spellings()
    # Several spellings of one service may be similar: look at more than are returned.
    near = close_matches(_normalized(name), spellings, 2 * MAX_SUGGESTIONS)
    by_service: dict[str, str] = {}
    for spelling in near:
        by_service.setdefault(spellings[spelling], _as_attribute(spelling))
    return list(by_service.values())[:MAX_SUGGESTIONS]


@functools.cache
def _services_by_spelling() -> dict[str, str]:
    """Map every spelling of every service in the table to botocore's name."""
    return _spellings(SERVICES)


@functools.cache
def _paws_names() -> dict[str, str]:
    """Map botocore's names to paws's aliases."""
    return {service: alias for alias, service in ALIASES.items()}


@functools.cache
def _normalized_spellings() -> dict[str, str]:
    """Return the spellings that have neither ``-`` nor ``_``."""
    return {
        name: service
        for name, service in _services_by_spelling().items()
        if name == _normalized(name)
    }


def _spellings(services: Iterable[str]) -> dict[str, str]:
    """Map every spelling of every given service to botocore's name of it."""
    names = {service: service for service in services}
    spellings = dict(names)
    # The first entry of a spelling stays, so this is the order of the module's rules.
    for alias, service in (ALIASES | FORMER_NAMES).items():
        if service in names:
            spellings.setdefault(alias, service)
    for separator in ("", "_"):
        for service in names:
            spellings.setdefault(service.replace("-", separator), service)
    for name in [name for name in spellings if _as_attribute(name) != name]:
        spellings.setdefault(_as_attribute(name), spellings[name])
    return spellings


def _as_attribute(name: str) -> str:
    """Return a name, with a trailing underscore if it cannot be an attribute."""
    return f"{name}_" if keyword.iskeyword(name) or name in RESERVED_NAMES else name


def _normalized(name: str) -> str:
    """Return a name in the form in which similar names are compared."""
    return name.lower().replace("-", "").replace("_", "")
