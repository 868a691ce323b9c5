"""`Client`: a thin proxy over a botocore client, and the function that creates one."""

from __future__ import annotations

from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config
from botocore.credentials import CredentialResolver, Credentials

from awsio.clients import names
from awsio.clients.attach import attach, with_unknown_events
from awsio.clients.client_arguments import ClientArguments, snapshot
from awsio.clients.config import ClientSettings, read_settings
from awsio.clients.doors import check_session
from awsio.clients.response import Response
from awsio.closing import ClosedOnExit
from awsio.connection.options import DEFAULT_OPTIONS, StreamOptions
from awsio.errors import ConfigError, UnknownServiceError
from awsio.events.event import EventClasses
from awsio.masking import masked_url
from awsio.suggestions import close_matches, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from typing_extensions import Unpack

    from awsio.connection.options import StreamOptionArguments

__all__ = ("Client", "client")


def client(
    service: str,
    config: Config | Mapping[str, Any] | None = None,
    *,
    credentials: Any = None,
    endpoint: str | None = None,
    region: str | None = None,
    session: Any = None,
    options: StreamOptions = DEFAULT_OPTIONS,
    **changes: Unpack[StreamOptionArguments],
) -> Client:
    """Create a client.

    Credentials, regions, endpoints, retries and signing are botocore's: environment
    variables, profiles, roles, SSO and ``AWS_BEARER_TOKEN_BEDROCK`` work as in boto3.

    Args:
        service: botocore's name (``bedrock-runtime``), paws's (``bedrockruntime``) or
            botocore's with underscores (``bedrock_runtime``).
        config: botocore's ``Config``, or paws's nested dict: ``{"credentials":
            {"creds": {...}, "profile": str, "anonymous": bool}, "endpoint": str,
            "region": str, "timeout": seconds}``.
        credentials: paws's dict of credentials, or a credentials object of botocore.
        endpoint: the URL to call instead of AWS's.
        region: the region, such as ``us-east-1``.
        session: a boto3 or botocore session to create the client with.
        options: the options of the client's streams.
        changes: single options by name, such as ``idle_timeout=30``, which take
            precedence over ``options``; see :class:`~awsio.StreamOptions`.

    Returns:
        The client.

    Raises:
        UnknownServiceError: no service has this name; the message suggests similar ones.
        ConfigError: the configuration cannot be read.
        TypeError: ``service`` is not a string, ``session`` is one of aiobotocore, an option
            does not exist, or an option has a value of the wrong type.
        ValueError: an option has an impossible value.
        botocore.exceptions.NoRegionError: no region is configured anywhere.
    """
    options = options.with_changes(changes)
    check_session(session)
    base = config if isinstance(config, Config) else None
    nested = None if isinstance(config, Config) else config
    settings = read_settings(nested, credentials, endpoint, region)
    own_session = session is None
    session = session_for(settings, session)
    name = service_name(service, session)
    create = session.create_client if hasattr(session, "create_client") else session.client
    made = create(name, **settings.client_arguments(base))
    if settings.close_connection:
        made.meta.events.register("before-send", ask_to_close)
    arguments = None
    if own_session:
        if not (settings.arguments.get("region_name") or (base and base.region_name)):  # type: ignore[attr-defined]  # the stubs lack it
            region = session.get_config_variable("region")
        given = snapshot(config), snapshot(credentials)
        arguments = ClientArguments(service, *given, endpoint, region, options)
    return Client(made, arguments=arguments, options=options)


def recreate(arguments: ClientArguments) -> Client:
    """Create the client that a pickle holds the arguments of."""
    return client(
        arguments.service,
        arguments.config,
        credentials=arguments.credentials,
        endpoint=arguments.endpoint,
        region=arguments.region,
        options=arguments.options,
    )


def ask_to_close(request: Any, **_: Any) -> None:
    """Put the header on a signed request; it is not one of those that are signed."""
    request.headers["Connection"] = "close"


def service_name(name: Any, session: Any) -> str:
    """Return the service that a name means.

    Raises:
        UnknownServiceError: there is none.
        TypeError: the name is not a string.
    """
    if not isinstance(name, str):
        hint = "; attach(client) is for a client of boto3" if hasattr(name, "meta") else ""
        msg = f"the name of a service is a string, such as 'bedrock-runtime', not {name!r}{hint}"
        raise TypeError(msg)
    available = available_services(session)
    found = name if name in available else names.resolve(name) or names.match(name, available)
    if found is None:
        msg = f"no service is called {name!r}"
        raise UnknownServiceError(msg, suggestions=names.suggest(name))
    return found


def available_services(session: Any) -> list[str]:
    """List the services of a session of botocore or boto3."""
    if isinstance(session, botocore.session.Session):
        # The same call as botocore's when it loads the model: listing takes a while, and
        # botocore then finds the result in its cache. The session's own method differs.
        services = session.get_component("data_loader").list_available_services("service-2")
    else:
        services = session.get_available_services()
    return list(services)


@lru_cache(maxsize=1)
def default_session() -> botocore.session.Session:
    """Return the session of all clients without a profile or credentials: it caches models."""
    return botocore.session.get_session()


class GivenCredentials:
    """A credential provider for botocore, of credentials that the user passed."""

    METHOD = "awsio-given"
    CANONICAL_NAME = None

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def load(self) -> Credentials:
        """Return the credentials."""
        return self._credentials


def session_for(settings: ClientSettings, session: Any) -> Any:
    """Return the session to create a client with.

    Raises:
        ConfigError: a session was passed together with a profile or credentials.
    """
    if session is not None:
        if settings.profile is not None or settings.credentials is not None:
            msg = "a session has its own profile and credentials: give them to the session"
            raise ConfigError(msg)
        return session
    if settings.profile is None and settings.credentials is None:
        return default_session()
    session = botocore.session.Session(profile=settings.profile)
    if settings.credentials is not None:
        provider: Any = GivenCredentials(settings.credentials)
        session.register_component("credential_provider", CredentialResolver([provider]))
    return session


class Client(ClosedOnExit):
    """A botocore client whose responses have attributes and whose streams can do more.

    Every operation is a method, as in boto3: ``client.converse_stream(modelId=...,
    messages=[...])``. The other attributes of a botocore client (``meta``,
    ``exceptions``, ``get_paginator``, ...) are there too.

    Args:
        client: a boto3 or botocore client; it is attached, see :func:`awsio.attach`.
        arguments: what creates the client again, for its pickle; None where that is not
            known.
        options: as in :func:`awsio.client`.
        changes: as in :func:`awsio.client`.

    Raises:
        TypeError: an option does not exist, or has a value of the wrong type.
        ValueError: an option has an impossible value.
    """

    def __init__(
        self,
        client: Any,
        *,
        arguments: ClientArguments | None = None,
        options: StreamOptions = DEFAULT_OPTIONS,
        **changes: Unpack[StreamOptionArguments],
    ) -> None:
        options = with_unknown_events(options.with_changes(changes))
        self._client = attach(client, options=options)
        self._arguments = arguments
        self._classes = EventClasses(client.meta.service_model.service_name)

    def __getattr__(self, name: str) -> Any:
        """Return an operation, or another attribute of the botocore client.

        Raises:
            AttributeError: there is no such operation; the message suggests similar ones.
        """
        if name.startswith("__"):
            raise AttributeError(name)
        api_name = self._client.meta.method_to_api_mapping.get(name)
        if api_name is not None:
            method = self._operation(getattr(self._client, name), api_name)
            self.__dict__[name] = method
            return method
        try:
            return getattr(self._client, name)
        except AttributeError:
            hint = did_you_mean(close_matches(name, self._client.meta.method_to_api_mapping))
            msg = f"{self!r} has no operation {name!r}{hint}"
            raise AttributeError(msg, name=name, obj=self) from None

    def _operation(self, call: Callable[..., dict[str, Any]], api_name: str) -> Callable[..., Any]:
        """Return the method of an operation: botocore's, with a :class:`Response`."""
        model = self._client.meta.service_model.operation_model(api_name)
        shape = model.output_shape
        response = self._classes.of(shape, Response) if shape is not None else Response

        @wraps(call)
        def method(*args: Any, **kwargs: Any) -> Any:
            return response(call(*args, **kwargs))

        return method

    def close(self) -> None:
        """Close the client's idle connections."""
        self._client.close()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the arguments that created the client; unpickling creates it again.

        Keys are in the pickle only if they were passed to :func:`awsio.client`. Except for
        the region, what is configured in the environment and in files is not: the other
        process has its own. Hooks registered at ``meta.events`` are not pickled.

        Raises:
            TypeError: it is not known how to create the client.
        """
        if self._arguments is None:
            msg = (
                "a client of a session, or around another client, cannot be pickled: create it "
                "with awsio.client(service, region=..., credentials=...), without session="
            )
            raise TypeError(msg)
        return recreate, (self._arguments.checked(),)

    def __dir__(self) -> Iterable[str]:
        """List the attributes, the botocore client's too."""
        return sorted({*super().__dir__(), *dir(self._client)})

    def __repr__(self) -> str:
        """Name the service, its region and its endpoint."""
        meta = self._client.meta
        return (
            f"<awsio.Client {meta.service_model.service_name} {meta.region_name} "
            f"{masked_url(meta.endpoint_url)}>"
        )
