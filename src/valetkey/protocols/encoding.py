"""Bytes as OAuth writes them: percent-encoding for requests, and a strict reader of forms for replies.

A reply that can be read in two ways is refused and not guessed at. One with a key twice is such a reply.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from urllib.parse import quote

from ..errors import ProviderReplyInvalid
from .grammar import has_control

# unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~"                                            RFC 3986 §2.3
_UNRESERVED = "-._~"
_PLAIN = re.compile(r"[A-Za-z0-9\-._~]*")
_ENCODED = re.compile(r"[A-Za-z0-9\-._~%]*")
_FREQUENT = {"%": "%25", ":": "%3A", "/": "%2F", "&": "%26", "=": "%3D", "+": "%2B"}  # % first

# pair = 1*name "=" *value; octets of a form that was encoded, and nothing else              RFC 5849 §2.1, HTML §4.10
# A bare "+" is not allowed: some readers take it for a space, others for a plus, and no provider's token needs it.
_NAME = r"([A-Za-z0-9_.\-~*%]+)"
_STRICT = re.compile(_NAME + r"=([A-Za-z0-9_.\-~*%!'():/@,$]*)")
# In a user's name, real servers write a space as "+", leave "=" as it is and send UTF-8 without escapes. No form means
# anything else by these, so each has one reading. What follows the first "=" is the value.
_LOOSE = _NAME + r"=([A-Za-z0-9_.\-~*%!'():/@,$+=\u0080-\U0010FFFF]*)"
_PLAIN_FORM = re.compile(r"[A-Za-z0-9_.\-~*]+=[A-Za-z0-9_.\-~*]*(?:&[A-Za-z0-9_.\-~*]+=[A-Za-z0-9_.\-~*]*)*")
_PROTOCOL_FIELD = "oauth_"
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")


def percent_encode(value: str) -> str:
    """Percent-encode the UTF-8 octets of a text, in upper-case hex; only unreserved characters stay. RFC 5849 §3.6."""
    # Most names, tokens and nonces are plain already, and a signature asks for some thirty of them. The rest are URLs
    # and parts of a base string, which a few replacements encode in a third of the time that quote() takes.
    if _PLAIN.fullmatch(value):
        return value
    for character, escape in _FREQUENT.items():
        value = value.replace(character, escape)
    return value if _ENCODED.fullmatch(value) else quote(value, safe=f"{_UNRESERVED}%")


def percent_decode(value: str) -> str:
    """Decode what ``percent_encode`` writes, and a ``+`` of HTML forms as a space.

    Raises:
        ProviderReplyInvalid: a stray percent sign, or octets that are not UTF-8.
    """
    if _PLAIN.fullmatch(value):
        return value
    if _ESCAPE.search(value):
        raise ProviderReplyInvalid("The reply has a percent sign that encodes nothing.")
    raw = value.replace("+", " ").encode()
    try:
        return _PERCENT.sub(lambda hit: bytes.fromhex(hit[1].decode()), raw).decode("utf-8")
    except UnicodeDecodeError:
        raise ProviderReplyInvalid("The reply is not UTF-8.") from None


def encode_query(parameters: Mapping[str, str]) -> str:
    """Parameters as a query or a form. A space is ``%20``, which both read. RFC 6749 App. B."""
    return "&".join([f"{percent_encode(name)}={percent_encode(value)}" for name, value in parameters.items()])


def with_query(url: str, parameters: Mapping[str, str]) -> str:
    """An address with further parameters. One that it has stays. RFC 6749 §3.1."""
    return f"{url}{'&' if '?' in url else '?'}{encode_query(parameters)}"


def parse_form(body: bytes) -> dict[str, str]:
    """Read a provider's form-encoded reply, each key once. RFC 5849 §2.1, §2.3.

    A line end around the form and an ``&`` behind it are dropped. Fields whose name begins with ``oauth_`` are read
    strictly: they are tokens and secrets, and a ``+`` or ``=`` in one has two readings.

    Raises:
        ProviderReplyInvalid: empty, not UTF-8, a separator other than ``&``, a pair without ``=``, a key that is empty
            or repeated, a control character in what was decoded. The hint says what was found, never a value.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise ProviderReplyInvalid("The reply is not UTF-8, so it is no form.") from None
    text = text.strip("\r\n").removesuffix("&")
    if not text:
        raise ProviderReplyInvalid("The reply is empty, where a form was expected.")
    fields: dict[str, str] = {}
    if _PLAIN_FORM.fullmatch(text):  # nothing in it has to be decoded
        pairs = text.split("&")
        fields = dict([pair.split("=") for pair in pairs])
        if len(fields) != len(pairs):
            raise ProviderReplyInvalid("The reply names a key twice.")
        return fields
    for pair in text.split("&"):
        key, value = _read_pair(pair)
        if key in fields:
            raise ProviderReplyInvalid("The reply names a key twice.")
        if has_control(key + value):
            raise ProviderReplyInvalid("The reply has a control character.")
        fields[key] = value
    return fields


@cache
def _loose() -> re.Pattern[str]:
    """The pattern, compiled at its first use. That takes longer than all else here, and few replies need it."""
    return re.compile(_LOOSE)


def _read_pair(pair: str) -> tuple[str, str]:
    hit = _loose().fullmatch(pair)
    if hit is None:
        raise ProviderReplyInvalid(f"The reply is not a form of key=value pairs joined by '&': {_oddity(pair)}.")
    key = percent_decode(hit[1])
    if key.startswith(_PROTOCOL_FIELD) and not _STRICT.fullmatch(pair):
        raise ProviderReplyInvalid(f"The reply has an oauth_ field with {_oddity(hit[2], strict=True)}.")
    return key, percent_decode(hit[2])


def _oddity(text: str, *, strict: bool = False) -> str:
    """What is wrong with a part of a form, without its content."""
    if not strict and not text:
        return "it has an empty pair"
    if not strict and "=" not in text:
        return "it has a part without '='"
    for name, found in (
        ("a line end", "\r" in text or "\n" in text),
        ("a space that is not encoded", " " in text),
        ("a semicolon", ";" in text),
        ("text beyond ASCII that is not encoded", strict and not text.isascii()),
        ("a '+' that is not encoded", strict and "+" in text),
        ("an '=' that is not encoded", strict and "=" in text),
    ):
        if found:
            return name if strict else f"it has {name}"
    return "a character that no form has" if strict else "it has a character that no form has"
