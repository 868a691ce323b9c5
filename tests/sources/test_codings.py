"""What headers say about a body: any way to write a list, and every mistake by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awsio.errors import HttpHeaderError, StreamError
from awsio.sources.codings import body_length, content_codings, list_members

CHUNKED = (True, None)
CLOSE = (False, None)
SPACE = st.sampled_from(["", " ", "\t", " \t "])


@st.composite
def written(draw: st.DrawFn, members: list[str]) -> list[str]:
    """Write a list with white space, empty members and letter case, on several lines."""
    lines = [""]
    for member in members:
        for name in [*draw(st.lists(st.just(""), max_size=2)), member]:
            case = draw(st.sampled_from([str.lower, str.upper, str.title]))
            text = draw(SPACE) + case(name) + draw(SPACE)
            if draw(st.booleans()):
                lines.append(text)
            else:
                lines[-1] += "," + text
    return [line + draw(st.sampled_from(["", ",", " , ,"])) for line in lines]


@pytest.mark.parametrize(
    ("members", "length"),
    [
        ([], CLOSE),
        (["chunked"], CHUNKED),
        (["identity"], CLOSE),
        (["identity", "chunked"], CHUNKED),
        (["identity", "identity", "chunked"], CHUNKED),
    ],
)
@given(data=st.data())
def test_a_transfer_encoding_counts_however_it_is_written(
    members: list[str], length: tuple[bool, int | None], data: st.DataObject
) -> None:
    assert body_length(data.draw(written(members)), []) == length


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        (["gzip"], "'gzip' is not supported"),
        (["gzip", "chunked"], "'gzip' is not supported"),
        (["chunked", "gzip"], "'gzip' is not supported"),
        (["xchunked"], "'xchunked' is not supported"),
        (["chunked;q=1"], "'chunked;q=1' is not supported"),
        (["chunked chunked"], "not supported"),
        (["\x0bchunked"], "not supported"),
        (["chunked", "chunked"], "twice"),
        (["chunked", "identity"], "not the last"),
    ],
)
@given(data=st.data())
def test_a_transfer_encoding_that_cannot_be_followed_is_named(
    members: list[str], reason: str, data: st.DataObject
) -> None:
    lines = data.draw(written(members))
    with pytest.raises(HttpHeaderError, match=reason) as caught:
        body_length(lines, [])
    assert "Transfer-Encoding" in str(caught.value)
    assert caught.value.header == "Transfer-Encoding"
    assert caught.value.value == ", ".join(lines)


@given(number=st.integers(0, 2**63 - 1), count=st.integers(1, 3), data=st.data())
def test_equal_lengths_are_one(number: int, count: int, data: st.DataObject) -> None:
    members = ["0" * data.draw(st.integers(0, 3)) + str(number) for _ in range(count)]
    lines = data.draw(written(members))
    assert body_length([], lines) == (False, number)
    assert body_length(["identity"], lines) == (False, number)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["5", "6"], "differ"),
        (["5, 6"], "differ"),
        (["5, x"], "not a decimal"),
        (["+5"], "not a decimal"),
        (["-5"], "not a decimal"),
        (["1_0"], "not a decimal"),
        (["0x5"], "not a decimal"),
        (["5 5"], "not a decimal"),
        (["5\x0b"], "not a decimal"),
        (["\xa05"], "not a decimal"),
        (["5.0"], "not a decimal"),
        (["\N{ARABIC-INDIC DIGIT FIVE}"], "not a decimal"),
        ([str(2**63)], "above the limit"),
        (["9" * 60_000], "above the limit"),
        (["0" * 60_000 + "x"], "not a decimal"),
        ([""], "empty"),
        ([" , ,"], "empty"),
    ],
)
def test_a_length_that_is_none_is_named(lines: list[str], reason: str) -> None:
    with pytest.raises(HttpHeaderError, match=f"Content-Length .*{reason}") as caught:
        body_length([], lines)
    assert caught.value.header == "Content-Length"
    assert len(str(caught.value)) < 300


def test_leading_zeros_do_not_count() -> None:
    assert body_length([], ["0" * 60_000 + "7"]) == (False, 7)
    assert body_length([], ["000"]) == (False, 0)


def test_a_chunked_body_with_a_length_is_refused() -> None:
    with pytest.raises(HttpHeaderError, match=r"Transfer-Encoding .*Content-Length too"):
        body_length(["chunked"], ["5"])


@given(data=st.data())
def test_content_codings_are_in_the_order_of_their_application(data: st.DataObject) -> None:
    members = data.draw(st.lists(st.sampled_from(["gzip", "br", "new", "identity"]), max_size=5))
    expected = [name for name in members if name != "identity"]
    assert content_codings(data.draw(written(members))) == expected


def test_x_gzip_is_gzip() -> None:
    assert content_codings(["X-Gzip"]) == ["gzip"]


def test_too_many_content_codings_are_named() -> None:
    assert content_codings(["gzip"] * 5) == ["gzip"] * 5
    with pytest.raises(HttpHeaderError, match=r"Content-Encoding .*limit of 5") as caught:
        content_codings(["gzip, gzip, gzip"] * 2)
    assert caught.value.header == "Content-Encoding"
    assert isinstance(caught.value, (StreamError, ValueError))
    assert not isinstance(caught.value, OSError)  # asking again would get the same answer


@pytest.mark.parametrize("fold", ["\r\n ", "\n\t", "\r\n \r\n  "])
def test_a_folded_line_is_one_line(fold: str) -> None:
    assert list_members([f"a,{fold}b{fold}", f"{fold}c"]) == ["a", "b", "c"]
    assert list_members([f"a{fold}b"]) == ["a b"]
