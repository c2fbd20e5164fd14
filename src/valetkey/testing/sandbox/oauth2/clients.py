"""Client authentication at the token endpoint. RFC 6749 §2.3.

A client authenticates in one way: by HTTP Basic, with id and secret form-encoded first, or in the body. Two ways at
once are refused.
"""

from __future__ import annotations

import binascii
import hmac
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from .refusals import Judge, Refusal, wrong_secret

if TYPE_CHECKING:
    from .facts import Facts

OTHER_CLIENT = "sandbox-other"
"""Another app, which every provider of the sandbox knows, for tests of what must not pass from one app to another."""
_BASIC = re.compile(r"basic +([A-Za-z0-9+/=]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """How a client has presented itself.

    Args:
        method: ``basic``, ``post``, ``none``, or ``both``.
        client_id, secret: decoded. None if absent.
        raw: what stood in the Basic header before it was form-decoded.
    """

    method: str
    client_id: str | None
    secret: str | None
    raw: tuple[str, str] | None = None


def presented(front: Facts, authorization: str | None, form: Mapping[str, str]) -> Presented:
    """Read how a client has presented itself.

    Args:
        front: the provider.
        authorization: the header.
        form: the body's parameters.

    Raises:
        Refusal: the header is not that of HTTP Basic.
    """
    client_id, secret = form.get(front.client_id_parameter), form.get("client_secret")
    if authorization is None:
        return Presented(method="none" if secret is None else "post", client_id=client_id, secret=secret)
    found = _BASIC.fullmatch(authorization)
    try:
        text = b64decode(found[1], validate=True).decode("ascii") if found else ""
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    given_id, colon, given_secret = text.partition(":")
    if not colon:
        raise Refusal("invalid_client", "the Authorization header is not Basic with base64 of id:secret", 401)
    decoded = unquote_plus(given_id), unquote_plus(given_secret)
    if secret is not None:
        return Presented(method="both", client_id=decoded[0], secret=decoded[1])
    if client_id not in (None, decoded[0]):
        raise Refusal("invalid_request", "client_id of the body is not the one of the Authorization header")
    return Presented(method="basic", client_id=decoded[0], secret=decoded[1], raw=(given_id, given_secret))


def authenticate(front: Facts, shown: Presented, judge: Judge) -> str:
    """Return the client's id, once it has proved who it is.

    Raises:
        Refusal: it has not.
    """
    if shown.method == "both":
        judge.wrong("invalid_request", "the client authenticated twice: by Basic and by client_secret in the body")
    elif shown.method == "none" and "none" not in front.authentication:
        judge.wrong("invalid_client", "the client did not authenticate: no client_secret", 401)
    elif shown.method not in front.authentication:
        ways = " or ".join(front.authentication)
        reason = f"{front.title} takes no client authentication by {shown.method}, only by {ways}"
        judge.wrong("invalid_client", reason, 401)
    if shown.client_id is None:
        raise Refusal("invalid_request", "no client_id")
    known = front.secret_of(shown.client_id)
    if known is None:
        reason = f"the client id {shown.client_id!r} is not known; it is {front.switches.client_id!r}"
        judge.wrong("invalid_client", reason, 401)
    elif shown.secret is not None and not front.proves(shown.client_id, shown.secret, judge):
        judge.wrong("invalid_client", _explained(known, shown), 401)
    return shown.client_id


def is_equal(known: str, secret: str) -> bool:
    """Return whether a secret is right."""
    return hmac.compare_digest(known.encode(), secret.encode())


def _explained(known: str, shown: Presented) -> str:
    if shown.raw is not None and shown.raw[1] == known:
        return "id and secret were not form-encoded before base64 (RFC 6749 §2.3.1)"
    return wrong_secret(known, shown.secret or "", shown.client_id or "")
