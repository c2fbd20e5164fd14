"""A client with nothing but what RFC 6749 demands. It shares no code with ours.

It finds out what a server checks, and shows what a server does to a client that does not protect itself.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any

import httpx

from .partners import Client
from .robot import new_http
from .starting import Running

GITHUB_ENDPOINTS = {
    "authorization_endpoint": "/login/oauth/authorize",
    "token_endpoint": "/login/oauth/access_token",
    "userinfo_endpoint": "/user",
}


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """An authorization request. ``verifier`` and ``nonce`` are None where the client uses none."""

    url: str
    state: str
    verifier: str | None
    nonce: str | None


class BareClient:
    """A client of a server.

    Args:
        server: which one.
        client: as it is registered there.
        secret: what it says its secret is.
    """

    def __init__(self, server: Running, client: Client, secret: str | None = None) -> None:
        self.server, self.client = server, client
        self.secret = client.secret if secret is None else secret
        self.callback = client.callbacks[0]
        self.http = new_http(headers={"Accept": "application/json"})
        if server.partner.discovery:
            self.metadata = self.http.get(server.gate.origin + server.partner.discovery).json()
        else:
            self.metadata = {name: server.gate.origin + path for name, path in GITHUB_ENDPOINTS.items()}

    def begin(self, *, pkce: bool = True, nonce: bool = True, **more: str) -> Attempt:
        attempt = Attempt(
            url="",
            state=secrets.token_urlsafe(12),
            verifier=secrets.token_urlsafe(48) if pkce else None,
            nonce=secrets.token_urlsafe(12) if nonce else None,
        )
        query = {
            "response_type": "code",
            "client_id": self.client.id,
            "redirect_uri": self.callback,
            "scope": "openid profile email" if self.server.partner.algorithm else "user:email",
            "state": attempt.state,
            **({"nonce": attempt.nonce} if attempt.nonce else {}),
            **(
                {"code_challenge": challenge(attempt.verifier), "code_challenge_method": "S256"}
                if attempt.verifier
                else {}
            ),
            **more,
        }
        url = httpx.URL(self.metadata["authorization_endpoint"]).copy_merge_params(query)
        return Attempt(url=str(url), state=attempt.state, verifier=attempt.verifier, nonce=attempt.nonce)

    def exchange(self, attempt: Attempt, code: str, **more: str) -> httpx.Response:
        """As the server's record wants the credentials: Basic, or in the body for those of emulate."""
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.callback, **more}
        if attempt.verifier:
            form.setdefault("code_verifier", attempt.verifier)
        if self.server.partner.service:
            form |= {"client_id": self.client.id, "client_secret": self.secret}
            return self.http.post(self.metadata["token_endpoint"], data=form)
        return self.http.post(self.metadata["token_endpoint"], data=form, auth=(self.client.id, self.secret))

    def userinfo(self, access_token: str) -> httpx.Response:
        return self.http.get(self.metadata["userinfo_endpoint"], headers={"Authorization": f"Bearer {access_token}"})


def challenge(verifier: str) -> str:
    """RFC 7636 §4.2."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def decoded(id_token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims. The signature is not verified."""
    header, claims, _ = id_token.split(".")
    return _json(header), _json(claims)


def _json(segment: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    return found


def refused(response: httpx.Response) -> bool:
    """GitHub says no with status 200."""
    return response.status_code >= 400 or "error" in response.json()
