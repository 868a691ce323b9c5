"""What XML a payload may contain, checked before it is parsed into a tree.

No AWS protocol needs more than elements, attributes and text in UTF-8. Everything else
that XML allows is refused, because a small payload could make the parser build something
large: a document type (its entities expand), other encodings (in which markup looks
different to every check of bytes), many and deep elements (each costs some 300 bytes, so
a frame of 24 MiB could take 2 GiB).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from xml.parsers.expat import XMLParserType

__all__ = ("MAX_XML_DEPTH", "MAX_XML_MARKUP", "check_xml")

#: The deepest nesting of elements that is accepted.
MAX_XML_DEPTH = 100
#: The most markup that is accepted: the sum of these characters, each of which makes the
#: parser create an object: an element or its end, an attribute, or a piece of text.
MAX_XML_MARKUP = 100_000
MARKUP = (b"<", b"=", b"&", b"\n", b"\r")
ENCODINGS = frozenset({"utf-8", "us-ascii"})


def check_xml(payload: bytes) -> None:
    """Refuse XML that is not what AWS protocols use, or exceeds a limit.

    Raises:
        ValueError: the payload is not UTF-8, declares a document type, or exceeds
            ``MAX_XML_MARKUP`` or ``MAX_XML_DEPTH``.
        xml.parsers.expat.ExpatError: the payload is not well-formed.
    """
    # UTF-16 and UTF-32 encode the < of the first tag with a zero byte. Expat recognizes
    # them even if it is told to expect UTF-8, so they must not get there.
    if b"\0" in payload:
        raise ValueError("XML that is not UTF-8")
    markup = sum(map(payload.count, MARKUP))
    if markup > MAX_XML_MARKUP:
        raise ValueError(f"XML with {markup} pieces of markup, above the limit of {MAX_XML_MARKUP}")
    scan_parser().Parse(payload, True)  # noqa: FBT003 - it is positional only


def scan_parser() -> XMLParserType:
    """Return a parser that builds nothing and raises at what is refused."""
    from xml.parsers.expat import ParserCreate  # noqa: PLC0415 - needed for S3 only

    depth = 0

    def start(_name: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_XML_DEPTH:
            raise ValueError(f"XML nested deeper than {MAX_XML_DEPTH} elements")

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser = ParserCreate("utf-8")
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse_document_type
    parser.XmlDeclHandler = check_declaration
    return parser


def refuse_document_type(*_: object) -> NoReturn:
    """Refuse a document type.

    Raises:
        ValueError: always.
    """
    raise ValueError("an XML document type declaration")


def check_declaration(_version: str, encoding: str | None, _standalone: int) -> None:
    """Check the encoding that the document declares.

    Raises:
        ValueError: it is not UTF-8.
    """
    if encoding is not None and encoding.lower() not in ENCODINGS:
        raise ValueError(f"XML in the encoding {encoding}, not UTF-8")
