"""Reads queries and forms in one way only: each parameter once (RFC 6749 §3.1, §3.2)."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

_FORM = re.compile(r"application/x-www-form-urlencoded(;.*)?", re.IGNORECASE)


class Unreadable(Exception):
    """The text is no query, or has a parameter twice. ``twice`` names that parameter."""

    def __init__(self, reason: str, twice: str | None = None) -> None:
        super().__init__(reason)
        self.twice = twice


def pairs_of(octets: bytes) -> list[tuple[str, str]]:
    """Decode a query or a form, in the order in which it was sent.

    Raises:
        Unreadable: it is not ASCII, or its values are not UTF-8.
    """
    try:
        return parse_qsl(octets.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise Unreadable("the parameters are not ASCII, or not UTF-8 when decoded") from None


def once(octets: bytes) -> dict[str, str]:
    """Decode a query or a form whose parameters may each occur once. An empty value counts as absent.

    Raises:
        Unreadable: it cannot be decoded, or a parameter occurs twice.
    """
    found: dict[str, str] = {}
    for name, value in pairs_of(octets):
        if name in found:
            raise Unreadable(f"the parameter {name} was sent twice", name)
        found[name] = value
    return {name: value for name, value in found.items() if value}


def is_form(content_type: str) -> bool:
    """Return whether a content type is that of a form."""
    return _FORM.fullmatch(content_type) is not None
