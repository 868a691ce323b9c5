"""`awsio converse` as a process: what it prints, when, and how it ends."""

from __future__ import annotations

import io
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from awsio.testing import LocalServer

Run = Callable[..., subprocess.CompletedProcess[bytes]]
Start = Callable[..., subprocess.Popen[bytes]]

PIPE_SIZE = 64 * 1024
PROMPT = "Describe the purpose of a 'hello world' program in one line."
STATUS = re.compile(rb"stop reason: (\w+) \| tokens: (\d+) in, (\d+) out \| first token: \d+ ms\n")


def answer_of(server: LocalServer, **arguments: Any) -> str:
    """Ask with a client what the command asks."""
    with server.client("bedrock-runtime") as client:
        response = client.converse_stream(modelId="amazon.nova-lite-v1:0", **arguments)
        return "".join(response.stream(lambda chunk: chunk.contentBlockDelta.delta.text))


def user(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"text": text}]}]


def test_the_answer_of_the_own_server_needs_no_account(
    run: Run, bare: dict[str, str], server: LocalServer
) -> None:
    done = run("converse", "--local", PROMPT, env=bare)
    assert done.returncode == 0
    assert done.stdout.decode() == answer_of(server, messages=user(PROMPT)) + "\n"
    assert STATUS.fullmatch(done.stderr)


def test_the_own_server_is_asked_whatever_the_configuration_says(
    run: Run, bare: dict[str, str]
) -> None:
    env = {**bare, "AWS_PROFILE": "nobody", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    env["HTTP_PROXY"] = env["http_proxy"] = "http://127.0.0.1:9"
    done = run("converse", "--local", PROMPT, env=env)
    assert (done.returncode, done.stderr.count(b"\n")) == (0, 1), done.stderr


def test_a_service_is_asked_with_every_option(
    run: Run, configured: dict[str, str], server: LocalServer
) -> None:
    options = {
        "--endpoint-url": server.url,
        "--region": "eu-west-1",
        "--model": "my.model-v1",
        "--system": "Be brief.",
        "--max-tokens": "5",
        "--temperature": "0.5",
    }
    done = run(
        "converse", *(part for item in options.items() for part in item), PROMPT, env=configured
    )
    assert done.returncode == 0
    expected = answer_of(
        server,
        messages=user(PROMPT),
        system=[{"text": "Be brief."}],
        inferenceConfig={"maxTokens": 5, "temperature": 0.5},
    )
    assert done.stdout.decode() == expected + "\n"


def test_the_prompt_comes_from_standard_input_for_a_dash(
    run: Run, bare: dict[str, str], server: LocalServer
) -> None:
    done = run("converse", "--local", "-", env=bare, input=f"{PROMPT} é\n".encode())
    assert done.stdout.decode() == answer_of(server, messages=user(f"{PROMPT} é")) + "\n"


def test_standard_input_that_is_not_utf_8_is_read_as_the_locale_says(
    run: Run, bare: dict[str, str]
) -> None:
    env = {**bare, "PYTHONIOENCODING": "latin-1"}
    done = run("converse", "--local", "-", env=env, input=b"Un caf\xe9?\n")
    assert (done.returncode, b'"Un caf\xe9?"' in done.stdout) == (0, True), done


def test_an_argument_that_is_not_in_the_locales_encoding_is_asked_all_the_same(
    run: Run, bare: dict[str, str]
) -> None:
    done = run("converse", "--local", "--system", b"\xe9", b"Un caf\xe9?", env=bare)
    assert (done.returncode, '"Un caf\ufffd?"' in done.stdout.decode()) == (0, True), done


def test_each_token_is_there_before_the_next_is_sent(
    start: Start, configured: dict[str, str], bedrock: Any
) -> None:
    process = start("converse", "--endpoint-url", bedrock.url, "x", env=configured)
    output = process.stdout
    assert isinstance(output, io.BufferedReader)
    for token in ("Hello", ",", " world"):
        bedrock.text(token)
        assert output.read(len(token)).decode() == token
    bedrock.finish("max_tokens")
    rest, status = process.communicate()
    assert rest == b"\n"
    assert process.returncode == 0
    found = STATUS.fullmatch(status)
    assert found is not None
    assert found.groups() == (b"max_tokens", b"3", b"4")


def test_an_answer_without_text_and_usage_has_a_line_all_the_same(
    run: Run, configured: dict[str, str], bedrock: Any
) -> None:
    bedrock.send({"messageStop": {"stopReason": "guardrail_intervened"}})
    bedrock.end()
    done = run("converse", "--endpoint-url", bedrock.url, "x", env=configured)
    assert (done.returncode, done.stdout) == (0, b"\n"), done
    assert done.stderr == b"stop reason: guardrail_intervened\n"


def test_ctrl_c_keeps_what_came_and_says_nothing(
    start: Start, configured: dict[str, str], bedrock: Any
) -> None:
    process = start("converse", "--endpoint-url", bedrock.url, "x", env=configured)
    output = process.stdout
    assert isinstance(output, io.BufferedReader)
    bedrock.text("Hello")
    assert output.read(5) == b"Hello"
    process.send_signal(signal.SIGINT)
    bedrock.text("too late")  # wakes a read that began in the instant of the signal
    assert process.communicate() == (b"\n", b"")
    assert process.returncode == 130


def test_ctrl_c_before_the_first_token_says_nothing(
    start: Start, configured: dict[str, str], bedrock: Any
) -> None:
    process = start("converse", "--endpoint-url", bedrock.url, "x", env=configured)
    assert bedrock.requested.wait(60)
    process.send_signal(signal.SIGINT)
    bedrock.text("too late")  # wakes a read that began in the instant of the signal
    assert process.communicate() == (b"", b"")
    assert process.returncode == 130


def test_ctrl_c_while_the_prompt_is_typed_says_nothing_but_a_line_end(
    start: Start, bare: dict[str, str]
) -> None:
    process = start("converse", "--local", "-", env=bare, stdin=subprocess.PIPE, bufsize=0)
    assert isinstance(process.stdin, io.FileIO)
    # More than a pipe takes: all of it is written only once the command reads.
    process.stdin.write(b"x" * 2 * PIPE_SIZE)
    process.send_signal(signal.SIGINT)
    # Python reads on if the signal comes between two of its reads; the end is its end.
    output, status = process.communicate()
    assert (output, status.strip(), process.returncode) == (b"", b"", 130)


def test_a_reader_that_has_had_enough_ends_it_quietly(
    start: Start, configured: dict[str, str], bedrock: Any
) -> None:
    process = start("converse", "--endpoint-url", bedrock.url, "x", env=configured)
    output, status = process.stdout, process.stderr
    assert isinstance(output, io.BufferedReader)
    assert isinstance(status, io.BufferedReader)
    bedrock.text("one\n")
    assert output.readline() == b"one\n"
    output.close()
    bedrock.text("two\n", "three\n")
    assert status.read() == b""
    assert process.wait() == 141


def test_a_full_disk_is_said_in_one_line(
    run: Run, configured: dict[str, str], bedrock: Any
) -> None:
    device = Path("/dev/full")
    if not device.exists():
        pytest.skip("this system has no /dev/full")
    bedrock.text("Hello")
    with device.open("wb") as full:
        done = run("converse", "--endpoint-url", bedrock.url, "x", env=configured, stdout=full)
    assert done.returncode == 1
    assert re.fullmatch(rb"awsio: error: OSError: .*No space left on device\n", done.stderr)


def test_closed_descriptors_are_no_reason_to_fail(configured: dict[str, str], bedrock: Any) -> None:
    bedrock.text("Hello")
    bedrock.finish()
    command = ["sh", "-c", 'exec "$0" -m awsio "$@" >&- 2>&-', sys.executable]
    arguments = ["converse", "--endpoint-url", bedrock.url, "x"]
    done = subprocess.run(
        [*command, *arguments], env=configured, capture_output=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b""), done


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("ascii", b"na?ve ?\n"),
        ("ascii:backslashreplace", b"na\\xefve \\u2603\n"),
        ("latin-1", b"na\xefve ?\n"),
        ("utf-8", "naïve ☃\n".encode()),
    ],
)
def test_what_the_encoding_of_the_output_cannot_say_is_replaced(
    run: Run, configured: dict[str, str], bedrock: Any, encoding: str, expected: bytes
) -> None:
    bedrock.text("naïve ☃")
    bedrock.finish()
    env = {**configured, "PYTHONIOENCODING": encoding}
    done = run("converse", "--endpoint-url", bedrock.url, "x", env=env)
    assert (done.returncode, done.stdout) == (0, expected), done
