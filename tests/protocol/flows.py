"""Plays one request and its reply, and makes the inputs that a step needs."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from valetkey.crypto import Secret
from valetkey.protocols.base import Inputs, PendingRequest
from valetkey.protocols.discovery import ServerMetadata
from valetkey.protocols.http import Flow, HttpRequest, HttpResponse, Stamp
from valetkey.protocols.jwks import KeySet

NOW = 1_790_000_000
CALLBACK = "https://app.test/auth/acme"
_drawn = count(1)


def nonces(now: int = NOW) -> Callable[[], Stamp]:
    """A new nonce with each call, as in use."""
    return lambda: Stamp(timestamp=now, nonce=f"{next(_drawn):032x}")


def inputs(now: int = NOW, metadata: ServerMetadata | None = None, keys: KeySet | None = None) -> Inputs:
    return Inputs(nonces=nonces(now), metadata=metadata, keys=keys)


def pending(state: str = "state-1", **memo: str) -> PendingRequest:
    secrets = {name: Secret(value) for name, value in {"verifier": "verifier-1", **memo}.items()}
    return PendingRequest(request_id=state, callback_url=CALLBACK, memo=secrets)


def talk(flow: Flow[Any], body: bytes, status: int = 200, **headers: str) -> tuple[HttpRequest, Any]:
    """One request, one reply, the result."""
    request = next(flow)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises(StopIteration) as stop:
        flow.send(HttpResponse(status=status, headers=named, body=body))
    return request, stop.value.value
