"""A browser as far as HTTP goes: a cookie jar, the headers of a navigation, redirects followed by hand.

It keeps every byte that came, so that a test can look for what must not be there.
"""

from __future__ import annotations

import http.client
import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, parse_qs, urldefrag, urlencode, urljoin, urlsplit

HTML = "text/html,application/xhtml+xml,*/*;q=0.8"


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    url: str

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def send_to(self) -> str:
        """Where a start's page goes on to: the provider. Empty for any other answer."""
        return (self.header("refresh") or "").partition("url=")[2]

    @property
    def code(self) -> str | None:
        """The error's code, from JSON or from a clean address."""
        if (self.header("location") or "").find("code=") >= 0:
            return re.split("[&#]", (self.header("location") or "").partition("code=")[2])[0]
        try:
            return str(self.json()["error"]["code"])
        except (ValueError, KeyError, TypeError):
            return None


@dataclass
class Browser:
    """One profile, pointed at one app. ``origin`` is the origin of its pages, ``site`` says how that compares with the
    app's (``Sec-Fetch-Site``), and ``provider`` is where it signs in."""

    base: str
    origin: str | None = None
    cookies: dict[str, str] = field(default_factory=dict)
    seen: list[Answer] = field(default_factory=list)
    provider: str = "twitter"
    site: str = "same-origin"

    def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | str | None = None,
        headers: dict[str, str] | None = None,
        cookies: bool = True,
        timeout: float = 15.0,
    ) -> Answer:
        url = urldefrag(urljoin(self.base, path)).url
        parts = urlsplit(url)
        sent = {"Host": parts.netloc, **(headers or {})}
        if cookies and self.cookies:
            sent.setdefault("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        answer = self.send(method, url, body, sent, timeout)
        self.seen.append(answer)
        if cookies:
            self._keep(answer)
        return answer

    def send(self, method: str, url: str, body: bytes | str | None, headers: dict[str, str], timeout: float) -> Answer:
        """One request and its answer, by a socket."""
        parts = urlsplit(url)
        connection = self.connect(parts, timeout)
        try:
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target or "/", body=body, headers=headers)
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read(), url)
        finally:
            connection.close()

    def connect(self, to: SplitResult, timeout: float) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(to.hostname or "", to.port, timeout=timeout)

    def _keep(self, answer: Answer) -> None:
        for header in answer.all("set-cookie"):
            pair, *attributes = header.split(";")
            name, _, value = pair.partition("=")
            if any(one.strip().lower() == "max-age=0" for one in attributes):
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value

    # What a page does

    def fetch(self, method: str, path: str, value: object = None, **headers: str) -> Answer:
        """A page's own ``fetch`` of JSON."""
        sent = {
            "Accept": "application/json",
            "Origin": self.origin or self.base,
            "Sec-Fetch-Site": self.site,
            "Sec-Fetch-Mode": "cors",
            "Sec-Fetch-Dest": "empty",
            **({"Content-Type": "application/json"} if value is not None else {}),
            **{name.replace("_", "-"): text for name, text in headers.items()},
        }
        return self.request(method, path, body=json.dumps(value) if value is not None else None, headers=sent)

    def submit(self, path: str, fields: dict[str, str], **headers: str) -> Answer:
        """A form that navigates a window."""
        sent = {
            "Accept": HTML,
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": self.origin or self.base,
            "Sec-Fetch-Site": self.site,
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "document",
            **{name.replace("_", "-"): text for name, text in headers.items()},
        }
        return self.request("POST", path, body=urlencode(fields), headers=sent)

    def visit(self, path: str, **options: Any) -> Answer:
        """A navigation, as after a redirect from the provider's site. Its redirect is not followed."""
        headers = {
            "Accept": HTML,
            "Sec-Fetch-Site": "cross-site",
            "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "document",
            **options.pop("headers", {}),
        }
        return self.request("GET", path, headers=headers, **options)

    # What a login does

    def begin(self, login: str | None = None, **fields: str) -> Begun:
        """The popup's form. The answer's page goes on to the provider."""
        login = login or secrets.token_urlsafe(16)
        answer = self.submit(f"/auth/{self.provider}", {"login": login, "mode": "popup", **fields})
        return Begun(login=login, token=named_in(answer.send_to), send_to=answer.send_to, answer=answer)

    def come_back(self, callback: str, **options: Any) -> Answer:
        """The provider's redirect to the callback, whatever host it names: this app's path and query. A provider that
        posts a form is answered by a redirect, which is followed."""
        parts = urlsplit(callback)
        if isinstance(callback, Posted):
            posted = self.submit(parts.path, callback.form, Origin=callback.origin, Sec_Fetch_Site="cross-site")
            parts = urlsplit(posted.header("location") or "")
        return self.visit(f"{parts.path}?{parts.query}", **options)

    def session(self, login: str | None = None) -> Any:
        return self.fetch("GET", "/auth/session" + (f"?login={login}" if login else "")).json()

    def collect(self, login: str | None = None) -> Answer:
        return self.fetch("POST", "/auth/session", {"login": login} if login else {})

    def account(self) -> Any:
        return self.session()["account"]

    def me(self) -> Answer:
        return self.request("GET", "/api/me")

    def sign_out(self) -> Answer:
        return self.fetch("DELETE", "/auth/session")

    @property
    def session_cookie(self) -> str | None:
        return self.cookies.get("valetkey-session")

    @property
    def login_cookies(self) -> dict[str, str]:
        return {name: value for name, value in self.cookies.items() if name.startswith("valetkey-login-")}


class Posted(str):
    """The address of a callback to which a page of the provider posts a form."""

    form: dict[str, str]
    origin: str


def named_in(send_to: str) -> str:
    """What an address at the provider names the login by: a request token, or a state."""
    query = parse_qs(urlsplit(send_to).query)
    return next((query[name][0] for name in ("oauth_token", "state") if name in query), "")


@dataclass
class Begun:
    login: str
    token: str  # the request token, or the state
    send_to: str
    answer: Answer
