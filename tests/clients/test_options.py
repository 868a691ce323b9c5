"""Options of streams: one object or single names, at every way to a connection."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING, Any

import pytest

import awsio
from awsio.clients.body_handler import BodyHandler
from awsio.connection.options import StreamOptionArguments
from awsio.errors import FrameTooLargeError
from tests.support.bodies import OBJECT
from tests.support.calls import CONVERSE_CALL
from tests.support.frames import CONVERSE
from tests.support.wire import Answer

if TYPE_CHECKING:
    from pathlib import Path

MakeClient = Callable[..., Any]
Way = Callable[..., awsio.PawsConnection]

# Every option, at a value that is not the default.
CHANGED = awsio.StreamOptions(
    require_terminal=False,
    verbosity=1,
    idle_timeout=7.5,
    unknown_events=False,
    max_payload=4096,
    max_headers=2048,
)
KEY = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "secret"}


@pytest.fixture(
    params=[
        "client",
        "constructor",
        "Client",
        "attach",
        "connect",
        "open",
        "body",
        "pickled",
        "open a path",
        "connect a body",
        "BodyHandler",
    ]
)
def way(
    request: pytest.FixtureRequest, client: MakeClient, boto3_client: MakeClient, tmp_path: Path
) -> Way:
    """Give a function that makes a connection with the options that it is given."""
    answer = Answer(CONVERSE)

    def converse(made: Any) -> Any:
        return made.converse_stream(**CONVERSE_CALL)["stream"]

    def constructed(**options: Any) -> Any:
        url = client("bedrock-runtime", answer).meta.endpoint_url
        return awsio.bedrockruntime(region="eu-west-1", credentials=KEY, endpoint=url, **options)

    def opened_path(**options: Any) -> awsio.PawsConnection:
        path = tmp_path / "stored"
        path.write_bytes(b"".join(CONVERSE))
        return awsio.open(path, "bedrock-runtime", "ConverseStream", **options)

    def body(made: Any) -> Any:
        return made.get_object(**OBJECT)["Body"]

    def handed_out(stream: Any) -> awsio.PawsConnection:
        con: awsio.PawsConnection = stream(connection=True)
        return con

    made = boto3_client("bedrock-runtime", answer)
    store = boto3_client("s3", answer)
    ways: dict[str, Way] = {
        "client": lambda **o: handed_out(converse(client("bedrock-runtime", answer, **o))),
        "constructor": lambda **o: handed_out(converse(constructed(**o))),
        "Client": lambda **o: handed_out(converse(awsio.Client(made, **o))),
        "attach": lambda **o: handed_out(converse(awsio.attach(made, **o))),
        "connect": lambda **o: awsio.connect(converse(made), made, **o),
        "open": lambda **o: awsio.open(b"".join(CONVERSE), **o),
        "open a path": opened_path,
        "body": lambda **o: handed_out(body(client("s3", answer, **o))),
        "connect a body": lambda **o: awsio.connect(body(store), **o),
        "BodyHandler": lambda **o: handed_out(BodyHandler(body(store), **o)),
        "pickled": lambda **o: handed_out(
            converse(pickle.loads(pickle.dumps(client("bedrock-runtime", answer, **o))))  # noqa: S301 - ours
        ),
    }
    return ways[request.param]


def options_of(con: awsio.PawsConnection) -> awsio.StreamOptions:
    """Read the options back, without those that have no attribute."""
    return awsio.StreamOptions(
        require_terminal=con.require_terminal,
        verbosity=con.verbosity,
        idle_timeout=con.idle_timeout,
    )


def without_limits(options: awsio.StreamOptions) -> awsio.StreamOptions:
    """Return the options with the defaults of those that a connection has no attribute for."""
    names = ("unknown_events", "max_payload", "max_headers")
    return replace(options, **{name: getattr(awsio.StreamOptions(), name) for name in names})


def test_without_options_a_connection_has_the_defaults(way: Way) -> None:
    with way() as con:
        assert options_of(con) == awsio.StreamOptions()


def test_the_object_reaches_the_connection(way: Way) -> None:
    with way(options=CHANGED) as con:
        assert options_of(con) == without_limits(CHANGED)


def test_single_names_reach_the_connection(way: Way) -> None:
    with way(**asdict(CHANGED)) as con:
        assert options_of(con) == without_limits(CHANGED)


def test_a_single_name_takes_precedence_over_the_object(way: Way) -> None:
    with way(options=CHANGED, idle_timeout=1.5) as con:
        assert options_of(con) == without_limits(replace(CHANGED, idle_timeout=1.5))


TAKERS: dict[str, Callable[..., Any]] = {
    "client": lambda **o: awsio.client("no such service", **o),
    "constructor": lambda **o: awsio.s3("a config of the wrong type", **o),
    "Client": lambda **o: awsio.Client(None, **o),
    "attach": lambda **o: awsio.attach(None, **o),
    "connect": lambda **o: awsio.connect("not a stream", **o),
    "open": lambda **o: awsio.open("/no/such/file", **o),
    "BodyHandler": lambda **o: BodyHandler(None, **o),  # type: ignore[arg-type]  # never used
    "PawsConnection": lambda **o: awsio.PawsConnection(io.BytesIO(), **o),
}


@pytest.mark.parametrize("taker", TAKERS)
def test_a_name_that_does_not_exist_is_refused_with_near_names(taker: str) -> None:
    with pytest.raises(TypeError, match=r"'idle_timout'.*idle_timeout"):
        TAKERS[taker](idle_timout=1)


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"verbosity": "1"}, TypeError),
        ({"verbosity": 4}, ValueError),
        ({"idle_timeout": -1}, ValueError),
        ({"idle_timeout": float("nan")}, ValueError),
        ({"max_payload": "1"}, TypeError),
        ({"max_payload": True}, TypeError),
        ({"max_payload": -1}, ValueError),
        ({"max_headers": 1.5}, TypeError),
        ({"max_headers": -1}, ValueError),
    ],
)
@pytest.mark.parametrize("taker", TAKERS)
def test_an_impossible_value_is_refused_before_anything_else_is_looked_at(
    taker: str, wrong: dict[str, Any], kind: type[Exception]
) -> None:
    with pytest.raises(kind, match=next(iter(wrong))):
        TAKERS[taker](**wrong)


@pytest.mark.parametrize(
    ("option", "part"), [("max_payload", "payload"), ("max_headers", "headers")]
)
def test_the_limits_hold_in_the_stream(way: Way, option: str, part: str) -> None:
    with way(**{option: 3}) as con:
        if con.parser is None and con.status_code is not None:
            pytest.skip("a body that is not an event stream has no frames")
        with pytest.raises(FrameTooLargeError) as refused:
            con.read_event()
        assert (refused.value.part, refused.value.limit) == (part, 3)


def test_type_checkers_know_every_option() -> None:
    names = [field.name for field in fields(awsio.StreamOptions)]
    assert names == list(StreamOptionArguments.__annotations__)
    assert all(getattr(CHANGED, name) != getattr(awsio.StreamOptions(), name) for name in names)
