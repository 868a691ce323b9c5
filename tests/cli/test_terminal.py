"""What is written where a terminal is attached, and where none is."""

from __future__ import annotations

import io
import os
import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from awsio.cli.terminal import StatusLine, TextOutput, escape_controls, one_line

Terminal = Callable[..., tuple[int, bytes]]

HOSTILE = "\x1b]0;title\x07red\x1b[31m\r\x9b31m\x7f\n\ttab"
ESCAPED = "\\x1b]0;title\\x07red\\x1b[31m\\x0d\\x9b31m\\x7f\n\ttab"


@pytest.fixture
def hostile(bedrock: Any) -> Any:
    """Give a Bedrock whose answer would drive the terminal."""
    bedrock.text(HOSTILE)
    bedrock.finish()
    return bedrock


def test_control_characters_of_the_model_are_shown_and_not_obeyed_by_a_terminal(
    terminal: Terminal, configured: dict[str, str], hostile: Any
) -> None:
    code, shown = terminal(
        "converse", "--endpoint-url", hostile.url, "x", env=configured, stderr=subprocess.DEVNULL
    )
    assert code == 0
    assert shown.decode() == (ESCAPED + "\n").replace("\n", "\r\n")


def test_a_pipe_gets_the_text_as_it_is(
    run: Callable[..., subprocess.CompletedProcess[bytes]],
    configured: dict[str, str],
    hostile: Any,
) -> None:
    done = run("converse", "--endpoint-url", hostile.url, "x", env=configured)
    assert done.stdout.decode() == HOSTILE + "\n"


def test_the_status_line_is_dimmed_on_a_terminal(
    terminal: Terminal, configured: dict[str, str], bedrock: Any
) -> None:
    bedrock.text("Hello")
    bedrock.finish()
    code, shown = terminal("converse", "--endpoint-url", bedrock.url, "x", env=configured)
    assert code == 0
    status = rb"\x1b\[2mstop reason: end_turn \| tokens: 3 in, 4 out \| first token: \d+ ms\x1b\[0m"
    assert re.fullmatch(rb"Hello\r\n" + status + rb"\r\n", shown), shown


@pytest.mark.parametrize("variables", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_the_status_line_is_plain_where_that_is_asked_for(
    terminal: Terminal, configured: dict[str, str], bedrock: Any, variables: dict[str, str]
) -> None:
    bedrock.text("Hello")
    bedrock.finish()
    env = {**configured, **variables}
    code, shown = terminal("converse", "--endpoint-url", bedrock.url, "x", env=env)
    assert code == 0
    assert shown.startswith(b"Hello\r\nstop reason: end_turn | ")
    assert b"\x1b" not in shown


def test_without_rich_a_terminal_gets_plain_lines(
    terminal: Terminal, configured: dict[str, str], bedrock: Any
) -> None:
    bedrock.text("Hello")
    bedrock.finish()
    code, shown = terminal(
        "converse", "--endpoint-url", bedrock.url, "x", env=configured, without="rich"
    )
    assert code == 0
    assert shown.startswith(b"Hello\r\nstop reason: end_turn | ")
    assert b"\x1b" not in shown


def test_an_error_on_a_terminal_is_one_line_however_long_whose_label_is_red(
    terminal: Terminal, configured: dict[str, str], bedrock: Any
) -> None:
    message = "[bold]very[/bold] :smile: \x1b[31m" + "long " * 50 + "☃"
    bedrock.send({"validationException": {"message": message}})
    bedrock.end()
    env = {**configured, "COLUMNS": "40", "PYTHONIOENCODING": "ascii"}
    code, shown = terminal("converse", "--endpoint-url", bedrock.url, "x", env=env)
    assert code == 1
    told = message.replace("\x1b", "\\x1b").replace("☃", "\\u2603")
    expected = f"\x1b[1;31mawsio: error: \x1b[0mvalidationException: {told}\r\n"
    assert shown.decode() == expected


def test_every_control_character_but_newline_and_tab_is_escaped() -> None:
    controls = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
    kept = [character for character in controls if escape_controls(character) == character]
    assert kept == ["\t", "\n"]
    assert escape_controls("\x00\x85é☃") == "\\x00\\x85é☃"


def test_a_line_is_one_line() -> None:
    assert one_line(" a\r\n  b\tc\u2028d\x1b\n") == "a b c d\\x1b"


@pytest.mark.parametrize("errors", ["strict", "surrogateescape", "surrogatepass"])
@pytest.mark.parametrize("encoding", ["ascii", "utf-8", "utf-16-le", "cp437"])
def test_no_text_raises_in_no_encoding(encoding: str, errors: str) -> None:
    buffer = io.BytesIO()
    output = TextOutput(io.TextIOWrapper(buffer, encoding=encoding, errors=errors))
    output.write("a\ud83d\U0001f600\udc80z")
    text = buffer.getvalue().decode(encoding)
    assert re.fullmatch("a\\?(\\?|\U0001f600)\\?z", text)


def test_a_line_is_ended_once() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    output = TextOutput(stream)
    output.end_line()
    for text in ("one", "", "\n", "two"):
        output.write(text)
    output.end_line()
    output.end_line()
    assert stream.buffer.getvalue() == b"one\ntwo\n"


def test_where_there_is_no_stream_nothing_is_written() -> None:
    output = TextOutput(None)
    output.write("text")
    output.end_line()
    StatusLine(None).info("text")


def test_a_stream_that_takes_no_more_fails_once_and_then_goes_nowhere() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        output = TextOutput(stream)
        with pytest.raises(BrokenPipeError):
            output.write("text")
        output.write("more")


def test_a_status_line_that_nobody_reads_is_no_failure() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        StatusLine(stream).error("text")
