"""Every octet beside a cookie of ours, and what may come of it.

A Cookie header has the victim's session cookie and one that somebody else planted, which holds the attacker's session
and has one octet more. What the planted one counts for is stated here for each octet and place, by RFC 6265 §4.2.1:
one space after a semicolon separates two pairs, and every other octet belongs to the name or the value where it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

OCTETS = range(256)
# Octets that Python's text methods, servers or browsers treat as something else than a letter.
ODD = [*range(0x21), *b'",;=\\', *range(0x7F, 0xA1), 0xAD, 0xFF]
# One of each kind: what servers read differently, if they do.
TELLING = b'\0\t\n\x0b\x0c\r\x1c\x1f ",;=\\\x7f\x85\xa0\xad\xff'
OWS = b" \t"
# What str.strip() takes off: wsgiref, the server under Django's runserver, does that to every header's value.
UNICODE_SPACE = bytes(octet for octet in OCTETS if chr(octet).isspace())
# HTTP gives these a meaning of their own, or forbids them: a server may end the line, or refuse.
ENDS_A_LINE = b"\0\r\n"

# Where the octet stands; %b is the octet. NAME is the cookie's name, MINE and THEIRS are the two sessions.
PLACES = {
    "before the name, first": b"%bNAME=THEIRS; NAME=MINE",
    "before the name, behind another": b"x=1; %bNAME=THEIRS; NAME=MINE",
    "after the name": b"NAME=MINE; NAME%b=THEIRS",
    "before the value": b"NAME=MINE; NAME=%bTHEIRS",
    "after the value": b"NAME=MINE; NAME=THEIRS%b",
    "before the name, alone": b"%bNAME=THEIRS",
    "after the name, alone": b"NAME%b=THEIRS",
    "before the value, alone": b"NAME=%bTHEIRS",
    "after the value, alone": b"NAME=THEIRS%b",
}


def header(place: str, octet: int, *, name: str, mine: str, theirs: str) -> bytes:
    """The Cookie header's value."""
    text = PLACES[place].replace(b"NAME", name.encode()) % bytes([octet])
    return text.replace(b"THEIRS", theirs.encode()).replace(b"MINE", mine.encode())


def expected(place: str, octet: int, edges: bytes = OWS) -> str | None:
    """Whose session the header shows: ``mine``, ``theirs``, or None. The name twice is nobody's.

    Args:
        edges: what the server takes off the ends of the header before anybody else reads it.
    """
    byte = bytes([octet])
    alone = place.endswith("alone")
    if place.startswith("before the name"):
        # The header's own edge is trimmed by HTTP; an empty pair changes nothing.
        bare = byte == b";" or (octet in edges and "behind" not in place)
        if alone:
            return "theirs" if bare else None
        return None if bare else "mine"
    if place.startswith("after the name"):
        return None if alone or byte == b"=" else "mine"
    if place == "after the value, alone":
        return "theirs" if byte == b";" or octet in edges else None
    return None  # the name came twice, or its value is none of ours


def every_cell(octets: Iterable[int] = OCTETS) -> Iterator[tuple[str, int]]:
    """Each place with each octet."""
    return ((place, octet) for place in PLACES for octet in octets)
