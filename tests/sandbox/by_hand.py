"""An OAuth 2.0 client of a few lines, over httpx: what the sandbox is judged with. It checks nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import httpx
import jwt

from valetkey.testing.sandbox import SandboxSettings, running

CALLBACK = "http://127.0.0.1:8000/auth/example"
# provider → base path, authorize path, token path, scope, how the client authenticates, where the profile is
PROVIDERS = {
    "google": ("/google", "/o/oauth2/v2/auth", "/token", "openid profile email", "post", "/v1/userinfo"),
    "github": (
        "/github", "/login/oauth/authorize", "/login/oauth/access_token", "read:user user:email", "post", "/user",
    ),
    "apple": ("/apple", "/auth/authorize", "/auth/token", "openid name email", "post", ""),
    "microsoft": (
        "/microsoft", "/common/oauth2/v2.0/authorize", "/common/oauth2/v2.0/token", "openid profile email", "post",
        "/oidc/userinfo",
    ),
    "acme": ("/oidc", "/authorize", "/token", "openid profile email", "basic", "/userinfo"),
    "x2": (
        "/x2", "/i/oauth2/authorize", "/2/oauth2/token", "users.read tweet.read users.email", "basic", "/2/users/me",
    ),
    "discord": ("/discord", "/oauth2/authorize", "/api/oauth2/token", "identify email", "post", "/api/users/@me"),
    "facebook": (
        "/facebook", "/v24.0/dialog/oauth", "/v24.0/oauth/access_token", "public_profile,email", "post",
        "/v24.0/me?fields=id,name,email,picture",
    ),
    "gitlab": ("/gitlab", "/oauth/authorize", "/oauth/token", "openid profile email", "post", "/oauth/userinfo"),
}  # fmt: skip
WITH_PROFILE = [name for name in PROVIDERS if name != "apple"]


def s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def without_none(fields: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value is not None}


def unpacked(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a JWT, unverified."""
    head, claims, _ = token.split(".")
    return tuple(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in (head, claims))  # type: ignore[return-value]


class Hand:
    """One login at a time."""

    def __init__(self, origin: str, provider: str, http: httpx.Client) -> None:
        self.origin, self.provider, self.http = origin, provider, http
        path, self.authorize_path, self.token_path, self.scope, self.authentication, self.profile_path = PROVIDERS[
            provider
        ]
        self.base = origin + path
        self.client_id = f"sandbox-{provider}"
        self.accept = "application/json"

    @property
    def client_secret(self) -> str:
        return self.apples() if self.provider == "apple" else f"{self.client_id}-secret"

    def apples(self, header: dict[str, str] | None = None, **claims: object) -> str:
        """A client secret as Apple wants it. None leaves a claim out."""
        now = int(time.time())
        right = {"iss": "SANDBOX001", "sub": self.client_id, "aud": self.base, "iat": now, "exp": now + 300, **claims}
        stated = {name: value for name, value in right.items() if value is not None}
        key = self.control("GET", "settings")["apple_private_key"]
        return jwt.encode(stated, key, algorithm="ES256", headers={"kid": "SANDBOXKEY", **(header or {})})

    def control(self, method: str, path: str, value: object = None, status: int = 200) -> Any:
        answer = self.http.request(
            method, f"{self.origin}/__sandbox__/{path}", json=value, headers={"X-Sandbox-Control": "1"}
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    def switch(self, **switches: object) -> None:
        self.control("PATCH", "providers", {"provider": self.provider, **switches})

    @property
    def journal(self) -> list[dict[str, Any]]:
        return list(self.control("GET", "journal")["journal"])

    def calls(self, endpoint: str) -> list[dict[str, Any]]:
        return [one for one in self.journal if (one["provider"], one["endpoint"]) == (self.provider, endpoint)]

    def calls_of_profile(self) -> str:
        """The name of the endpoint that says who the user is."""
        return "profile" if self.calls("profile") else "userinfo"

    def url(self, raw: str = "", **changes: str | None) -> str:
        """Where the user is sent, with fresh state, verifier and nonce. None leaves a parameter out."""
        self.state, self.verifier, self.nonce = (secrets.token_urlsafe(32) for _ in range(3))
        fields = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "scope": self.scope,
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": s256(self.verifier),
            "code_challenge_method": "S256",
            "response_mode": "form_post" if self.provider == "apple" else None,
            **changes,
        }
        return f"{self.base}{self.authorize_path}?{urlencode(without_none(fields), quote_via=quote)}{raw}"

    def approve(self, url: str, **user: Any) -> dict[str, str]:
        """What comes back, by query or form."""
        who = user if user.keys() & {"persona", "user_id", "cancel"} else {"persona": "ada", **user}
        answer = self.control("POST", "approve", {"url": url, **who})
        return dict(answer["form"]) if "form" in answer else dict(parse_qsl(urlsplit(answer["callback"]).query))

    def code(self, **user: Any) -> str:
        return self.approve(self.url(), **user)["code"]

    def exchange(self, code: str, /, *, auth: tuple[str, str] | None = None, **changes: str | None) -> httpx.Response:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": self.verifier,
        }
        if self.authentication == "basic" and auth is None and "client_secret" not in changes:
            auth = (self.client_id, self.client_secret)
        if auth is None:
            fields |= {"client_id": self.client_id, "client_secret": self.client_secret}
        return self.post({**fields, **changes}, auth)

    def post(self, fields: dict[str, Any], auth: tuple[str, str] | None = None) -> httpx.Response:
        headers = {"accept": self.accept}
        return self.http.post(self.base + self.token_path, data=without_none(fields), auth=auth, headers=headers)

    def granted(self, **user: Any) -> dict[str, Any]:
        answer = self.exchange(self.code(**user))
        assert answer.status_code == 200, answer.headers.get("x-sandbox-reason")
        assert "error" not in answer.json(), answer.headers.get("x-sandbox-reason")
        return dict(answer.json())

    def profile(self, token: str, path: str | None = None, **headers: str) -> httpx.Response:
        return self.http.get(
            self.base + (self.profile_path if path is None else path),
            headers={"authorization": f"Bearer {token}", "accept": self.accept, **headers},
        )


def reason(answer: httpx.Response) -> str:
    return answer.headers.get("x-sandbox-reason", "")


@contextmanager
def hands() -> Iterator[Callable[[str], Hand]]:
    """A sandbox, and what makes a client for one of its providers."""
    settings = SandboxSettings(callbacks=(CALLBACK, f"{CALLBACK}/other"))
    with running(settings) as live, httpx.Client() as http:

        def hand(provider: str) -> Hand:
            http.cookies.clear()
            made = Hand(live.origin, provider, http)
            made.control("POST", "reset")
            return made

        yield hand
