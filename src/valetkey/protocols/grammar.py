"""Reads text from the wire by the grammars of HTTP, cookies and JSON, without what Unicode adds.

Text that came over the wire is octets decoded as Latin-1, one character for each. Python's text methods treat it as
Unicode: ``strip()`` also removes 0x85, 0xA0 and 0x1C to 0x1F, ``isdigit()`` accepts digits of other scripts, ``\\s``
and ``splitlines()`` know separators that HTTP does not have. A browser stores and sends such octets, so stripping them
could turn a cookie of another name into one of ours. Modules that read from the wire use these functions instead.
"""

from __future__ import annotations

import re
import string

# OWS = *( SP / HTAB )                                                                              RFC 9110 §5.6.3
OWS = " \t"
# ws = *( %x20 / %x09 / %x0A / %x0D )                                                                  RFC 8259 §2
JSON_WHITESPACE = " \t\n\r"

# VCHAR = %x21-7E                                                                                  RFC 5234 App. B.1
_VISIBLE = re.compile(r"[!-~]+")
# VSCHAR = %x20-7E                                                                                    RFC 6749 App. A
_PRINTABLE = re.compile(r"[ -~]+")
# token = 1*tchar                                                                           RFC 9110 §5.6.2, §11.1
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_DIGITS = re.compile(r"[0-9]+")
# The controls of ASCII and of Latin-1 (C0, DEL, C1); as characters, also in text that has been decoded from UTF-8.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# token68 = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="       RFC 9110 §11.2; RFC 6750 §2.1, b64token
_CREDENTIALS = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]*)(?: +([A-Za-z0-9._~+/-]+=*))?")
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def trim(text: str) -> str:
    """Remove optional whitespace (OWS) from both ends: spaces and tabs. RFC 9110 §5.6.3."""
    return text.strip(OWS)


def lower(text: str) -> str:
    """Lower the letters A to Z and leave every other character as it is. Field names, schemes and media types are
    case-insensitive in ASCII only (RFC 9110 §5.1, §8.3.1, §11.1)."""
    return text.lower() if text.isascii() else text.translate(_LOWER)


def elements(value: str) -> list[str]:
    """Split a list at its commas and trim each element. RFC 9110 §5.6.1."""
    return [trim(one) for one in value.split(",")]


def is_visible(text: str) -> bool:
    """Return whether the text is visible ASCII, at least one character of it and no space. RFC 5234 App. B.1."""
    return _VISIBLE.fullmatch(text) is not None


def is_printable(text: str) -> bool:
    """Return whether the text is printable ASCII, at least one character of it: visible or a space. RFC 6749 App. A."""
    return _PRINTABLE.fullmatch(text) is not None


def is_scheme(text: str) -> bool:
    """Return whether the text is an authentication scheme: a ``token``. RFC 9110 §5.6.2, §11.1."""
    return _TOKEN.fullmatch(text) is not None


def has_control(text: str) -> bool:
    """Return whether the text has a control character: U+0000 to U+001F, U+007F to U+009F."""
    return _CONTROL.search(text) is not None


def number(text: str, max_digits: int = 12) -> int | None:
    """Read ``1*DIGIT`` (RFC 5234 App. B.1): the digits 0 to 9 alone, without a sign, a space or an underscore.

    Args:
        text: the text.
        max_digits: the longest text that is read. ``int()`` raises on text that is much longer.

    Returns:
        The number, or None where the text is not one.
    """
    return int(text) if len(text) <= max_digits and _DIGITS.fullmatch(text) else None


def cookie_pairs(header: str) -> list[tuple[str, str]]:
    """Split a Cookie header into names and values. RFC 6265 §4.2.1::

        cookie-string = cookie-pair *( ";" SP cookie-pair )

    A browser writes ``; `` between two pairs and nothing else (§5.4), and keeps every other octet of a name. So one
    space after a semicolon is a separator, and anything else before a name is part of the name. Whitespace at the ends
    of the whole header is HTTP's (RFC 9110 §5.5); a server may have left it there. A piece without ``=`` is not a pair,
    and is left out.
    """
    pieces = (piece.removeprefix(" ").partition("=") for piece in trim(header).split(";"))
    return [(name, value) for name, equals, value in pieces if equals]


def credentials_of(authorization: str, scheme: str) -> str | None:
    """Read the token of an Authorization header. RFC 9110 §11.4, RFC 6750 §2.1::

        credentials = auth-scheme 1*SP token68

    Args:
        authorization: the header's value.
        scheme: the scheme that is read, in lower case.

    Returns:
        The token. An empty text where the scheme is this one and its credentials are malformed. None where the header
        has another scheme.
    """
    found = _CREDENTIALS.match(trim(authorization))
    if found is None or lower(found[1]) != scheme:
        return None
    return (found[2] or "") if found.end() == len(trim(authorization)) else ""
