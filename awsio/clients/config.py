"""Configuration in paws's form and in botocore's, turned into a client's arguments.

paws takes one nested list: ``config = list(credentials = list(creds = list(...),
profile = ...), endpoint = ..., region = ..., timeout = ...)``. The same is accepted
here as nested dicts, besides botocore's ``Config`` and credentials objects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore import UNSIGNED
from botocore.config import Config
from botocore.credentials import Credentials

from awsio.errors import ConfigError
from awsio.suggestions import close_matches, did_you_mean

__all__ = ("ClientSettings", "read_settings")

# paws's names of the parts of a key, and boto3's.
KEY_NAMES = {
    "access_key_id": "aws_access_key_id",
    "secret_access_key": "aws_secret_access_key",
    "session_token": "aws_session_token",
}


@dataclass(repr=False)  # repr would show keys
class ClientSettings:
    """What a client is created with.

    Attributes:
        arguments: for botocore's ``create_client``.
        options: for botocore's ``Config``.
        profile: a profile of the shared configuration, or None.
        credentials: an object of botocore, or None.
        close_connection: whether the server is asked to close each connection after its
            response.
    """

    arguments: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    profile: str | None = None
    credentials: Credentials | None = None
    close_connection: bool = False

    def client_arguments(self, base: Config | None) -> dict[str, Any]:
        """Return the arguments, with the options taking precedence over a base config."""
        config = Config(**self.options)
        return {**self.arguments, "config": base.merge(config) if base is not None else config}


def read_settings(
    config: Mapping[str, Any] | None,
    credentials: Any = None,
    endpoint: str | None = None,
    region: str | None = None,
) -> ClientSettings:
    """Read paws's configuration; single arguments take precedence over nested ones.

    Args:
        config: ``{"credentials": {...}, "endpoint": str, "region": str,
            "timeout": seconds, "close_connection": bool, "s3_force_path_style": bool}``.
        credentials: ``{"creds": {"access_key_id": str, "secret_access_key": str,
            "session_token": str}, "profile": str, "anonymous": bool}``, the inner dict
            alone, or a credentials object of botocore.
        endpoint: a URL.
        region: a region, such as ``us-east-1``.

    Raises:
        ConfigError: a key is unknown, or a value is of the wrong kind.
    """
    settings = ClientSettings()
    if config is not None:
        if credentials is not None and isinstance(config, Mapping):
            # Parts of two identities must not be mixed.
            config = {key: value for key, value in config.items() if key != "credentials"}
        read_mapping(settings, config, CONFIG_SETTERS, "config")
    if credentials is not None:
        read_credentials(settings, credentials)
    if endpoint:
        settings.arguments["endpoint_url"] = endpoint
    if region:
        settings.arguments["region_name"] = region
    return settings


Setter = Callable[[ClientSettings, Any], None]


def read_mapping(
    settings: ClientSettings, values: Any, setters: Mapping[str, Setter], name: str
) -> None:
    """Apply each key of a mapping.

    Raises:
        ConfigError: it is not a mapping, or a key is unknown.
    """
    if not isinstance(values, Mapping):
        msg = f"{name} takes a dict, not a {type(values).__name__}"
        raise ConfigError(msg)
    for key, value in values.items():
        if key not in setters:
            hint = did_you_mean(close_matches(key, setters)) or f"; it has {[*setters]}"
            msg = f"{name} has no key {key!r}{hint}"
            raise ConfigError(msg)
        if value is not None and value != "":
            setters[key](settings, value)


def argument_setter(name: str) -> Setter:
    """Return a setter of an argument of ``create_client``."""

    def set_argument(settings: ClientSettings, value: Any) -> None:
        settings.arguments[name] = value

    return set_argument


def set_timeout(settings: ClientSettings, value: Any) -> None:
    """Set the seconds that connecting and each read may take."""
    settings.options |= {"connect_timeout": value, "read_timeout": value}


def set_path_style(settings: ClientSettings, value: Any) -> None:
    """Put the bucket in the path."""
    if value:
        settings.options["s3"] = {"addressing_style": "path"}


def set_close_connection(settings: ClientSettings, value: Any) -> None:
    """Ask for a new HTTP connection for each call."""
    settings.close_connection = bool(value)


def set_profile(settings: ClientSettings, value: Any) -> None:
    """Take a profile of the shared configuration."""
    settings.profile = str(value)


def set_anonymous(settings: ClientSettings, value: Any) -> None:
    """Sign nothing."""
    if value:
        settings.options["signature_version"] = UNSIGNED


def set_keys(settings: ClientSettings, value: Any) -> None:
    """Take an access key, in paws's names or boto3's."""
    read_mapping(settings, value, KEY_SETTERS, "creds")


def read_credentials(settings: ClientSettings, value: Any) -> None:
    """Take credentials in any of their forms."""
    if isinstance(value, Credentials):
        settings.credentials = value
    elif isinstance(value, Mapping) and value.keys() & KEY_SETTERS.keys():
        set_keys(settings, value)
    else:
        read_mapping(settings, value, CREDENTIALS_SETTERS, "credentials")


def ignore_value(_settings: ClientSettings, _value: Any) -> None:
    """Ignore a value that paws keeps beside a key and botocore does not use."""


KEY_SETTERS: dict[str, Setter] = {
    **{name: argument_setter(boto3_name) for name, boto3_name in KEY_NAMES.items()},
    **{boto3_name: argument_setter(boto3_name) for boto3_name in KEY_NAMES.values()},
    "provider_name": ignore_value,
    "expiration": ignore_value,
    "region": argument_setter("region_name"),
}

CREDENTIALS_SETTERS: dict[str, Setter] = {
    "creds": set_keys,
    "profile": set_profile,
    "anonymous": set_anonymous,
}

CONFIG_SETTERS: dict[str, Setter] = {
    "credentials": read_credentials,
    "endpoint": argument_setter("endpoint_url"),
    "region": argument_setter("region_name"),
    "timeout": set_timeout,
    "s3_force_path_style": set_path_style,
    "close_connection": set_close_connection,
}
