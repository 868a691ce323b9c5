"""Lines of text in pieces, as bytes and in any charset."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from awsio.errors import LineTooLongError, TextDecodeError
from awsio.lines import LineDecoder, LineSplitter


def lines_of(*pieces: bytes, bare_cr: bool = False) -> list[bytes]:
    splitter = LineSplitter(bare_cr=bare_cr)
    found = []
    for piece in pieces:
        splitter.feed(piece)
        found += iter(splitter.next_line, None)
    splitter.feed_eof()
    found += iter(splitter.next_line, None)
    assert splitter.buffered == 0
    return found


def cut(data: bytes, at: list[int]) -> list[bytes]:
    places = sorted(min(place, len(data)) for place in at)
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


def test_lines_end_at_lf_and_crlf_and_not_at_cr() -> None:
    assert lines_of(b"a\nb\r\nc\rd") == [b"a", b"b", b"c\rd"]
    assert lines_of(b"a\n\nb\r\r\nc\n\r") == [b"a", b"", b"b\r", b"c", b"\r"]


def test_lines_end_at_a_bare_cr_if_asked_to() -> None:
    assert lines_of(b"a\nb\r\nc\rd", bare_cr=True) == [b"a", b"b", b"c", b"d"]
    found = lines_of(b"a\n\nb\r\r\nc\n\r", bare_cr=True)
    assert found == [b"a", b"", b"b", b"", b"c", b""]


def test_lines_of_nothing_and_of_other_separators() -> None:
    assert lines_of(b"") == []
    assert lines_of(b"\n") == [b""]
    assert lines_of(b"a\x0bb\x0cc\x85d\xe2\x80\xa8e\n") == [b"a\x0bb\x0cc\x85d\xe2\x80\xa8e"]


def test_a_line_is_given_with_its_end_and_not_later() -> None:
    splitter = LineSplitter(bare_cr=True)
    splitter.feed(b"a")
    assert splitter.next_line() is None
    assert splitter.buffered == 1
    splitter.feed(b"b\r")
    assert splitter.next_line() == b"ab"
    splitter.feed(b"\nc\n")
    assert splitter.next_line() == b"c"
    assert splitter.next_line() is None
    assert splitter.buffered == 0


def test_a_cr_and_an_lf_in_two_pieces_are_one_end() -> None:
    for bare_cr in (False, True):
        assert lines_of(b"a\r", b"\nb", bare_cr=bare_cr) == [b"a", b"b"]
        assert lines_of(b"a\r", b"", b"\n", b"\nb", bare_cr=bare_cr) == [b"a", b"", b"b"]
    assert lines_of(b"a\r", b"\r", b"\n", bare_cr=True) == [b"a", b""]
    assert lines_of(b"a\r", b"\r", b"\n") == [b"a\r"]


LINES = st.text(alphabet="ab\r\n", max_size=40).map(str.encode)


@given(LINES, st.lists(st.integers(0, 40)))
@example(b"a\r\nb", [2])
def test_pieces_do_not_change_lines(data: bytes, at: list[int]) -> None:
    for bare_cr in (False, True):
        plain = data.replace(b"\r\n", b"\n")
        expected = (plain.replace(b"\r", b"\n") if bare_cr else plain).split(b"\n")
        if not expected[-1]:
            del expected[-1]
        assert lines_of(*cut(data, at), bare_cr=bare_cr) == expected


def test_a_line_above_the_limit_is_refused_until_the_limit_is_raised() -> None:
    splitter = LineSplitter(3)
    splitter.feed(b"abc\nabcd\nx\n")
    assert splitter.next_line() == b"abc"
    for _ in range(2):
        with pytest.raises(LineTooLongError) as caught:
            splitter.next_line()
        assert (caught.value.length, caught.value.limit) == (4, 3)
    splitter.max_size = 4
    assert splitter.next_line() == b"abcd"
    assert splitter.next_line() == b"x"


def test_a_line_without_end_is_refused_before_it_grows() -> None:
    splitter = LineSplitter(3)
    splitter.feed(b"ab")
    assert splitter.next_line() is None
    splitter.feed(b"cd")
    with pytest.raises(LineTooLongError):
        splitter.next_line()


# The examples of the specification:
# https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation


def test_the_cr_of_a_crlf_in_two_pieces_does_not_count_as_length() -> None:
    splitter = LineSplitter(3)
    splitter.feed(b"abc\r")
    assert splitter.next_line() is None
    splitter.feed(b"\n")
    assert splitter.next_line() == b"abc"


# Charsets


def decoded(charset: str, *pieces: bytes) -> list[str]:
    decoder = LineDecoder()
    decoder.use_charset(charset)
    for piece in pieces:
        decoder.feed(piece)
    decoder.feed_eof()
    found = list(iter(decoder.next_line, None))
    assert decoder.buffered == 0
    return found


TEXT = "ab\nüñ日本\r\n\nlast"


@pytest.mark.parametrize(
    "charset",
    ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "utf-7", "cp1140"],
)
@given(at=st.lists(st.integers(0, 80), max_size=5))
def test_charsets_are_decoded_whatever_the_pieces(charset: str, at: list[int]) -> None:
    text = TEXT if charset.startswith("utf") else TEXT.replace("日本", "")
    expected = text.replace("\r\n", "\n").split("\n")
    assert decoded(charset, *cut(text.encode(charset), at)) == expected


@pytest.mark.parametrize("charset", ["shift_jis", "iso-2022-jp", "euc_jp", "gb18030", "big5"])
def test_charsets_of_more_bytes_are_cut_at_their_line_feeds(charset: str) -> None:
    text = "日本\nソ表\n中" if charset != "big5" else "日本\n中文\n中"
    for size in (1, 2, 3, 100):
        data = text.encode(charset)
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        assert decoded(charset, *pieces) == text.split("\n")


def test_an_unknown_charset_is_refused_by_name() -> None:
    with pytest.raises(TextDecodeError, match="no charset 'klingon'") as caught:
        LineDecoder().use_charset("klingon")
    assert caught.value.charset == "klingon"


@pytest.mark.parametrize("charset", ["hex", "rot13"])
def test_a_codec_that_is_no_charset_is_refused(charset: str) -> None:
    with pytest.raises(TextDecodeError, match="no charset"):
        LineDecoder().use_charset(charset)


def test_a_line_in_another_charset_stays_and_can_be_read_in_that() -> None:
    decoder = LineDecoder()
    decoder.feed(b"a\n\xe4\n")
    assert decoder.next_line() == "a"
    for _ in range(2):
        with pytest.raises(TextDecodeError) as caught:
            decoder.next_line()
        assert (caught.value.charset, caught.value.data) == ("utf-8", b"\xe4")
    decoder.use_charset("latin-1")
    assert decoder.next_line() == "ä"


# What no text in the charset has: half a pair, a number above the last character.
MISTAKES = {
    "utf-16-le": b"\x00\xdc",
    "utf-16-be": b"\xdc\x00",
    "utf-32-le": b"\xff\xff\xff\xff",
    "utf-32-be": b"\xff\xff\xff\xff",
}


@given(
    st.sampled_from([*MISTAKES]),
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=5), max_size=4
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=5),
    st.lists(st.integers(0, 100), max_size=6),
)
def test_a_mistake_in_text_that_is_decoded_first_leaves_the_lines_before_it(
    charset: str, lines: list[str], begun: str, at: list[int]
) -> None:
    text = "".join(f"{line}\n" for line in lines) + begun
    wrong = MISTAKES[charset] + "after\n".encode(charset)
    decoder = LineDecoder()
    decoder.use_charset(charset)
    for piece in cut(text.encode(charset) + wrong, at):
        decoder.feed(piece)
    decoder.feed_eof()
    assert [decoder.next_line() for _ in lines] == lines
    for _ in range(2):
        with pytest.raises(TextDecodeError, match=f"not in the charset {charset!r}") as caught:
            decoder.next_line()
        assert caught.value.data == wrong
    assert decoder.buffered == len(begun.encode()) + len(wrong)


def test_a_character_that_the_end_cuts_and_a_mark_that_is_missing() -> None:
    decoder = LineDecoder()
    decoder.use_charset("utf-16-le")
    decoder.feed(b"a\x00\n\x00b")
    assert decoder.buffered == 2
    decoder.feed_eof()
    assert decoder.next_line() == "a"
    with pytest.raises(TextDecodeError):
        decoder.next_line()
    decoder = LineDecoder()
    decoder.use_charset("utf-16")
    decoder.feed(b"a\x00\n\x00")
    with pytest.raises(TextDecodeError, match="BOM"):
        decoder.next_line()


def test_the_charset_cannot_change_under_text_that_was_decoded() -> None:
    decoder = LineDecoder()
    decoder.use_charset("utf-16-le")
    decoder.feed("ab".encode("utf-16-le"))
    with pytest.raises(TextDecodeError, match="lines that were read as utf-16-le wait"):
        decoder.use_charset("utf-8")
    decoder.feed_eof()
    assert decoder.next_line() == "ab"
    decoder.use_charset("utf-8")
    decoder.feed(b"c\n")
    assert decoder.next_line() == "c"


def test_lines_that_are_put_back_come_first_and_the_limit_can_be_changed() -> None:
    for charset in ("utf-8", "utf-16-le"):
        decoder = LineDecoder(2)
        decoder.use_charset(charset)
        decoder.feed("a\nb\nlong\n".encode(charset))
        lines = [decoder.next_line(), decoder.next_line()]
        decoder.unread([line for line in lines if line is not None])
        assert [decoder.next_line(), decoder.next_line()] == ["a", "b"]
        with pytest.raises(LineTooLongError):
            decoder.next_line()
        assert decoder.max_size == 2
        decoder.max_size = None
        assert decoder.next_line() == "long"
