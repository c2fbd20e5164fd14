"""The access token of a profile request. RFC 6750."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ..messages import Request
from .grants import AccessToken

if TYPE_CHECKING:
    from .facts import Facts

BEARER = re.compile(r"bearer +([A-Za-z0-9\-._~+/]+=*)", re.IGNORECASE)
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


def journaled(request: Request, body: bytes) -> dict[str, Any]:
    """Return what the journal keeps of a profile request."""
    found = BEARER_OR_TOKEN.fullmatch(request.headers.get("authorization", ""))
    return {
        "access_token": found[1] if found else None,
        "query": request.query_string.decode("ascii", "replace"),
        "accept": request.headers.get("accept"),
    }


def access_token_of(front: Facts, request: Request) -> AccessToken:
    """Return the access token of a request. It stands in the header only (RFC 6750 §2.1).

    Raises:
        BearerRefused: there is none, or it is not valid.
    """
    if "access_token" in request.query_params:
        raise BearerRefused("invalid_request", "the access token stands in the address (RFC 6750 §2.3)", 400)
    header = request.headers.get("authorization")
    if header is None:
        raise BearerRefused("invalid_token", "no Authorization header", 401)
    found = front.credentials.fullmatch(header)
    if found is None:
        raise BearerRefused("invalid_request", "the Authorization header is not 'Bearer' and a token", 400)
    access = front.grants.tokens.get(found[1])
    if access is None:
        raise BearerRefused("invalid_token", "the access token was never issued by this provider, or is revoked", 401)
    if access.persona.suspended:
        raise BearerRefused("insufficient_scope", "this persona is suspended", 403)
    return access


def require_scope(access: AccessToken, *scopes: str) -> None:
    """Require one of these scopes.

    Raises:
        BearerRefused: the access token has none of them.
    """
    granted = access.code.authorization.scopes
    if not any(one in granted for one in scopes):
        reason = f"the access token has the scopes {' '.join(granted) or 'none'}, and needs {' or '.join(scopes)}"
        raise BearerRefused("insufficient_scope", reason, 403)
