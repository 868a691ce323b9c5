from __future__ import annotations

import asyncio
import itertools
import json
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from awsio.errors import ConnectionLostError, MissingExtraError, TruncatedStreamError
from awsio.testing import LocalServer
from awsio.testing.server.server_thread import AbortableLoop
from tests.support.calls import S3_CALL
from tests.support.installed import need

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TEXT = {"contentBlockDelta": {"delta": {"text": "a" * 1000}, "contentBlockIndex": 0}}
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
#: Seconds in which the server must have stopped, on a machine that does other things too.
PROMPT = 1.0


def converse(server: LocalServer) -> Any:
    client = server.client("bedrock-runtime")
    return client.converse_stream(modelId="m", messages=MESSAGES)


def endless(_params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from itertools.repeat(TEXT)


def close_promptly(server: LocalServer) -> None:
    begin = time.monotonic()
    server.close()
    assert time.monotonic() - begin < PROMPT


def own_threads() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("awsio-")]


def test_start_and_close_do_what_with_does() -> None:
    server = LocalServer()
    with pytest.raises(ValueError, match="not running"):
        _ = server.url
    assert server.start() is server
    url = server.url
    assert server.start().url == url
    assert url.startswith("http://127.0.0.1:")
    with converse(server).stream(connection=True) as con:
        assert con.read_event() == {"messageStart": {"role": "assistant"}}
    server.close()
    server.close()
    with pytest.raises(ValueError, match="not running"):
        server.client("s3")


def test_nothing_listens_after_the_end_and_no_thread_is_left() -> None:
    with LocalServer() as server:
        list(converse(server).stream)
        port = int(server.url.rpartition(":")[2])
    assert own_threads() == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_a_server_can_be_started_again_and_keeps_its_scripts() -> None:
    server = LocalServer()
    for _ in range(2):
        with server:
            server.add("s3", "SelectObjectContent", [{"End": {}}])
            client = server.client("s3")
            request = {"Bucket": "b", "Key": "k", "Expression": "", "ExpressionType": "SQL"}
            response = client.select_object_content(
                **request, InputSerialization={}, OutputSerialization={}
            )
            assert list(response.Payload) == [{"End": {}}]
    assert len(server.requests) == 2


def test_two_servers_know_nothing_of_each_other() -> None:
    with LocalServer() as one, LocalServer() as other:
        assert one.url != other.url
        one.add("bedrock-runtime", "ConverseStream", error="ThrottlingException")
        client = one.client("bedrock-runtime")
        with pytest.raises(client.exceptions.ThrottlingException):
            converse(one)
        assert list(converse(other).stream)[-2] == {"messageStop": {"stopReason": "end_turn"}}
        assert len(one.requests) == len(other.requests) == 1


def test_closing_cuts_a_stream_that_never_ends() -> None:
    server = LocalServer().start()
    server.add("bedrock-runtime", "ConverseStream", endless)
    con = converse(server).stream(connection=True)
    assert con.read_event() == TEXT
    close_promptly(server)
    with pytest.raises((ConnectionLostError, TruncatedStreamError)):
        list(con)
    con.close()
    assert own_threads() == []


def test_closing_does_not_wait_for_a_client_that_does_not_read() -> None:
    server = LocalServer().start()
    filled = threading.Event()

    def more_than_fits(_params: Mapping[str, Any]) -> Iterator[bytes]:
        yield b"x" * 2**24
        filled.set()
        yield b""

    server.add("bedrock-runtime", "ConverseStream", more_than_fits)
    con = converse(server).stream(connection=True)
    assert not filled.is_set()
    close_promptly(server)
    con.close()
    assert own_threads() == []


def test_closing_does_not_wait_for_delays() -> None:
    server = LocalServer(delay=3600).start()
    con = converse(server).stream(connection=True)
    close_promptly(server)
    con.close()


def test_closing_does_not_wait_for_a_script_that_blocks() -> None:
    server = LocalServer().start()
    release, blocked = threading.Event(), threading.Event()

    def block(_params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        blocked.set()
        release.wait()
        yield TEXT

    server.add("bedrock-runtime", "ConverseStream", block)
    con = converse(server).stream(connection=True)
    assert blocked.wait(10)
    close_promptly(server)
    con.close()
    (thread,) = (one for one in threading.enumerate() if one.name == "awsio-script")
    assert thread.daemon
    release.set()
    thread.join(10)
    assert not thread.is_alive()


def test_a_stream_ends_when_its_client_has_gone() -> None:
    ended = threading.Event()

    def tell(_params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        try:
            yield from itertools.repeat(TEXT)
        finally:
            ended.set()

    with LocalServer() as server:
        server.add("bedrock-runtime", "ConverseStream", tell)
        con = converse(server).stream(connection=True)
        assert con.read_event() == TEXT
        con.close()
        assert ended.wait(10)
        assert server.errors == []


def test_a_client_that_goes_in_the_middle_of_its_request_leaves_nothing() -> None:
    with LocalServer() as server:
        port = int(server.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"POST /model/m/converse-stream HTTP/1.1\r\nhost: h\r\n")
            client.sendall(b"content-length: 100\r\n\r\n{")
        list(converse(server).stream)
        assert [request.operation for request in server.requests] == ["ConverseStream"]


def test_a_connection_is_used_again() -> None:
    with LocalServer() as server:
        client = server.client("bedrock-runtime")
        for _ in range(3):
            list(client.converse_stream(modelId="m", messages=MESSAGES).stream)
        ports = {request.headers["host"] for request in server.requests}
        assert len(ports) == 1
        (pool,) = client._endpoint.http_session._manager.pools._container.values()  # noqa: SLF001 - it has no public name
        assert pool.num_connections == 1


def test_many_streams_at_once() -> None:
    gate = threading.Barrier(8)

    def together(_params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        gate.wait(30)
        yield TEXT
        yield {"messageStop": {"stopReason": "end_turn"}}

    with LocalServer() as server:
        server.add("bedrock-runtime", "ConverseStream", together)
        client = server.client("bedrock-runtime")
        responses = [client.converse_stream(modelId="m", messages=MESSAGES) for _ in range(8)]
        assert [len(list(response.stream)) for response in responses] == [2] * 8


def test_what_keeps_hypercorn_from_serving_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any, **__: Any) -> None:
        raise OSError("no more sockets")

    monkeypatch.setattr("awsio.testing.server.server_thread.serve", fail)
    server = LocalServer()
    with pytest.raises(OSError, match="no more sockets"):
        server.start()
    assert own_threads() == []


def test_local_clients_take_nothing_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, server: LocalServer
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "there-is-none")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    list(converse(server).stream)
    assert "/us-east-1/bedrock/" in server.requests[0].headers["authorization"]


def test_options_of_a_client_go_before_the_servers_own(server: LocalServer) -> None:
    client = server.client(
        "bedrockruntime",
        region="eu-west-1",
        credentials={"creds": {"access_key_id": "me", "secret_access_key": "secret"}},
    )
    list(client.converse_stream(modelId="m", messages=MESSAGES).stream)
    assert "Credential=me/" in server.requests[0].headers["authorization"]
    assert "/eu-west-1/" in server.requests[0].headers["authorization"]


def test_each_response_has_a_request_id_by_its_number_and_a_date(server: LocalServer) -> None:
    client = server.client("bedrock-runtime")
    for number in (1, 2):
        response = client.converse_stream(modelId="m", messages=MESSAGES)
        metadata = response["ResponseMetadata"]
        assert metadata["RequestId"] == f"00000000-0000-4000-8000-00000000000{number}"
        headers = metadata["HTTPHeaders"]
        assert headers["content-type"] == "application/vnd.amazon.eventstream"
        assert headers["transfer-encoding"] == "chunked"
        assert headers["date"].endswith("GMT")
        list(response.stream)


def test_a_web_socket_is_refused(server: LocalServer) -> None:
    port = int(server.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(
            b"GET / HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: websocket\r\n"
            b"sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        status = client.makefile("rb").readline()
    assert not status.startswith(b"HTTP/1.1 101")
    assert server.requests == []


class Silent(asyncio.Protocol):
    """Says nothing, and hangs up never."""


def test_a_connection_that_comes_when_all_are_cut_is_cut_too() -> None:
    async def connect_late(loop: AbortableLoop) -> bytes:
        service = await loop.create_server(Silent, "127.0.0.1", 0)
        loop.cut()
        try:
            reader, writer = await asyncio.open_connection(*service.sockets[0].getsockname())
            data = await reader.read()
            writer.close()
            await writer.wait_closed()
        finally:
            service.close()
        return data

    loop = AbortableLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(connect_late(loop)) == b""


CHATTER = """
import threading
from awsio.testing import LocalServer

def endless(params):
    while True:
        yield {"contentBlockStop": {"contentBlockIndex": 0}}

def client(server):
    call = server.client("bedrock-runtime")
    return call.converse_stream(
        modelId="m", messages=[{"role": "user", "content": [{"text": "hello"}]}]
    )

with LocalServer() as server:
    list(client(server).stream)
    server.add("bedrock-runtime", "ConverseStream", endless)
    client(server).stream(connection=True).read_event()
    left = client(server)
    gone = client(server)
    gone.stream.close()
print(threading.active_count())
left.stream.close()
"""


def test_nothing_is_said_on_stderr() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", CHATTER],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    complaints = [line for line in done.stderr.splitlines() if "took" not in line]
    assert complaints == []
    assert done.stdout == "1\n"


WITHOUT_HYPERCORN = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "hypercorn":
            raise ModuleNotFoundError("hidden", name=name)

sys.meta_path.insert(0, Blocker())
import awsio.testing
from awsio.errors import MissingExtraError

print(len(awsio.testing.encode_events("s3", "SelectObjectContent", [{"End": {}}])))
try:
    awsio.testing.LocalServer()
except MissingExtraError as error:
    print(error.extra, error)
"""


def test_without_hypercorn_only_the_server_is_missing() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_HYPERCORN],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    size, said = done.stdout.splitlines()
    assert int(size) > 16
    assert said == f"local {MissingExtraError(extra='local')}"


def test_plain_http_will_do(server: LocalServer) -> None:
    request = urllib.request.Request(  # noqa: S310 - an address of our own
        f"{server.url}/model/m/converse-stream",
        json.dumps({"messages": MESSAGES}).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - as above
        assert b"messageStop" in response.read()
    assert server.requests[0].params == {"modelId": "m", "messages": MESSAGES}


def test_it_listens_on_the_loopback_interface_alone(server: LocalServer) -> None:
    port = int(server.url.rpartition(":")[2])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it asks which address would be used
        except OSError:
            pytest.skip("there is no other interface")
        own = probe.getsockname()[0]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((own, port), timeout=5)


def test_what_was_recorded_shows_no_secret(server: LocalServer) -> None:
    credentials = {"access_key_id": "AKID", "secret_access_key": "SECRET", "session_token": "TOKEN"}
    with server.client("s3", credentials=credentials) as client:
        client.select_object_content(**S3_CALL)["Payload"].close()
    (request,) = server.requests
    assert request.headers["x-amz-security-token"] == "TOKEN"
    shown = repr(request)
    assert shown.startswith("RecordedRequest(s3.SelectObjectContent, POST /b/k, params={")
    assert "'x-amz-security-token': '***'" in shown
    assert "TOKEN" not in shown
    assert "AKID" not in shown


def test_a_failure_of_the_server_itself_is_kept_and_answered(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> Any:
        raise LookupError("no way")

    monkeypatch.setattr(server._responder, "reply", fail)  # noqa: SLF001 - nothing public fails
    with pytest.raises(ClientError, match="500"):
        converse(server)
    assert [type(error) for error in server.errors] == [LookupError]
    assert "no way" in caplog.text


def test_hosts_that_rules_put_before_the_servers_are_found(server: LocalServer) -> None:
    need("s3control", "ListJobs")
    with server.client("s3control") as client:
        client.list_jobs(AccountId="123456789012")
    (request,) = server.requests
    assert (request.operation, request.params) == ("ListJobs", {"AccountId": "123456789012"})
    assert request.headers["host"] == server.url.removeprefix("http://")


def test_a_client_never_leaves_the_server_whatever_the_rules_say(server: LocalServer) -> None:
    need("signin", "ListSessions")
    with server.client("signin") as client:
        client.list_sessions()
    assert server.requests[0].operation == "ListSessions"


def test_an_endpoint_of_ones_own_is_kept(server: LocalServer) -> None:
    with LocalServer() as other, server.client("sts", endpoint=other.url) as client:
        client.get_caller_identity()
        assert (len(other.requests), len(server.requests)) == (1, 0)


def test_a_service_that_takes_bearer_tokens_alone_needs_none(server: LocalServer) -> None:
    need("codecatalyst", "ListSpaces")
    with server.client("codecatalyst") as client:
        assert client.list_spaces()["items"]
    assert "authorization" not in server.requests[0].headers
