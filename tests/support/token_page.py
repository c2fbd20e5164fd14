"""A page whose session is a token, with its popup, as far as HTTP goes: what the browser module asks, asked by hand."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets

from .browser import Answer, Browser
from .servers import App, Provider

PAGE = "https://app.example"
RELAY = f"{PAGE}/relay.html"


def person() -> dict[str, str]:
    number = str(secrets.randbelow(10**12) + 10**12)
    return {"user_id": number, "screen_name": f"p{number}"}


def session_of(token: str) -> str:
    """The id of a token's session, as a page reads it (RFC 7519, ``jti``)."""
    payload = token.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["jti"])


class Page:
    """A page with its popup. Where a relay page stands between them, it has what that brought. It says at the start
    which session it holds, as the module does, unless ``says`` is false.

    ``blocked``: its own requests carry no cookie, as where third-party cookies are blocked.
    """

    def __init__(self, app: App, provider: Provider, *, says: bool = True, blocked: bool = False) -> None:
        self.app, self.provider, self.says, self.blocked = app, provider, says, blocked
        self.browser = Browser(app.base, origin=PAGE, site="cross-site")
        self.token = ""
        self.verifier, self.login, self.code = "", "", None
        self.held = ""  # the session that the page said it held when its login began

    def start(self, path: str) -> str:
        self.verifier, self.code = secrets.token_urlsafe(32), None
        digest = hashlib.sha256(self.verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        self.login = secrets.token_urlsafe(16)
        self.held = session_of(self.token) if self.token and self.says else ""
        said = {"session": self.held} if self.held else {}
        answer = self.browser.submit(path, {"login": self.login, "challenge": challenge, **said})
        assert answer.status == 200, answer.text
        return (answer.header("refresh") or "").partition("oauth_token=")[2].partition("&")[0]

    def back(self, callback: str) -> Answer:
        answer = self.browser.come_back(callback)
        fragment = (answer.header("location") or "").partition("#")[2]
        if "code=" in fragment:
            self.code = fragment.partition("code=")[2]
        return answer

    def collect(self, token: str | None = None, **other: str) -> Answer:
        fields = {"login": self.login, "verifier": self.verifier, **({"code": self.code} if self.code else {}), **other}
        return self.ask("POST", token, {**({"session": self.held} if self.held else {}), **fields})

    def ask(self, method: str, token: str | None = None, fields: object = None) -> Answer:
        """A request of the page's own to ``/auth/session``."""
        bearer = {"Authorization": f"Bearer {token}"} if token else {}
        browser = Browser(self.app.base, origin=PAGE, site="cross-site") if self.blocked else self.browser
        return browser.fetch(method, "/auth/session", fields, **bearer)

    def sign_out(self) -> None:
        """As the module does: by the token, then for the cookies of logins."""
        assert self.ask("DELETE", self.token).status == 204
        assert self.ask("DELETE").status == 204
        self.token = ""

    def sign_in(self, who: dict[str, str]) -> Page:
        self.back(self.provider.approve(self.start("/auth/twitter"), **who))
        self.token = self.collect().json()["token"]
        return self

    def link(self, who: dict[str, str]) -> None:
        """As far as the provider has sent the popup back."""
        self.back(self.provider.approve(self.start("/auth/twitter/link"), **who))

    def identities(self) -> list[str]:
        me = self.browser.request("GET", "/api/me", headers={"Authorization": f"Bearer {self.token}"}, cookies=False)
        return [one["subject"] for one in me.json()["identities"]]

    def is_signed_in(self, token: str) -> bool:
        headers = {"Authorization": f"Bearer {token}"}
        return self.browser.request("GET", "/api/me", headers=headers, cookies=False).status == 200
