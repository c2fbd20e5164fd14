"""A browser at the Django app of the tests, through the whole middleware stack."""

from __future__ import annotations

import json
import secrets
from typing import Any
from urllib.parse import urlencode, urlsplit

from asgiref.sync import async_to_sync

from valetkey.testing.control import Control

PAGE = {"Sec-Fetch-Site": "same-origin"}
NAVIGATES = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Accept": "text/html"}


class Site:
    """One browser, under WSGI or ASGI."""

    def __init__(self, control: Control, *, asynchronous: bool) -> None:
        from django.test import AsyncClient, Client  # which asks for settings

        self._control = control
        self.asynchronous = asynchronous
        self.client: Any = (
            AsyncClient(headers={"Host": "127.0.0.1:8000"}) if asynchronous else Client(HTTP_HOST="127.0.0.1:8000")
        )

    def another_browser(self) -> Site:
        return Site(self._control, asynchronous=self.asynchronous)

    def _send(self, *request: Any, **options: Any) -> Any:
        async def awaited() -> Any:
            return await self.client.generic(*request, **options)

        return async_to_sync(awaited)() if self.asynchronous else self.client.generic(*request, **options)

    def ask(self, method: str, path: str, value: object = None, **headers: str) -> Any:
        """A request of a page of the app."""
        body = b"" if value is None else json.dumps(value).encode()
        sent = {**PAGE, **{name.replace("_", "-"): text for name, text in headers.items()}}
        answer = self._send(method, path, body, "application/json", headers=sent)
        for name in [name for name, morsel in self.client.cookies.items() if not morsel.value]:
            del self.client.cookies[name]  # cleared, which this jar takes for an empty value
        return answer

    def get(self, path: str) -> Any:
        answer = self.ask("GET", path)
        assert answer.status_code == 200, (path, answer.content)
        return answer

    def begin(self, who: dict[str, str], at: str = "/auth/twitter") -> tuple[str, str]:
        """Start and approve a login: its id, and where the provider sends the browser."""
        login = secrets.token_urlsafe(16)
        form = urlencode({"login": login, "mode": "popup"}).encode()
        kind = "application/x-www-form-urlencoded"
        page = self._send("POST", at, form, kind, headers={**PAGE, **NAVIGATES})
        back = urlsplit(self._control.approve(page["Refresh"].partition("; url=")[2], who).url)
        return login, f"{back.path}?{back.query}"

    def come_back(self, address: str) -> Any:
        return self.ask("GET", address, **{**NAVIGATES, "Sec_Fetch_Site": "cross-site"})

    def stands(self) -> tuple[str, str | None]:
        """Who is signed in, and what Django's session holds. It looks at the session alone first."""
        peeked = self.get("/peek/").json()["basket"]
        seen = self.get("/abasket/" if self.asynchronous else "/basket/").json()
        assert self.get("/peek/").json()["basket"] == seen["basket"]
        return seen["user"], seen["basket"] if peeked == seen["basket"] else f"{peeked} without asking who it is"

    @property
    def key(self) -> str | None:
        """Of Django's session."""
        found = self.client.cookies.get("sessionid")
        return found.value if found is not None else None
