"""A constructor per service, as an attribute of awsio."""

from __future__ import annotations

import subprocess
import sys

import pytest

import awsio
from awsio.clients import constructors
from awsio.errors import UnknownServiceError


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("bedrockruntime", "bedrock-runtime"),
        ("bedrock_runtime", "bedrock-runtime"),
        ("cloudwatchlogs", "logs"),
        ("logs", "logs"),
        ("lambda_", "lambda"),
        ("s3", "s3"),
        ("sfn", "stepfunctions"),
        ("lexruntimev2", "lexv2-runtime"),
        ("connect_", "connect"),
        ("events_", "events"),
    ],
)
def test_a_service_by_its_names(name: str, service: str) -> None:
    construct = getattr(awsio, name)
    assert construct is getattr(awsio, name)
    client = construct(region="us-east-1")
    assert isinstance(client, awsio.Client)
    assert client.meta.service_model.service_name == service
    assert construct.__name__ == construct.__qualname__ == name
    assert construct.__module__ == "awsio"
    assert f"``{service}``" in construct.__doc__


def test_it_takes_what_client_takes() -> None:
    client = awsio.s3({"region": "eu-west-1"}, endpoint="http://127.0.0.1:9")
    assert client.meta.region_name == "eu-west-1"
    assert client.meta.endpoint_url == "http://127.0.0.1:9"
    assert awsio.s3(config={"region": "eu-west-3"}).meta.region_name == "eu-west-3"


def test_a_wrong_name_suggests_near_ones() -> None:
    with pytest.raises(UnknownServiceError, match="bedrockruntime"):
        _ = awsio.bedrockruntme
    with pytest.raises(AttributeError):
        _ = awsio.xyzzy
    assert not hasattr(awsio, "xyzzy")
    with pytest.raises(AttributeError, match="_private"):
        _ = awsio._private  # noqa: SLF001 - it is the point
    with pytest.raises(ImportError):
        from awsio import xyzzy  # noqa: F401 - the import is the point


def test_a_service_that_only_botocore_knows_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from awsio.events import models

    names = (*models.available_services(), "brand-new")
    monkeypatch.setattr(models, "available_services", lambda: names)
    assert constructors.resolve_in_botocore("brandnew") == "brand-new"
    assert constructors.resolve_in_botocore("brand_new") == "brand-new"
    assert constructors.constructor("brandnew").__name__ == "brandnew"
    assert constructors.resolve_in_botocore("nothing") is None


def test_dir_lists_names_and_services_once_each() -> None:
    listed = dir(awsio)
    assert listed == sorted(set(listed))
    assert set(awsio.__all__) <= set(listed)
    assert {"bedrockruntime", "s3", "cloudwatchlogs", "lambda_", "__version__"} <= set(listed)
    assert all(name.isidentifier() for name in listed)


def test_every_public_name_is_there() -> None:
    for name in awsio.__all__:
        assert getattr(awsio, name) is getattr(awsio, name)
    assert set(awsio.LAZY_IMPORTS) == set(awsio.__all__)


IN_ANY_ORDER = """
import awsio
{first}
assert callable(awsio.client) and awsio.client.__name__ == "client", awsio.client
assert callable(awsio.attach) and callable(awsio.connect) and callable(awsio.open)
assert awsio.client("s3", region="us-east-1").meta.region_name == "us-east-1"
assert awsio.events.EventParser is awsio.EventParser
"""


@pytest.mark.parametrize(
    "first",
    [
        "awsio.bedrockruntime",
        "dir(awsio)",
        "awsio.PawsConnection; awsio.attach",
        "from awsio import *",
        "awsio.testing",
        "pass",
    ],
)
def test_names_mean_the_same_in_any_order_of_imports(first: str) -> None:
    code = IN_ANY_ORDER.format(first=first)
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)
