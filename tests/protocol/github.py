"""A provider of OAuth 2.0 as the tests use it, with what a step of its says."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from protocol.flows import CALLBACK, inputs, pending, talk
from valetkey.crypto import Secret
from valetkey.protocols.base import CallbackParameters, Grant
from valetkey.protocols.http import HttpRequest
from valetkey.protocols.oauth2 import ClientCredentials, OAuth2

CREDENTIALS = ClientCredentials(identifier="s6BhdRkqt3", secret=Secret("7Fjfp0ZBr1KtDRbnfVdmIw"))
ISSUER = "https://github.com/login/oauth"
GRANTED = {"access_token": "at-1", "token_type": "Bearer", "scope": "read:user", "expires_in": 3600}
RETURNED = {"code": "c/1", "state": "state-1"}


def provider(**changes: Any) -> OAuth2:
    usual = {
        "credentials": CREDENTIALS,
        "authorize_url": "https://github.com/login/oauth/authorize",
        "token_url": "https://github.com/login/oauth/access_token",
        "scopes": ("read:user", "user:email"),
    }
    return OAuth2(**{**usual, **changes})


def begin(protocol: OAuth2) -> tuple[dict[str, str], Any]:
    """The parameters of the address that the user is sent to, and the whole request."""
    with pytest.raises(StopIteration) as stop:
        next(protocol.authorize(CALLBACK, inputs()))
    request = stop.value.value
    return dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True, strict_parsing=True)), request


def exchange(protocol: OAuth2, reply: object = GRANTED, status: int = 200, **query: str) -> tuple[HttpRequest, Grant]:
    callback = CallbackParameters(request_id="state-1", query={**RETURNED, **query})
    body = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
    return talk(protocol.exchange(pending(), callback, inputs()), body, status)


def form_of(request: HttpRequest) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True))
