"""An app with one provider, in this process, and browsers that visit it. What the app sends goes through sockets.

No framework and no server: ``SyncSignIn`` answers each request, as it does below Flask and Django.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from ...frameworks.wsgi import SyncSignIn
from ...models import Identity
from ...settings import Settings
from ...web.http import Incoming, Reply
from ..control import Callback

_HOST = "127.0.0.1:8000"
_NAVIGATION = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "accept": "application/json"}
_SAME, _CROSS = {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "cross-site"}
_FORM = {"content-type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a step of a login ended.

    Args:
        url: where the user is sent next. None: nowhere.
        error: the error's code, as in docs/errors.
        hint: what the error says to the app's developer.
        account: the account's id, if a user was signed in.
        identity: what the account signed in with.
    """

    url: str | None = None
    error: str | None = None
    hint: str = field(default="", repr=False)
    account: str | None = None
    identity: Identity | None = None

    @property
    def landed(self) -> bool:
        """Whether a user was signed in."""
        return self.account is not None


class Browser:
    """A browser with cookies of its own, at an app's routes."""

    def __init__(self, app: SyncSignIn, prefix: str) -> None:
        self._app = app
        self._prefix = prefix
        self._cookies: dict[str, str] = {}

    def start(self, provider: str) -> Outcome:
        """Click the button."""
        fields = {"login": secrets.token_urlsafe(16), "mode": "popup"}
        return _read(self._send("POST", provider, {**_NAVIGATION, **_SAME, **_FORM}, fields))

    def come_back(self, callback: Callback) -> Outcome:
        """Follow the provider's redirect, or post its form."""
        parts = urlsplit(callback.url)
        path, query = parts.path.removeprefix(f"{self._prefix}/"), parts.query
        if callback.form is not None:
            posted = self._send("POST", path, {**_NAVIGATION, **_CROSS, **_FORM}, callback.form)
            if posted.status != 303:
                return _read(posted)
            parts = urlsplit(_header(posted, "location"))
            path, query = parts.path.removeprefix(f"{self._prefix}/"), parts.query
        reply = self._send("GET", path, {**_NAVIGATION, **_CROSS}, query=query)
        return self._collected() if reply.status == 303 else _read(reply)

    def _collected(self) -> Outcome:
        reply = self._send("GET", "session", {**_SAME, "sec-fetch-mode": "cors", "accept": "application/json"})
        account = _json(reply).get("account")
        if account is None:
            return Outcome(error="no_session", hint="The callback succeeded, and then nobody was signed in.")
        return Outcome(account=account["id"], identity=Identity(**account["identities"][0]))

    def _send(
        self, method: str, path: str, headers: Mapping[str, str], form: Mapping[str, str] | None = None, query: str = ""
    ) -> Reply:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        incoming = Incoming(
            method=method,
            path=path,
            query=query,
            headers=[("host", _HOST), *headers.items(), *([("cookie", cookies)] if cookies else [])],
            body=urlencode(form).encode() if form is not None else b"",
            peer="127.0.0.1",
            scheme="http",
        )
        try:
            reply = self._app.answer(incoming)
        except Exception as fault:  # a framework would answer with 500
            return Reply(status=500, headers=(), body=_crash(fault))
        for cookie in (value for name, value in reply.headers if name == "set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies.pop(name, None)
            if value:
                self._cookies[name] = value
        return reply


class App:
    """An app in this process."""

    def __init__(self, settings: Settings) -> None:
        self._signs_in = SyncSignIn(settings)
        self._prefix = settings.public_prefix

    def browser(self) -> Browser:
        """Return a new browser."""
        return Browser(self._signs_in, self._prefix)

    def close(self) -> None:
        """Disconnect from the database and the provider."""
        self._signs_in.close()


def with_query(callback: Callback, **changes: str | None) -> Callback:
    """Return a callback with other parameters. None removes one."""

    def changed(fields: Mapping[str, str]) -> dict[str, str]:
        return {name: value for name, value in {**fields, **changes}.items() if value is not None}

    if callback.form is not None:
        return Callback(callback.url, changed(callback.form))
    parts = urlsplit(callback.url)
    fields = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Callback(parts._replace(query=urlencode(changed(fields))).geturl())


def query_of(callback: Callback) -> dict[str, str]:
    """Return the parameters of a callback."""
    if callback.form is not None:
        return dict(callback.form)
    return dict(parse_qsl(urlsplit(callback.url).query, keep_blank_values=True))


def _read(reply: Reply) -> Outcome:
    url = _header(reply, "refresh").partition("url=")[2]
    if reply.status == 200 and url:
        return Outcome(url=url)
    error = _json(reply).get("error") or {}
    return Outcome(error=error.get("code", f"status {reply.status}"), hint=error.get("hint", ""))


def _crash(fault: Exception) -> bytes:
    return json.dumps({"error": {"code": "500", "hint": f"The app failed with {type(fault).__name__}."}}).encode()


def _header(reply: Reply, name: str) -> str:
    return next((value for key, value in reply.headers if key == name), "")


def _json(reply: Reply) -> dict[str, Any]:
    try:
        value = json.loads(reply.body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
