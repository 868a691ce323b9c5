from __future__ import annotations

import copy
import datetime
import enum
import pickle
import sys
from uuid import UUID

import pytest

from awsio.errors import DuplicateHeaderError, FrameTooLargeError, HeaderError
from awsio.eventstream import (
    Byte,
    HeaderValue,
    Long,
    Short,
    Timestamp,
    decode_headers,
    encode_headers,
)

SOME_UUID = UUID("01020304-0506-0708-090a-0b0c0d0e0f10")

# Value, type byte, bytes of the value: from the table of the specification.
WIRE_FORMS: list[tuple[HeaderValue, int, str]] = [
    (True, 0, ""),
    (False, 1, ""),
    (Byte(-49), 2, "cf"),
    (Byte(-128), 2, "80"),
    (Byte(127), 2, "7f"),
    (Short(42), 3, "002a"),
    (Short(-32768), 3, "8000"),
    (Short(32767), 3, "7fff"),
    (40972, 4, "0000a00c"),
    (-(2**31), 4, "80000000"),
    (2**31 - 1, 4, "7fffffff"),
    (Long(42424242), 5, "00000000028757b2"),
    (Long(-(2**63)), 5, "8000000000000000"),
    (Long(2**63 - 1), 5, "7fffffffffffffff"),
    (b"", 6, "0000"),
    (b"\x00\xff", 6, "000200ff"),
    ("", 7, "0000"),
    ("h\u00e9", 7, "000368c3a9"),
    ("\U0001f600", 7, "0004f09f9880"),
    ("\ufeffa\x00", 7, "0005efbbbf6100"),
    (Timestamp(8675309), 8, "0000000000845fed"),
    (Timestamp(-1), 8, "ffffffffffffffff"),
    (SOME_UUID, 9, "0102030405060708090a0b0c0d0e0f10"),
]


def block_of(value_type: int, value: bytes, name: bytes = b"n") -> bytes:
    return bytes((len(name),)) + name + bytes((value_type,)) + value


class Colour(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Port(Short):
    pass


@pytest.mark.parametrize(("value", "value_type", "hexadecimal"), WIRE_FORMS, ids=repr)
def test_each_type_has_its_bytes_in_both_directions(
    value: HeaderValue, value_type: int, hexadecimal: str
) -> None:
    block = block_of(value_type, bytes.fromhex(hexadecimal))
    assert encode_headers({"n": value}) == block
    decoded = decode_headers(block)["n"]
    assert decoded == value
    assert type(decoded) is type(value)


def test_headers_keep_their_order() -> None:
    headers = {"z": 1, "a": True, "m": "text"}
    block = encode_headers(headers)
    assert list(decode_headers(block).items()) == list(headers.items())
    assert encode_headers(decode_headers(block)) == block


def test_no_headers_are_no_bytes() -> None:
    assert encode_headers({}) == b""
    assert decode_headers(b"") == {}


@pytest.mark.parametrize(("cls", "bits"), [(Byte, 8), (Short, 16), (Long, 64), (Timestamp, 64)])
def test_a_sized_integer_refuses_what_its_bits_cannot_hold(cls: type[Byte], bits: int) -> None:
    low, high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    assert (cls(low), cls(high), cls()) == (low, high, 0)
    for value in (low - 1, high + 1):
        with pytest.raises(HeaderError, match=f"{value} does not fit {cls.__name__}"):
            cls(value)


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1])
def test_a_plain_integer_beyond_32_bits_is_refused_with_a_hint(value: int) -> None:
    with pytest.raises(HeaderError, match=r"a signed integer of 32 bits; wrap it in Long"):
        encode_headers({"n": value})
    assert decode_headers(encode_headers({"n": Long(value)})) == {"n": value}


@pytest.mark.parametrize("cls", [Byte, Short, Long, Timestamp])
def test_an_integer_too_long_to_print_is_still_a_header_error(cls: type[Byte]) -> None:
    value = 10 ** (sys.get_int_max_str_digits() + 1)
    for huge in (value, -value):
        with pytest.raises(HeaderError):
            cls(huge)
        with pytest.raises(HeaderError):
            encode_headers({"n": huge})


def test_a_sized_integer_is_an_int_that_shows_its_type() -> None:
    assert Byte(5) == 5
    assert Byte(5) + 1 == 6
    assert repr(Byte(-5)) == "Byte(-5)"
    assert str(Byte(-5)) == f"{Byte(-5)}" == "-5"
    assert repr(Timestamp(0)) == "Timestamp(0)"
    assert (hash(Long(7)), {7: "x"}[Long(7)]) == (hash(7), "x")


@pytest.mark.parametrize("value", [Byte(-5), Short(300), Long(2**40), Timestamp(2**62)], ids=repr)
def test_a_sized_integer_is_copied_and_pickled_with_its_type(value: Byte) -> None:
    copies = [copy.copy(value), copy.deepcopy(value)]
    copies += [
        pickle.loads(pickle.dumps(value, protocol))  # noqa: S301 - our own bytes
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    ]
    assert copies == [value] * len(copies)
    assert {type(each) for each in copies} == {type(value)}


@pytest.mark.parametrize("length", [1, 254, 255])
def test_a_name_takes_up_to_255_bytes(length: int) -> None:
    name = "n" * length
    assert decode_headers(encode_headers({name: True})) == {name: True}


@pytest.mark.parametrize("name", ["", "n" * 256, "\u00e9" * 128, "\U0001f600" * 64])
def test_the_length_of_a_name_is_counted_in_bytes_of_utf8(name: str) -> None:
    with pytest.raises(HeaderError, match=f"1 to 255 bytes, not {len(name.encode())}"):
        encode_headers({name: True})


def test_a_name_need_not_be_ascii() -> None:
    name = "\u00e9" * 127 + "x"
    block = encode_headers({name: True})
    assert block[0] == 255
    assert decode_headers(block) == {name: True}


@pytest.mark.parametrize("name", [b"n", 5, None])
def test_a_name_that_is_no_text_is_a_header_error(name: object) -> None:
    with pytest.raises(HeaderError):
        encode_headers({name: True})


@pytest.mark.parametrize("headers", [{"\ud800": True}, {"n": "a\udfff"}])
def test_lone_surrogates_are_refused(headers: dict[str, HeaderValue]) -> None:
    with pytest.raises(HeaderError, match="cannot be written as UTF-8"):
        encode_headers(headers)


@pytest.mark.parametrize("value", [b"x" * 65535, "x" * 65535, "\u00e9" * 32767])
def test_a_value_takes_up_to_65535_bytes(value: HeaderValue) -> None:
    assert decode_headers(encode_headers({"n": value})) == {"n": value}


@pytest.mark.parametrize("value", [b"x" * 65536, "x" * 65536, "\u00e9" * 32768])
def test_a_longer_value_is_too_large(value: HeaderValue) -> None:
    with pytest.raises(FrameTooLargeError) as caught:
        encode_headers({"n": value})
    assert (caught.value.part, caught.value.length, caught.value.limit) == (
        "header value",
        65536,
        65535,
    )


@pytest.mark.parametrize(
    "value", [None, 1.5, [], {}, object(), datetime.datetime.now(datetime.UTC), bytearray(b"x")]
)
def test_a_value_that_no_header_holds_is_refused_by_name(value: object) -> None:
    with pytest.raises(HeaderError, match=f"'n' cannot hold a {type(value).__name__}"):
        encode_headers({"n": value})


@pytest.mark.parametrize(
    ("value", "plain"), [(Colour.RED, "red"), (Level.HIGH, 3), (Port(80), Short(80))]
)
def test_a_subclass_is_written_as_its_base(value: HeaderValue, plain: HeaderValue) -> None:
    block = encode_headers({"n": value})
    assert block == encode_headers({"n": plain})
    assert type(decode_headers(block)["n"]) is type(plain)


@pytest.mark.parametrize(
    ("block", "words"),
    [
        (b"\x00", "length 0"),
        (b"\x00\x00\x00", "length 0"),
        (b"\x01", "runs past"),
        (b"\x01n", "runs past"),
        (b"\x03nn", "runs past"),
        (block_of(10, b""), "unknown value type 10"),
        (block_of(255, b""), "unknown value type 255"),
        (block_of(2, b""), "runs past"),
        (block_of(3, b"\x00"), "runs past"),
        (block_of(4, b"\x00" * 3), "runs past"),
        (block_of(5, b"\x00" * 7), "runs past"),
        (block_of(6, b""), "runs past"),
        (block_of(6, b"\x00"), "runs past"),
        (block_of(6, b"\x00\x01"), "runs past"),
        (block_of(7, b"\x00\x02x"), "runs past"),
        (block_of(8, b"\x00" * 7), "runs past"),
        (block_of(9, b"\x00" * 15), "runs past"),
        (block_of(0, b"", b"\xff"), "not UTF-8"),
        (block_of(0, b"", b"\xed\xa0\x80"), "not UTF-8"),
        (block_of(0, b"", b"\xc0\x80"), "not UTF-8"),
        (block_of(7, b"\x00\x01\xff"), "not UTF-8"),
        (block_of(0, b"") + b"\x01", "runs past"),
    ],
)
def test_a_malformed_block_is_a_header_error(block: bytes, words: str) -> None:
    with pytest.raises(HeaderError, match=words):
        decode_headers(block)


def test_a_block_that_ends_with_its_last_value_is_whole() -> None:
    for value, value_type, hexadecimal in WIRE_FORMS:
        block = block_of(value_type, bytes.fromhex(hexadecimal))
        assert decode_headers(block_of(0, b"", b"first") + block) == {"first": True, "n": value}


def test_a_name_twice_is_an_error_whatever_the_values() -> None:
    with pytest.raises(DuplicateHeaderError, match="'n' stands twice") as caught:
        decode_headers(block_of(0, b"") + block_of(4, b"\x00\x00\x00\x01"))
    assert caught.value.name == "n"


def test_names_differ_by_case() -> None:
    assert decode_headers(block_of(0, b"", b"N") + block_of(1, b"")) == {"N": True, "n": False}


def test_a_timestamp_gives_the_aware_time() -> None:
    moment = datetime.datetime(2018, 10, 1, 22, 34, 59, 56000, tzinfo=datetime.UTC)
    assert Timestamp(1538433299056).datetime == moment
    assert Timestamp(1538433299056).datetime.tzinfo is datetime.UTC
    assert Timestamp(-1).datetime.isoformat() == "1969-12-31T23:59:59.999000+00:00"


@pytest.mark.parametrize("value", [253402300800000, -62135596800001, 2**63 - 1, -(2**63)])
def test_a_time_beyond_datetime_stays_a_number(value: int) -> None:
    timestamp = decode_headers(encode_headers({"n": Timestamp(value)}))["n"]
    assert isinstance(timestamp, Timestamp)
    assert timestamp == value
    with pytest.raises(OverflowError):
        _ = timestamp.datetime


@pytest.mark.parametrize("value", [253402300799999, -62135596800000])
def test_the_first_and_last_time_of_datetime_are_reached(value: int) -> None:
    assert Timestamp.from_datetime(Timestamp(value).datetime) == value


def test_a_datetime_becomes_a_timestamp() -> None:
    summer = datetime.timezone(datetime.timedelta(hours=2))
    aware = datetime.datetime(1970, 1, 1, 2, 0, 1, 999, tzinfo=summer)
    made = Timestamp.from_datetime(aware)
    assert made == 1000
    assert type(made) is Timestamp
    assert Timestamp.from_datetime(aware.replace(microsecond=1999)) == 1001
    naive = datetime.datetime(1970, 1, 1, 0, 0, 1)  # noqa: DTZ001 - read as UTC
    assert Timestamp.from_datetime(naive) == 1000
