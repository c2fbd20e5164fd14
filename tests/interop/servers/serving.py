"""What the servers of this folder have in common. They run in .venv-interop, where nothing of ours is installed."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

SCOPES = ("openid", "profile", "email")


@dataclass(frozen=True, kw_only=True)
class Client:
    """A registered client. ``callbacks`` are its redirect URIs."""

    id: str
    secret: str
    callbacks: list[str]


@dataclass(frozen=True, kw_only=True)
class Person:
    """A user of the server."""

    handle: str
    name: str
    email: str
    password: str

    @property
    def first(self) -> str:
        return self.name.partition(" ")[0]

    @property
    def last(self) -> str:
        return self.name.partition(" ")[2]


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a test wants of a server.

    Args:
        origin: the address under which it is reached, without a path. A gate listens there.
        directory: an empty folder for its files.
        needs_nonce: a request without a nonce is refused, where the server has such a setting.
    """

    origin: str
    directory: str
    needs_nonce: bool
    clients: list[Client]
    people: list[Person]


def order() -> Order:
    """Read the order from the first argument, which is JSON."""
    sent = json.loads(sys.argv[1])
    return Order(
        origin=sent["origin"],
        directory=sent["directory"],
        needs_nonce=sent["needs_nonce"],
        clients=[Client(**one) for one in sent["clients"]],
        people=[Person(**one) for one in sent["people"]],
    )


class Quiet(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        """A line for each request would hide the tracebacks."""


def serve(app: Any) -> None:
    """Serve a WSGI app on a free port of the loopback, one request at a time, and say where."""
    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        print(f"Ready http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()


def private_key() -> str:
    """A new RSA key, as PEM."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem, pkcs8, bare = (
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return key.private_bytes(pem, pkcs8, bare).decode()
