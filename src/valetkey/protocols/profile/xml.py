"""Reads XML that has one reading only, without the parts of XML that attack its readers.

A document type is refused before anything in it is read. So there are no entities that grow (the "billion laughs"),
none that name a file or an address, and no default attributes. Depth and number of elements are limited.

An element becomes a text, or a mapping where it has attributes or children: a child by its name, an attribute by its
name after ``@``, and the text beside them, without the white space at its ends, as ``#text``. Children of one name
become a list, so that a reader that expects one value finds none. Names are as they are written, with their prefixes.
"""

from __future__ import annotations

from xml.parsers import expat  # documents that could attack it are refused at their first declaration

from ..grammar import lower

MAX_BYTES = 64 * 1024
MAX_DEPTH = 32
MAX_ELEMENTS = 4096

_WHITESPACE = " \t\r\n"  # XML 1.0 §2.3, S


def parse_xml(raw: bytes) -> dict[str, object]:
    """Read a document in UTF-8.

    Returns:
        The root element under its name.

    Raises:
        ValueError: it is not such a document, or it has a document type, a processing instruction or too much of
            anything.
    """
    if len(raw) > MAX_BYTES:
        raise ValueError("too large")
    # expat recognises UTF-16 by its first octets even where it is given another encoding. In UTF-8, a NUL is no
    # character of a document (XML 1.0 §2.2), and the mark of UTF-16 is no text.
    if b"\0" in raw or raw[:2] in (b"\xfe\xff", b"\xff\xfe"):
        raise ValueError("not in UTF-8")
    reader = _Reader()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.XmlDeclHandler = reader.declaration
    parser.StartDoctypeDeclHandler = reader.document_type
    parser.EntityDeclHandler = reader.entity
    parser.ExternalEntityRefHandler = reader.external
    parser.ProcessingInstructionHandler = reader.instruction
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(raw, True)
    except expat.ExpatError:
        raise ValueError("not XML") from None
    return reader.root


class _Element:
    def __init__(self, attributes: dict[str, str]) -> None:
        self.members: dict[str, object] = {f"@{name}": value for name, value in attributes.items()}
        self.pieces: list[str] = []

    def add(self, name: str, value: object) -> None:
        if name not in self.members:
            self.members[name] = value
            return
        there = self.members[name]
        self.members[name] = [*there, value] if isinstance(there, list) else [there, value]

    def value(self) -> object:
        text = "".join(self.pieces)
        if not self.members:
            return text
        trimmed = text.strip(_WHITESPACE)
        return {**self.members, "#text": trimmed} if trimmed else self.members


class _Reader:
    """Takes the parser's events."""

    def __init__(self) -> None:
        self.root: dict[str, object] = {}
        self._open: list[tuple[str, _Element]] = []
        self._elements = 0

    def declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and lower(encoding) != "utf-8":
            raise ValueError("not in UTF-8")

    def document_type(self, *declared: object) -> None:
        raise ValueError("a document type")

    def entity(self, *declared: object) -> None:
        raise ValueError("an entity")

    def external(self, *named: object) -> int:
        raise ValueError("an entity")

    def instruction(self, target: str, data: str) -> None:
        raise ValueError("a processing instruction")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if len(self._open) >= MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise ValueError("too deep, or too many elements")
        self._open.append((name, _Element(attributes)))

    def text(self, piece: str) -> None:
        self._open[-1][1].pieces.append(piece)

    def end(self, name: str) -> None:
        _, element = self._open.pop()
        if self._open:
            self._open[-1][1].add(name, element.value())
        else:
            self.root = {name: element.value()}
