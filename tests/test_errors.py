from __future__ import annotations

import builtins
import copy
import copyreg
import inspect
import pickle
import re
from typing import TYPE_CHECKING, Any

import pytest

from awsio import errors
from awsio.errors import (
    AwsioError,
    ChecksumError,
    FrameError,
    FrameTooLargeError,
    MissingExtraError,
    ServiceStreamError,
    StreamError,
    UnknownOperationError,
    UnknownServiceError,
    fresh_copy,
)
from awsio.eventstream import Byte, Frame

if TYPE_CHECKING:
    from types import TracebackType

LINE = re.compile(r"^ {4}(?P<indent>[│├└─ ]*)(?P<name>\w+)(?: +\((?P<builtins>[\w, ]+)\))?")


def drawing() -> dict[str, tuple[str | None, tuple[str, ...]]]:
    """Read the tree in the module's docstring: name to parent's name and built-ins."""
    text = (errors.__doc__ or "").split(".. code-block:: text\n\n")[1].split("\n\n")[0]
    tree: dict[str, tuple[str | None, tuple[str, ...]]] = {}
    path: list[str] = []
    for line in text.splitlines():
        match = LINE.match(line)
        assert match, line
        depth, rest = divmod(len(match["indent"]), 4)
        assert rest == 0, line
        del path[depth:]
        assert len(path) == depth, line
        found = match["builtins"]
        tree[match["name"]] = (
            path[-1] if path else None,
            tuple(found.split(", ") if found else ()),
        )
        path.append(match["name"])
    return tree


TREE = drawing()
CLASSES = {
    name: value
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, AwsioError)
}
RESPONSE = {
    "Error": {"Code": "ThrottlingException", "Message": "too fast"},
    "originalStatusCode": 429,
}
FRAME = Frame({":exception-type": "ThrottlingException", "n": Byte(1)}, b"{}")

# Each error with every fact that it takes, and those facts.
FACTS: dict[str, dict[str, Any]] = {
    "ChecksumError": {"expected": 1, "computed": 2**32 - 1},
    "PreludeChecksumError": {"expected": 1, "computed": 2**32 - 1},
    "MessageChecksumError": {"expected": 1, "computed": 2**32 - 1},
    "FrameLengthError": {"total_length": 3, "headers_length": 4},
    "FrameTooLargeError": {"part": "payload", "length": 5, "limit": 4},
    "DuplicateHeaderError": {"name": ":event-type"},
    "NotAnEventStreamError": {
        "status_code": 200,
        "content_type": "text/html",
        "head": b"<html>",
    },
    "EventParseError": {"frame": FRAME, "data": b"{"},
    "TruncatedStreamError": {"buffered": 7, "missing": 9},
    "IncompleteStreamError": {"operation_name": "ConverseStream", "expected": ("messageStop",)},
    "NoProgressError": {"operation_name": "SubscribeToShard", "sessions": 10},
    "StreamTimeoutError": {"timeout": 0.5, "resumable": True, "data_pending": True},
    "TextDecodeError": {"charset": "utf-8", "data": b"\xff"},
    "HttpStatusError": {"status_code": 503, "reason": "Service Unavailable"},
    "LineTooLongError": {"length": 5, "limit": 4},
    "ServiceStreamError": {
        "frame": FRAME,
        "retryable": True,
        "throttling": True,
        "fault": "client",
        "http_status": 429,
    },
    "ReaderConflictError": {"missing": 3},
    "UnknownNameError": {"suggestions": ("bedrock", "bedrockruntime")},
    "UnknownServiceError": {"suggestions": ("bedrock", "bedrockruntime")},
    "UnknownOperationError": {"suggestions": ("converse_stream",)},
    "MissingExtraError": {"extra": "local"},
}


def parameters(name: str) -> dict[str, inspect.Parameter]:
    constructor = CLASSES[name].__init__
    if not inspect.isfunction(constructor):  # that of a built-in: a message and no facts
        return {}
    return dict(inspect.signature(constructor).parameters)


NO_MESSAGE_NEEDED = [
    name
    for name in FACTS
    if name != "ServiceStreamError" and parameters(name)["message"].default is None
]


def make(name: str) -> AwsioError:
    if name == "ServiceStreamError":
        return ServiceStreamError(RESPONSE, "ConverseStream", **FACTS[name])
    return CLASSES[name]("what happened", **FACTS.get(name, {}))


def state(error: BaseException) -> tuple[Any, ...]:
    return type(error), str(error), repr(error), error.args, vars(error)


def test_the_drawing_shows_every_error_and_only_those() -> None:
    assert set(TREE) == set(CLASSES)


def test_every_error_is_exported() -> None:
    assert set(errors.__all__) == set(CLASSES)
    assert list(errors.__all__) == sorted(errors.__all__)


@pytest.mark.parametrize("name", TREE)
def test_an_error_is_the_child_and_the_builtin_that_the_drawing_promises(name: str) -> None:
    parent, promised = TREE[name]
    cls = CLASSES[name]
    own = [base for base in cls.__mro__[1:] if base.__module__ == errors.__name__]
    assert [base.__name__ for base in own[:1]] == ([parent] if parent else [])
    inherited = set() if parent is None else builtins_of(CLASSES[parent])
    assert builtins_of(cls) - inherited == closure(promised) - inherited
    assert issubclass(cls, Exception)


def builtins_of(cls: type) -> set[type]:
    common = {Exception, BaseException, object}
    return {base for base in cls.__mro__ if base.__module__ == "builtins"} - common


def closure(names: tuple[str, ...]) -> set[type]:
    """Give the built-ins of these names, with their own bases."""
    return set().union(*(builtins_of(getattr(builtins, name)) for name in names))


@pytest.mark.parametrize("name", CLASSES)
def test_these_tests_know_every_fact(name: str) -> None:
    keywords = {
        parameter.name
        for parameter in parameters(name).values()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
    assert keywords == set(FACTS.get(name, {}))


@pytest.mark.parametrize("name", CLASSES)
def test_facts_are_attributes_and_documented(name: str) -> None:
    error = make(name)
    for fact, value in FACTS.get(name, {}).items():
        assert getattr(error, fact) == value
        documented = [base.__doc__ or "" for base in type(error).__mro__]
        assert any(f"        {fact}: " in text for text in documented), fact
    assert set(FACTS.get(name, {})) <= set(vars(error))
    assert "what happened" in str(error) or name == "ServiceStreamError"


@pytest.mark.parametrize("name", CLASSES)
def test_every_error_pickles_with_its_facts_at_every_protocol(name: str) -> None:
    error = make(name)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - our own bytes
        assert state(again) == state(error)


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_every_error_is_copied_with_its_facts(name: str, duplicate: Any) -> None:
    error = make(name)
    error.add_note("seen in the test")
    assert state(duplicate(error)) == state(error)
    assert duplicate(error).__notes__ == ["seen in the test"]


@pytest.mark.parametrize("name", [name for name in CLASSES if name != "ServiceStreamError"])
def test_facts_are_optional(name: str) -> None:
    error = CLASSES[name]("only words")
    assert str(error) == "only words"
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert state(again) == state(error)


@pytest.mark.parametrize("name", NO_MESSAGE_NEEDED)
def test_an_error_of_facts_words_its_own_message(name: str) -> None:
    error = CLASSES[name](**FACTS[name])
    assert str(error) not in ("", "None")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert state(again) == state(error)


def test_the_messages_say_the_facts() -> None:
    assert str(CLASSES["PreludeChecksumError"](expected=1, computed=255)) == (
        "prelude checksum mismatch: the frame says 0x00000001, its bytes give 0x000000ff"
    )
    assert str(CLASSES["MessageChecksumError"]()).startswith("message checksum mismatch")
    assert str(ChecksumError()).startswith("frame checksum mismatch")
    assert str(FrameTooLargeError(part="headers", length=3, limit=2)) == (
        "headers of 3 bytes is above the limit of 2"
    )
    assert "':event-type'" in str(CLASSES["DuplicateHeaderError"](name=":event-type"))
    assert 'pip install "awsio-streams[local]"' in str(MissingExtraError(extra="local"))


def test_an_unknown_name_suggests_the_near_ones() -> None:
    assert str(UnknownServiceError("no service x", suggestions=["a", "b"])) == (
        "no service x; did you mean a or b?"
    )
    assert str(UnknownOperationError("no operation x")) == "no operation x"


def test_an_error_of_the_service_gives_code_and_message() -> None:
    error = ServiceStreamError(RESPONSE, "ConverseStream")
    assert (error.code, error.message) == ("ThrottlingException", "too fast")
    assert error.response == RESPONSE
    assert error.operation_name == "ConverseStream"
    assert str(error) == (
        "An error occurred (ThrottlingException) in the stream of the ConverseStream operation: "
        "too fast"
    )
    assert (error.frame, error.retryable, error.fault, error.http_status) == (None,) * 4
    assert error.throttling is None


@pytest.mark.parametrize("response", [{}, {"Error": {}}])
def test_an_error_of_the_service_without_code_and_message_has_empty_ones(
    response: dict[str, Any],
) -> None:
    error = ServiceStreamError(response, "ConverseStream")
    assert (error.code, error.message) == ("", "")
    assert "ConverseStream" in str(error)


def test_an_error_of_the_service_pickles_by_its_facts_whatever_its_args() -> None:
    # The first base that sets them may be botocore's, which puts a message there.
    error = ServiceStreamError(RESPONSE, "ConverseStream", retryable=False)
    error.args = ("An error occurred",)
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - our own
        assert vars(again) == vars(error)
        assert str(again) == str(error)


def test_facts_of_many_are_kept_as_tuples() -> None:
    assert errors.IncompleteStreamError("cut", expected=["End"]).expected == ("End",)
    assert UnknownServiceError("no", suggestions=["a"]).suggestions == ("a",)


def test_what_reading_raises_is_one_family() -> None:
    assert issubclass(FrameError, StreamError)
    assert {name for name, cls in CLASSES.items() if not issubclass(cls, StreamError)} == {
        "AwsioError",
        "ConfigError",
        "EventSerializeError",
        "LineTooLongError",
        "MissingExtraError",
        "ReaderConflictError",
        "UnknownNameError",
        "UnknownOperationError",
        "UnknownServiceError",
    }


def test_a_fresh_copy_leaves_the_traceback_where_copy_takes_it_along(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """tblib, which Dask installs, teaches copy to do so."""

    def with_traceback(error: Exception) -> tuple[object, ...]:
        return rebuild, (str(error), error.__traceback__)

    def rebuild(message: str, traceback: TracebackType) -> Exception:
        return errors.TruncatedStreamError(message).with_traceback(traceback)

    monkeypatch.setitem(copyreg.dispatch_table, errors.TruncatedStreamError, with_traceback)

    def fail() -> None:
        raise errors.TruncatedStreamError("cut") from ValueError("below")

    with pytest.raises(errors.TruncatedStreamError) as caught:
        fail()
    assert copy.copy(caught.value).__traceback__ is not None
    twin = fresh_copy(caught.value)

    assert str(twin) == "cut"
    assert (twin.__traceback__, twin.__cause__, twin.__context__) == (None, None, None)
