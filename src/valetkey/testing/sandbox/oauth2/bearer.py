"""The access token of a profile request. RFC 6750."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..messages import Request
from .grants import AccessToken
from .parameters import Unreadable, is_form, once

if TYPE_CHECKING:
    from .facts import Facts

BEARER = re.compile(r"bearer +([A-Za-z0-9\-._~+/]+=*)", re.IGNORECASE)


def scheme(word: str) -> re.Pattern[str]:
    """Return what reads an access token after another word, such as Yandex's ``OAuth``."""
    return re.compile(rf"{word} +([A-Za-z0-9\-._~+/]+=*)", re.IGNORECASE)


BEARER_OR_TOKEN = re.compile(r"(?:bearer|token) +([A-Za-z0-9\-._~+/]+=*)", re.IGNORECASE)
"""As GitHub takes it (docs.github.com/rest, "Authenticating to the REST API")."""


class BearerRefused(Exception):
    """The access token does not do.

    Args:
        error: the code. RFC 6750 §3.1.
        reason: for ``X-Sandbox-Reason``.
        status: of HTTP.
    """

    def __init__(self, error: str, reason: str, status: int) -> None:
        super().__init__(reason)
        self.error = error
        self.reason = reason
        self.status = status


def journaled(front: Facts, request: Request, body: bytes) -> dict[str, Any]:
    """Return what the journal keeps of a profile request."""
    return {
        "access_token": _presented(front, request, body),
        "query": request.query_string.decode("ascii", "replace"),
        "accept": request.headers.get("accept"),
    }


def access_token_of(front: Facts, request: Request, body: bytes) -> AccessToken:
    """Return the access token of a request. It stands in one place, which is the provider's (RFC 6750 §2).

    Raises:
        BearerRefused: there is none, or it is not valid.
    """
    if "access_token" in request.query_params:
        raise BearerRefused("invalid_request", "the access token stands in the address (RFC 6750 §2.3)", 400)
    presented = _presented(front, request, body)
    if presented is None:
        raise _absence(front, request)
    if front.token_placement == "body":
        _check_form(front, request, body)
    access = front.grants.tokens.get(presented)
    if access is None:
        raise BearerRefused("invalid_token", "the access token was never issued by this provider, or is revoked", 401)
    if access.persona.suspended:
        raise BearerRefused("insufficient_scope", "this persona is suspended", 403)
    return access


def _presented(front: Facts, request: Request, body: bytes) -> str | None:
    if front.token_placement == "body":
        return _form(request, body).get("access_token")
    found = front.credentials.fullmatch(request.headers.get("authorization", ""))
    return found[1] if found else None


def _form(request: Request, body: bytes) -> dict[str, str]:
    try:
        return once(body) if is_form(request.headers.get("content-type", "")) else {}
    except Unreadable:
        return {}


def _absence(front: Facts, request: Request) -> BearerRefused:
    if front.token_placement == "body":
        return BearerRefused("invalid_token", "no access_token in a form (RFC 6750 §2.2)", 401)
    if "authorization" not in request.headers:
        return BearerRefused("invalid_token", "no Authorization header", 401)
    reason = f"the Authorization header does not match {front.credentials.pattern}"
    return BearerRefused("invalid_request", reason, 400)


def _check_form(front: Facts, request: Request, body: bytes) -> None:
    """The form also names the client, and the header has no second token (RFC 6750 §2)."""
    named = _form(request, body).get(front.client_id_parameter)
    if named is None or front.secret_of(named) is None:
        raise BearerRefused("invalid_request", f"the form's {front.client_id_parameter} is not a known client", 400)
    if "authorization" in request.headers:
        raise BearerRefused("invalid_request", "an access token in the body and an Authorization header", 400)


def require_scope(access: AccessToken, *scopes: str) -> None:
    """Require one of these scopes.

    Raises:
        BearerRefused: the access token has none of them.
    """
    granted = access.code.authorization.scopes
    if not any(one in granted for one in scopes):
        reason = f"the access token has the scopes {' '.join(granted) or 'none'}, and needs {' or '.join(scopes)}"
        raise BearerRefused("insufficient_scope", reason, 403)
