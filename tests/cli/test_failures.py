"""`awsio converse` where something is wrong: one line on standard error, an exit code."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from awsio.testing import LocalServer

Run = Callable[..., subprocess.CompletedProcess[bytes]]


def failure(done: subprocess.CompletedProcess[bytes]) -> str:
    """Give the one line of standard error, without the command's name."""
    found = re.fullmatch(r"awsio: error: (.*)\n", done.stderr.decode())
    assert found is not None, done.stderr.decode()
    return found[1]


# Not set up


def test_without_a_region_one_line_says_what_to_set(run: Run, bare: dict[str, str]) -> None:
    done = run("converse", "x", env=bare)
    assert (done.returncode, done.stdout) == (2, b""), done
    assert failure(done) == (
        "no AWS region found: set credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
        "AWS_BEARER_TOKEN_BEDROCK, or --profile) and a region (AWS_DEFAULT_REGION or --region); "
        "--local needs neither"
    )


def test_without_credentials_one_line_says_what_to_set(run: Run, bare: dict[str, str]) -> None:
    done = run("converse", "--region", "us-east-1", "x", env=bare)
    assert (done.returncode, done.stdout) == (2, b""), done
    assert failure(done).startswith("no AWS credentials found: set credentials (AWS_ACCESS_KEY_ID")


def test_half_a_key_is_named(run: Run, configured: dict[str, str]) -> None:
    del configured["AWS_SECRET_ACCESS_KEY"]
    done = run("converse", "x", env=configured)
    assert done.returncode == 2
    assert "AWS_SECRET_ACCESS_KEY" in failure(done)


def test_a_profile_that_is_not_there_is_named(run: Run, configured: dict[str, str]) -> None:
    done = run("converse", "--profile", "nobody", "x", env=configured)
    assert done.returncode == 2
    assert failure(done) == "ProfileNotFound: The config profile (nobody) could not be found"


def test_a_profile_gives_credentials_and_region(
    run: Run, bare: dict[str, str], bedrock: Any
) -> None:
    folder = Path(bare["HOME"], ".aws")
    folder.mkdir()
    folder.joinpath("config").write_text(
        "[profile me]\nregion = eu-west-1\naws_access_key_id = a\naws_secret_access_key = b\n"
    )
    bedrock.text("Hello")
    bedrock.finish()
    done = run("converse", "--profile", "me", "--endpoint-url", bedrock.url, "x", env=bare)
    assert (done.returncode, done.stdout) == (0, b"Hello\n"), done.stderr


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nonsense", "ValueError: Invalid endpoint: nonsense"),
        ("http://", "ValueError: Invalid endpoint: http://"),
        ("ftp://127.0.0.1/", "ValueError: Invalid endpoint: ftp://127.0.0.1/ (it begins with"),
    ],
)
def test_an_endpoint_that_is_no_address_is_refused(
    run: Run, configured: dict[str, str], url: str, told: str
) -> None:
    done = run("converse", "--endpoint-url", url, "x", env=configured)
    assert (done.returncode, done.stdout) == (2, b""), done
    assert failure(done).startswith(told)


def test_a_configuration_that_cannot_be_read_is_not_set_up(
    run: Run, configured: dict[str, str]
) -> None:
    folder = Path(configured["HOME"], ".aws")
    folder.mkdir(exist_ok=True)
    folder.joinpath("config").write_text("[profile\n")
    done = run("converse", "x", env=configured)
    assert (done.returncode, done.stdout) == (2, b""), done
    assert failure(done).startswith("ConfigParseError: ")


def test_an_endpoint_where_nobody_listens_is_named(run: Run, configured: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    done = run("converse", "--endpoint-url", url, "x", env=configured)
    assert (done.returncode, done.stdout) == (1, b""), done
    assert failure(done).startswith("EndpointConnectionError: ")
    assert url in failure(done)


@pytest.mark.parametrize("scheme", ["http", "ftp"])
def test_the_password_of_an_endpoint_is_not_told(
    run: Run, configured: dict[str, str], scheme: str
) -> None:
    configured["AWS_ENDPOINT_URL"] = f"{scheme}://u:pw77@127.0.0.1:1"
    done = run("converse", "x", env=configured)
    assert f"{scheme}://***@127.0.0.1:1" in failure(done)
    assert b"pw77" not in done.stderr


@pytest.mark.parametrize(
    ("module", "extra", "arguments"),
    [
        ("click", "cli", ()),
        ("click", "cli", ("converse", "--local", "x")),
        ("hypercorn", "local", ("converse", "--local", "x")),
    ],
)
def test_a_missing_package_is_told_with_the_extra_that_brings_it(
    without: Run, bare: dict[str, str], module: str, extra: str, arguments: tuple[str, ...]
) -> None:
    done = without(module, *arguments, env=bare)
    assert (done.returncode, done.stdout) == (2, b""), done
    assert f'pip install "awsio-streams[{extra}]"' in failure(done)


def test_a_missing_module_of_our_own_is_no_missing_extra(
    without: Run, bare: dict[str, str]
) -> None:
    done = without("awsio.cli.commands", "--version", env=bare)
    assert done.returncode == 1
    assert b"ModuleNotFoundError" in done.stderr


# Usage


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("converse",), "Missing argument 'PROMPT'"),
        (("converse", "--local", ""), "the prompt is empty"),
        (("converse", "--local", " "), "the prompt is empty"),
        (("converse", "--local", "-"), "the prompt is empty"),
        (("converse", "--local", "--region", "r", "x"), "--local asks its own server"),
        (("converse", "--local", "--profile", "p", "x"), "--local asks its own server"),
        (("converse", "--local", "--endpoint-url", "u", "x"), "--local asks its own server"),
        (("converse", "--max-tokens", "0", "x"), "--max-tokens"),
        (("converse", "--temperature", "2", "x"), "--temperature"),
        (("speak",), "No such command 'speak'"),
    ],
)
def test_wrong_usage_is_told(
    run: Run, bare: dict[str, str], arguments: tuple[str, ...], message: str
) -> None:
    done = run(*arguments, env=bare, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stdout) == (2, b""), done
    assert message in done.stderr.decode()
    assert done.stderr.startswith(b"Usage: awsio ")


def test_a_closed_standard_input_is_an_empty_prompt(bare: dict[str, str]) -> None:
    command = ["sh", "-c", 'exec "$0" -m awsio converse --local - <&-', sys.executable]
    done = subprocess.run(command, env=bare, capture_output=True, check=False, timeout=60)
    assert done.returncode == 2
    assert b"the prompt is empty" in done.stderr


# The service


def test_what_the_service_refuses_is_told_with_code_and_message(
    run: Run, configured: dict[str, str], server: LocalServer
) -> None:
    server.add(
        "bedrock-runtime",
        "ConverseStream",
        error="ThrottlingException",
        message="Too many\nrequests \x1b[31m",
    )
    done = run("converse", "--endpoint-url", server.url, "x", env=configured)
    assert (done.returncode, done.stdout) == (1, b""), done
    assert failure(done) == r"ThrottlingException: Too many requests \x1b[31m"


def test_an_exception_inside_the_stream_leaves_the_text_before_it(
    run: Run, configured: dict[str, str], bedrock: Any
) -> None:
    bedrock.text("Hello")
    bedrock.send({"modelStreamErrorException": {"message": "The model fell over."}})
    bedrock.end()
    done = run("converse", "--endpoint-url", bedrock.url, "x", env=configured)
    assert (done.returncode, done.stdout) == (1, b"Hello\n"), done
    assert failure(done) == "modelStreamErrorException: The model fell over."


def test_a_stream_that_is_cut_leaves_the_text_before_it(
    run: Run, configured: dict[str, str], bedrock: Any
) -> None:
    bedrock.text("Hello\n")
    bedrock.cut()
    done = run("converse", "--endpoint-url", bedrock.url, "x", env=configured)
    assert (done.returncode, done.stdout) == (1, b"Hello\n"), done
    assert failure(done).startswith("TruncatedStreamError: ")


def test_a_stream_that_ends_too_early_is_told(
    run: Run, configured: dict[str, str], bedrock: Any
) -> None:
    bedrock.text("Hello")
    bedrock.end()
    done = run("converse", "--endpoint-url", bedrock.url, "x", env=configured)
    assert (done.returncode, done.stdout) == (1, b"Hello\n"), done
    assert failure(done).startswith("IncompleteStreamError: ")


def test_a_server_that_dies_leaves_the_text_before_it(
    start: Callable[..., subprocess.Popen[bytes]],
    configured: dict[str, str],
    server: LocalServer,
    bedrock: Any,
) -> None:
    process = start("converse", "--endpoint-url", server.url, "x", env=configured)
    assert process.stdout is not None
    bedrock.text("Hello")
    assert process.stdout.read(5) == b"Hello"
    server.close()
    output, status = process.communicate()
    assert (process.returncode, output) == (1, b"\n")
    assert re.fullmatch(rb"awsio: error: (Truncated|ConnectionLost)\w+: [^\n]+\n", status)
