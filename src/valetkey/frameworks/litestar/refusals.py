"""Errors of valetkey as exceptions of Litestar."""

from __future__ import annotations

from litestar.enums import ScopeType
from litestar.exceptions import (
    HTTPException,
    NotAuthorizedException,
    PermissionDeniedException,
    ServiceUnavailableException,
    WebSocketException,
)
from litestar.types import Scope

from ...errors import ValetkeyError
from ...web.replies import error_body, error_headers

_KINDS = {401: NotAuthorizedException, 403: PermissionDeniedException, 503: ServiceUnavailableException}


def refusal(scope: Scope, error: ValetkeyError) -> HTTPException | WebSocketException:
    """The error as an exception of Litestar: its code is under ``extra``. A WebSocket closes with 4000 + status."""
    if scope["type"] == ScopeType.WEBSOCKET:
        return WebSocketException(detail=error.message, code=4000 + error.status)
    return _KINDS.get(error.status, HTTPException)(
        detail=error.message,
        status_code=error.status,
        headers=dict(error_headers(error)),
        extra=dict(error_body(error)),
    )
