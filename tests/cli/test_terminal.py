"""What is written where a terminal is attached, and where none is."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import unicodedata
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


BIDIRECTIONAL = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
INVISIBLE = "\u2028\u2029\xad\u200b\u2060\u2061\ufeff\ufff9\u180e\U000e0001\U000e0061\U000e007f"
# The property Prepended_Concatenation_Mark of Unicode: format characters that are seen.
SIGNS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
WRITTEN_WITH_JOINERS = [
    "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian: I do not want
    "\u0915\u094d\u200d\u0937 \u0dc1\u0dca\u200d\u0dbb\u0dd3",  # Hindi, Sinhala
    "\U0001f469\u200d\U0001f4bb \u2764\ufe0f\u200d\U0001f525 \U0001f3f3\ufe0f\u200d\U0001f308",
    "\u0647\u0630\u0627 \u05e2\u05d1\u05e8\u05d9\u05ea",  # Arabic and Hebrew need no control
]


@pytest.mark.parametrize("character", BIDIRECTIONAL + INVISIBLE)
def test_what_is_not_seen_and_changes_what_is_seen_is_escaped(character: str) -> None:
    shown = escape_controls(f"a{character}b")
    assert shown.isascii()
    assert shown.isprintable()
    assert shown == ascii(f"a{character}b").strip("'")


@pytest.mark.parametrize("text", [*WRITTEN_WITH_JOINERS, SIGNS])
def test_what_languages_and_emoji_are_written_with_stays(text: str) -> None:
    assert escape_controls(text + "\n\t") == text + "\n\t"


def test_of_all_characters_those_that_are_seen_stay() -> None:
    hidden = {"Cc", "Cf", "Zl", "Zp"}
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        stays = escape_controls(character) == character
        kept = character in "\n\t\u200c\u200d" + SIGNS
        assert stays == (kept or unicodedata.category(character) not in hidden), hex(code)


def test_format_characters_of_the_model_do_not_reach_a_terminal_and_do_a_pipe(
    terminal: Terminal,
    run: Callable[..., subprocess.CompletedProcess[bytes]],
    configured: dict[str, str],
    bedrock: Any,
) -> None:
    words = f"pay {BIDIRECTIONAL}00.1 \u2028{WRITTEN_WITH_JOINERS[0]}"
    for _ in range(2):
        bedrock.text(words)
        bedrock.finish(stop_reason="end\u202eturn")
    arguments = ("converse", "--endpoint-url", bedrock.url, "x")
    code, screen = terminal(*arguments, env=configured)
    shown = screen.decode()
    assert code == 0
    assert not set(shown) & set(BIDIRECTIONAL + "\u2028")
    assert "pay \\u200e" in shown
    assert WRITTEN_WITH_JOINERS[0] in shown
    assert "end\\u202eturn" in shown
    done = run(*arguments, env=configured)
    assert done.stdout.decode() == words + "\n"
    assert b"end\\u202eturn" in done.stderr


def test_an_error_and_a_wrong_argument_do_not_pass_them_on(
    terminal: Terminal, configured: dict[str, str]
) -> None:
    for arguments in (
        ("converse", "--\u202ebogus", "x"),
        ("converse", "--temperature", "\u202e\x1b[31m", "x"),
        ("\u202e",),
        ("converse", "--endpoint-url", "http://127.0.0.1:1/\u202e", "x"),
    ):
        _, shown = terminal(*arguments, env=configured)
        assert "\u202e" not in shown.decode()
        assert "\\u202e" in shown.decode() or "%E2%80%AE" in shown.decode()


def test_a_message_of_click_is_escaped_where_click_does_not_do_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    click = pytest.importorskip("click")
    from awsio.cli import commands

    @click.command()
    def quotes_its_argument() -> None:
        raise click.UsageError("No such option: --\u202ebogus")

    monkeypatch.setattr(commands, "command", quotes_its_argument)
    monkeypatch.setattr(sys, "argv", ["awsio"])
    assert commands.run() == 2
    assert "No such option: --\\u202ebogus" in capsys.readouterr().err


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
