"""A server that others wrote, and the apps of ours that sign in there.

A server learns the callbacks when it starts, so the port of an app is chosen first. The app starts when a test asks for
it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
from support.servers import free_port

from .bare import BareClient
from .partners import ADA, CANAILLE, Client, Partner, Person, Running, running
from .robot import Robot

NOWHERE = "http://127.0.0.1:9/not-ours"


class Site:
    """
    Args:
        server: it runs.
        web: the client that our app is.
        second: another, for what is to be the first of its kind there.
        elsewhere: one whose registered callback is not ours.
    """

    def __init__(self, server: Running, origin: str) -> None:
        self.server, self.partner, self.origin = server, server.partner, origin
        self.web, self.second, self.elsewhere = server.clients

    def forget_codes(self) -> None:
        """Codes that nobody has spent. ``servers/canaille_server.py`` says why."""
        if self.partner is CANAILLE:
            httpx.post(
                f"http://127.0.0.1:{self.server.gate.target}/forget-codes",
                headers={"Host": urlsplit(self.server.gate.origin).netloc},
                trust_env=False,
            ).raise_for_status()

    def robot(self, person: Person = ADA) -> Robot:
        return Robot(self.origin, person)

    def bare(self, client: Client | None = None, secret: str | None = None) -> BareClient:
        return BareClient(self.server, client or self.web, secret)


@contextmanager
def site_of(partner: Partner) -> Iterator[Site]:
    origin = f"http://127.0.0.1:{free_port()}"
    callbacks = (f"{origin}/auth/{partner.provider}", f"{origin}/auth/{partner.provider}/return")
    clients = (
        Client(id="web", callbacks=callbacks),
        Client(id="second", callbacks=callbacks),
        Client(id="elsewhere", callbacks=(NOWHERE,)),
    )
    with running(partner, *clients) as server:
        yield Site(server, origin)
