"""Reads a profile that is a signed token: MediaWiki's ``Special:OAuth/identify`` (RFC 7519, HS256).

How this works. The provider signs the answer to one signed request with the consumer secret, which only the two know.
The token repeats the nonce of that request. So it is the answer to this request: not one that was recorded at another
login, and not one that was made for another app. The checks are in a fixed order and end at the first that fails.

A token signed with a secret never has another algorithm here. ``none`` has no signature, and RS256 would have the
reader take a public text for a key (RFC 8725 §2.1).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import field
from hashlib import sha256

from ...crypto import Secret, constant_time_equals
from ...errors import ClockOff, ProviderReplyInvalid
from ...models.value_class import value_class
from ..grammar import lower
from ..http import Stamp
from ..jose import MAX_CHARACTERS, decode_base64url
from ..strict_json import parse_object

LEEWAY_SECONDS = 60

# BASE64URL(header) "." BASE64URL(payload) "." BASE64URL(signature)                                      RFC 7515 §7.1
_COMPACT = re.compile(rb"(([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+))\.([A-Za-z0-9_-]+)[\r\n]{0,2}")


@value_class(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the token must say.

    Attributes:
        secret: the consumer secret, which has signed it.
        audience: the consumer key.
        issuer: scheme, host and port of the address that was requested.
        stamp: time and nonce of the request that this is the answer to.
    """

    secret: Secret = field(repr=False)
    audience: str
    issuer: str
    stamp: Stamp


def read_token(body: bytes, expected: Expected) -> dict[str, object]:
    """Read a profile's token.

    Args:
        body: the answer.
        expected: what it must say.

    Returns:
        Its claims. Every check has passed.

    Raises:
        ClockOff: a time in it is possible only if one of the two clocks is wrong.
        ProviderReplyInvalid: another check failed.
    """
    found = _COMPACT.fullmatch(body) if len(body) <= MAX_CHARACTERS else None
    if found is None:
        raise _invalid("is not a signed token of at most 16 kB (RFC 7515 §7.1)")
    try:
        header, payload, signature = (decode_base64url(part.decode("ascii")) for part in found.groups()[1:])
        named, claims = parse_object(header), parse_object(payload)
    except ValueError:
        raise _invalid("has parts that are not JSON in base64url (RFC 7519 §7.2)") from None
    _check_header(named)
    due = hmac.new(expected.secret.reveal().encode(), found[1], sha256).digest()
    if not hmac.compare_digest(due, signature):
        raise _invalid("has a signature that was not made with the consumer secret")
    _check_claims(claims, expected)
    return claims


def _check_header(header: Mapping[str, object]) -> None:
    kind = header.get("typ")
    if header.get("alg") != "HS256":
        raise _invalid("has another alg than HS256 (RFC 8725 §3.1)")
    if "crit" in header:
        raise _invalid("has a critical extension (RFC 7515 §4.1.11)")
    if "typ" in header and not (isinstance(kind, str) and lower(kind) == "jwt"):
        raise _invalid("is of another kind than a JWT (RFC 8725 §3.11)")


def _check_claims(claims: Mapping[str, object], expected: Expected) -> None:
    nonce, now = claims.get("nonce"), expected.stamp.timestamp
    if claims.get("iss") != expected.issuer:
        raise _invalid("has another iss than the origin of profile_url")
    if claims.get("aud") != expected.audience:
        raise _invalid("has another aud than the consumer key")
    if not isinstance(nonce, str) or not nonce.isascii() or not constant_time_equals(nonce, expected.stamp.nonce):
        raise _invalid("has another nonce than the request that it answers")
    expires, issued = _time(claims, "exp"), _time(claims, "iat")
    if now - expires >= LEEWAY_SECONDS or abs(issued - now) > LEEWAY_SECONDS:
        raise ClockOff("By this server's clock, the profile's token was not made now. Set the clock (NTP).")


def _time(claims: Mapping[str, object], name: str) -> int | float:
    """A time in seconds since 1970: a JSON number. RFC 7519 §2, NumericDate."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _invalid(f"has no usable {name}")
    return value


def _invalid(fault: str) -> ProviderReplyInvalid:
    return ProviderReplyInvalid(f"The profile's token {fault}.")
