"""Judges a signed request: is it readable, then key, time, signature, nonce. RFC 5849 §3.2.

Each refusal has the true reason, which goes into ``X-Sandbox-Reason``.
"""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..messages import Request
from . import app_key
from .refusals import Refused
from .signature import Signed, Unreadable, explain, is_valid
from .signature import read as read_signed

if TYPE_CHECKING:
    from .facts import Facts

# The names of libraries. A provider that asks for a User-Agent of the app refuses or slows down these.
_LIBRARIES = re.compile(r"(?:curl|python|httpx|aiohttp|java|okhttp|go-http-client)(?:[/ -]|$)", re.IGNORECASE)


def read(front: Facts, request: Request, body: bytes) -> Signed:
    """Read a request.

    Raises:
        Refused: it has two readings, or it is not written as this provider wants it.
    """
    try:
        signed = read_signed(
            method=request.method,
            origin=_origin(front, request),
            raw_path=request.raw_path,
            raw_query=request.query_string,
            headers=request.raw_headers,
            body=body,
        )
    except Unreadable as fault:
        raise Refused("parameter_rejected", str(fault)) from None
    other = sorted(signed.places - set(front.places))
    if other:
        places = ", ".join(front.places)
        raise Refused("parameter_absent", f"protocol parameters are in the {other[0]}; they belong into: {places}")
    if front.realm is not None and signed.realm != front.realm:
        raise Refused("parameter_rejected", f"the realm must be {front.realm!r}", "realm")
    agent = request.headers.get("user-agent", "")
    if front.requires_user_agent and (not agent or _LIBRARIES.match(agent)):
        raise Refused("parameter_absent", "a User-Agent that names the app is required", "User-Agent")
    return signed


def verify(front: Facts, signed: Signed, request: Request, token_secret: str, *, lenient: bool = False) -> None:
    """Verify a request.

    Args:
        front: the provider.
        signed: the request, as it was read.
        request: the same.
        token_secret: the secret of its token. Empty if it has none.
        lenient: accept any signature, because the wrong secret that the client used is not known.

    Raises:
        Refused: something is wrong.
    """
    key, method = signed.oauth("oauth_consumer_key"), signed.oauth("oauth_signature_method")
    if key is None:
        raise Refused("parameter_absent", "no oauth_consumer_key", "oauth_consumer_key")
    if not hmac.compare_digest(key.encode(), front.consumer_key.encode()):
        raise Refused("consumer_key_unknown", "the consumer key is not this sandbox's")
    if method not in front.signature_methods:
        due = " or ".join(front.signature_methods)
        raise Refused("signature_method_rejected", f"oauth_signature_method must be {due}")
    if signed.oauth("oauth_version") not in (None, "1.0"):
        raise Refused("version_rejected", "oauth_version, where it is sent, must be 1.0")
    timestamp, nonce = signed.oauth("oauth_timestamp") or "", signed.oauth("oauth_nonce") or ""
    if not re.fullmatch("[0-9]{1,12}", timestamp):
        raise Refused("parameter_rejected", "oauth_timestamp is not a number", "oauth_timestamp")
    skew = int(timestamp) - front.state.now()
    if abs(skew) > front.window_seconds:
        raise Refused("timestamp_refused", f"the timestamp is {skew:+.0f} seconds off")
    if not nonce or not nonce.isascii():
        raise Refused("parameter_rejected", "oauth_nonce is missing or not ASCII", "oauth_nonce")
    public = app_key.private_key().public_key() if method == "RSA-SHA1" else None
    if not lenient and not is_valid(signed, front.consumer_secret, token_secret, public):
        theirs = request.headers.get("x-sandbox-base-string")
        why = explain(signed, front.consumer_secret, token_secret, theirs.encode() if theirs else None)
        raise Refused("signature_invalid", why)
    if not front.tokens.fresh_nonce(signed.oauth("oauth_token") or "", timestamp, nonce):
        raise Refused("nonce_used", "this nonce was used before")


def _origin(front: Facts, request: Request) -> str:
    """Return the origin that the client must have signed: the host that it used, if that is another of our names."""
    origin = front.state.settings.origin
    ours = urlsplit(origin)
    host = urlsplit(f"//{request.headers.get('host', '')}")
    if host.hostname in ("localhost", "127.0.0.1") and host.port == ours.port:
        return f"{ours.scheme}://{host.netloc}"
    return origin
