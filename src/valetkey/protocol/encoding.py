"""Bytes as OAuth writes them: percent-encoding one way, strict forms the other.

What cannot be read in exactly one way is refused, never guessed: a reply with a key twice has two readings.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from ..errors import ProviderNonsense
from ..grammar import has_control

# unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~"                                            RFC 3986 §2.3
_UNRESERVED = "-._~"
_PLAIN = re.compile(r"[A-Za-z0-9\-._~]*")

# pair = 1*name "=" *value; octets of a form that was encoded, and nothing else              RFC 5849 §2.1, HTML §4.10
# A bare "+" is left out: it is a space to one reader and a plus to the next, and no provider's token needs it.
_PAIR = re.compile(r"([A-Za-z0-9_.\-~*%]+)=([A-Za-z0-9_.\-~*%!'():/@,$]*)")
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")


def percent_encode(value: str) -> str:
    """Encode UTF-8 octets, upper-case hex, everything but the unreserved set. RFC 5849 §3.6."""
    # Most names, tokens and nonces are plain already, and a signature asks for some thirty of them.
    return value if _PLAIN.fullmatch(value) else quote(value, safe=_UNRESERVED)


def percent_decode(value: str) -> str:
    """Undo ``percent_encode``, and the ``+`` of HTML forms.

    Raises:
        ProviderNonsense: a stray percent sign, or octets that are not UTF-8.
    """
    if _PLAIN.fullmatch(value):
        return value
    if _ESCAPE.search(value):
        raise ProviderNonsense("The reply has a percent sign that encodes nothing.")
    raw = value.replace("+", " ").encode()
    try:
        return _PERCENT.sub(lambda hit: bytes.fromhex(hit[1].decode()), raw).decode("utf-8")
    except UnicodeDecodeError:
        raise ProviderNonsense("The reply is not UTF-8.") from None


def parse_form(body: bytes) -> dict[str, str]:
    """Read a provider's form-encoded reply, each key once. RFC 5849 §2.1, §2.3.

    Raises:
        ProviderNonsense: not ASCII, empty, a separator other than ``&``, a pair without ``=``, a key that is empty
            or repeated, a control character in what was decoded.
    """
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError:
        raise ProviderNonsense("The reply is not an ASCII form.") from None
    fields: dict[str, str] = {}
    for pair in text.split("&"):
        hit = _PAIR.fullmatch(pair)
        if hit is None:
            raise ProviderNonsense("The reply is not a form of key=value pairs joined by '&'.")
        key, value = percent_decode(hit[1]), percent_decode(hit[2])
        if key in fields:
            raise ProviderNonsense("The reply names a key twice.")
        if has_control(key + value):
            raise ProviderNonsense("The reply has a control character.")
        fields[key] = value
    return fields
