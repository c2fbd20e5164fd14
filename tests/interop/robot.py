"""A user of the servers' own pages: signs in, consents or cancels, until it is sent back to the app.

It reads forms and links as a browser does, runs no script, and answers each page by what the page offers. Where a
server has no button for cancel, ``cancel`` raises ``NoWayOut``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from .partners import Person

HANDLE, PASSWORD = re.compile("user|login|sub$|email"), re.compile("password")
APPROVES = re.compile(r"\b(accept|allow|authori[sz]e|continue|approve|yes|confirm)", re.IGNORECASE)
REFUSES = re.compile(r"\b(cancel|abort|deny|decline|refuse|no)\b", re.IGNORECASE)
MOST_PAGES = 15


def origin_of(url: str) -> str:
    """Scheme, host and port, as a browser writes them."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def new_http(**options: Any) -> httpx.Client:
    """A client with cookies for plain http. It keeps no connection, so nobody needs to close it."""
    return httpx.Client(
        trust_env=False, verify=False, timeout=20, limits=httpx.Limits(max_keepalive_connections=0), **options
    )


class NoWayOut(Exception):
    """The page has no button that refuses."""


class Stuck(Exception):
    """The page has nothing to answer: an error page, most likely."""


@dataclass(kw_only=True)
class Form:
    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)

    @property
    def asks_to_sign_in(self) -> bool:
        return any(kind not in ("hidden", "checkbox") and HANDLE.search(name) for name, kind in self.types.items()) or (
            "password" in self.types.values()
        )


@dataclass(kw_only=True)
class Button:
    name: str
    value: str
    text: str = ""

    def says(self, words: re.Pattern[str]) -> bool:
        return bool(words.search(self.value) or words.search(self.text) or words.search(self.name))


class Page(HTMLParser):
    """The forms and links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[Button] = []  # name: the address
        self._inside: Button | None = None
        self._form: Form | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attributes}
        kind = has.get("type", "submit" if tag == "button" else "text")
        if tag == "form":
            self._form = Form(action=has.get("action", ""), method=has.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "a" and "href" in has:
            self._inside = Button(name=has["href"], value="")
            self.links.append(self._inside)
        elif self._form is None:
            return
        elif tag == "button" or (tag == "input" and kind == "submit"):
            self._inside = Button(name=has.get("name", ""), value=has.get("value", ""))
            self._form.buttons.append(self._inside)
        elif tag in ("input", "textarea", "select") and "name" in has:
            self._form.types.setdefault(has["name"], kind)
            if kind not in ("checkbox", "radio") or "checked" in has:
                self._form.fields.setdefault(has["name"], []).append(has.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("a", "button"):
            self._inside = None
        elif tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        if self._inside is not None:
            self._inside.text += data


@dataclass(frozen=True, kw_only=True)
class Return:
    """How the server sends the user back: a redirect (``fields`` is empty), or a form that a script would submit."""

    url: str
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def query(self) -> dict[str, str]:
        return {**dict(httpx.URL(self.url).params), **self.fields}


class Robot:
    """One browser at the server's pages, with its cookies.

    Args:
        app: the origin of the app, where the robot's way ends.
        person: the user.
    """

    def __init__(self, app: str, person: Person) -> None:
        self.app, self.person = app, person
        self.client = new_http()
        self.pages = 0

    def sign_in(self, url: str) -> Return:
        """Follow the authorization request to its end, and agree to everything."""
        return self._walk(url, agree=True)

    def cancel(self, url: str) -> Return:
        """Sign in where the server asks for it first, and refuse at the first button that refuses."""
        back = self._walk(url, agree=False)
        if "code" in back.query:
            raise NoWayOut("the server asked for nothing that could be refused")
        return back

    def _walk(self, url: str, *, agree: bool) -> Return:
        response = self.client.get(url)
        for _ in range(MOST_PAGES):
            if response.is_redirect:
                url = urljoin(str(response.url), response.headers["location"])
                if self._is_ours(url):
                    return Return(url=url)
                response = self.client.get(url)
                continue
            self.pages += 1
            page, here = Page(response.text), str(response.url)
            for form in page.forms:
                if self._is_ours(urljoin(here, form.action)):
                    fields = {name: values[-1] for name, values in form.fields.items()}
                    return Return(url=urljoin(here, form.action), fields=fields)
            response = self._answer(page, here, agree=agree)
        raise Stuck(f"still not back after {MOST_PAGES} pages: {here}")

    def _is_ours(self, url: str) -> bool:
        return origin_of(url) == self.app

    def _answer(self, page: Page, here: str, *, agree: bool) -> httpx.Response:
        for link in page.links:
            if not agree and link.says(REFUSES):
                return self.client.get(urljoin(here, link.name))
        for form in page.forms:
            for button in form.buttons:
                if not agree and button.says(REFUSES):
                    return self._submit(form, here, button)
        form = self._form_to_fill(page)
        filled = {
            name: self.person.handle if HANDLE.search(name) else self.person.password
            for name, kind in form.types.items()
            if kind == "password" or (kind not in ("hidden", "checkbox") and HANDLE.search(name))
        }
        if not agree and not filled:
            raise NoWayOut(here)
        return self._submit(form, here, self._approving(form), **filled)

    def _form_to_fill(self, page: Page) -> Form:
        """The sign-in form; else the one for this user of a list; else the one with a button that approves."""
        for form in page.forms:
            if form.asks_to_sign_in:
                return form
        for form in page.forms:
            if {self.person.handle, self.person.email} & {value for values in form.fields.values() for value in values}:
                return form
        for form in page.forms:
            if any(button.says(APPROVES) for button in form.buttons):
                return form
        raise Stuck("nothing to answer")

    @staticmethod
    def _approving(form: Form) -> Button | None:
        approving = [button for button in form.buttons if button.says(APPROVES) and not button.says(REFUSES)]
        others = [button for button in form.buttons if not button.says(REFUSES)]
        return (approving or others or [None])[0]

    def _submit(self, form: Form, here: str, button: Button | None, **filled: str) -> httpx.Response:
        data: dict[str, str | list[str]] = {**form.fields, **filled}
        if button is not None and button.name:
            data[button.name] = button.value
        url = urljoin(here, form.action or here)
        if form.method == "post":
            return self.client.post(url, data=data, headers={"Origin": origin_of(here)})
        return self.client.get(url, params=data)
