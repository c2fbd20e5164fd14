"""A server that others wrote, and the apps of ours that sign in there.

A server learns the callbacks when it starts, so the port of each app is chosen first. An app starts when a test asks
for it.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from support.browser import Answer, Begun, Browser
from support.servers import SECRET, App, free_port

from .bare import BareClient
from .partners import ADA, APPLE, MICROSOFT, Client, Partner, Person
from .robot import Return, Robot
from .starting import Running, running

NOWHERE = "http://127.0.0.1:9/not-ours"
PERSONAL_TENANT = "9188040d-6c67-4c5b-b112-36a304b66dad"  # the one that emulate's users belong to


def leads_to(answer: Answer) -> str:
    """Where a page of ours sends the user, at a start and at a restart."""
    return (answer.header("refresh") or "").partition("url=")[2]


class Visitor(Browser):
    """A browser at an app that has this one provider."""

    def __init__(self, base: str, partner: Partner) -> None:
        super().__init__(base)
        self.partner = partner

    def begin(self, login: str | None = None, **fields: str) -> Begun:
        """The popup's form."""
        login = login or secrets.token_urlsafe(16)
        answer = self.submit(f"/auth/{self.partner.provider}", {"login": login, "mode": "popup", **fields})
        send_to = leads_to(answer)
        return Begun(login=login, token=httpx.URL(send_to).params.get("state", ""), send_to=send_to, answer=answer)

    def returns(self, back: Return) -> Answer:
        """The provider's redirect; or its form, which comes from another site and so without our cookies."""
        path = urlsplit(back.url).path
        if not back.fields:
            return self.come_back(back.url)
        form = httpx.QueryParams(back.fields)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "cross-site"}
        answer = self.request("POST", path, body=str(form), headers=headers, cookies=False)
        assert answer.status == 303, answer.text
        return self.come_back(answer.header("location") or "")


class RunningApp(App):
    """``valetkey serve`` with one provider: the server that others wrote."""

    def __init__(self, site: Site, client: Client, directory: Path, *, secret: str | None = None) -> None:
        self.site, self.port, self.base = site, site.port, site.origin
        self.database = directory / f"{secrets.token_hex(4)}.db"
        self.env = {
            "VALETKEY_URL": self.base,
            "VALETKEY_SECRET": SECRET,
            "VALETKEY_DATABASE": f"sqlite:///{self.database}",
            "VALETKEY_START_LIMIT": "off",
            "VALETKEY_PROVIDERS": site.partner.provider,
            **variables(site.server, client, secret or client.secret),
        }
        self.start()

    def browser(self) -> Visitor:
        """A new profile."""
        return Visitor(self.base, self.site.partner)

    def signs_in(self, person: Person = ADA) -> tuple[Visitor, Return]:
        """The control: an honest login. It must land.

        Returns:
            The profile, and what brought the user back.
        """
        browser = self.browser()
        begun = browser.begin()
        assert begun.send_to, begun.answer.text + self.server.log
        back = self.site.robot(person).sign_in(begun.send_to)
        answer = browser.returns(back)
        assert answer.status == 303, answer.text
        assert browser.session_cookie, answer.headers
        return browser, back


class Site:
    """
    Args:
        server: it runs.
        port: of the app.
        web: the client that our app is.
        second: another, for what is to be the first of its kind there.
        elsewhere: one whose registered callback is not ours.
    """

    def __init__(self, server: Running, port: int, directory: Path, closing: ExitStack) -> None:
        self.server, self.partner, self.port = server, server.partner, port
        self.origin = f"http://{self.partner.app_host}:{port}"
        self.web, self.second, self.elsewhere = server.clients
        self._directory, self._closing = directory, closing
        self._running: dict[tuple[str, str], RunningApp] = {}

    def forget_codes(self) -> None:
        self.server.forget_codes()

    def robot(self, person: Person = ADA) -> Robot:
        return Robot(self.origin, person)

    def bare(self, client: Client | None = None, secret: str | None = None) -> BareClient:
        return BareClient(self.server, client or self.web, secret)

    @contextmanager
    def app(self, client: Client | None = None, *, secret: str | None = None) -> Iterator[RunningApp]:
        """An app with this client's keys and an empty database. One runs at a time."""
        app = RunningApp(self, client or self.web, self._directory, secret=secret)
        try:
            yield app
        finally:
            app.stop()


@contextmanager
def site_of(partner: Partner) -> Iterator[Site]:
    port = free_port()
    callback = f"http://{partner.app_host}:{port}/auth/{partner.provider}"
    callbacks = (f"{callback}/return", callback) if partner is APPLE else (callback, f"{callback}/return")
    clients = (
        Client(id="web", callbacks=callbacks),
        Client(id="second", callbacks=callbacks),
        Client(id="elsewhere", callbacks=(NOWHERE,)),
    )
    with running(partner, *clients) as server, tempfile.TemporaryDirectory() as directory, ExitStack() as closing:
        yield Site(server, port, Path(directory), closing)


def variables(server: Running, client: Client, secret: str) -> dict[str, str]:
    """What an app is given to have this server as its provider."""
    name = server.partner.provider.upper()
    found = {f"{name}_CLIENT_ID": client.id}
    if server.partner is APPLE:
        return {
            **found,
            "APPLE_TEAM_ID": "TEAM000001",
            "APPLE_KEY_ID": "KEY0000001",
            "APPLE_PRIVATE_KEY": apple_key(),
            "VALETKEY_APPLE_BASE": server.issuer,
        }
    found[f"{name}_CLIENT_SECRET"] = secret
    if server.partner is MICROSOFT:  # its metadata for "common" names no template, as Microsoft's does
        found["MICROSOFT_TENANT"] = PERSONAL_TENANT
    if server.partner.service:
        return {**found, f"VALETKEY_{name}_BASE": server.issuer}
    return {**found, f"{name}_ISSUER": server.issuer}


def apple_key() -> str:
    """A new key of the kind that Apple gives out."""
    pem, pkcs8, bare = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(pem, pkcs8, bare).decode()
