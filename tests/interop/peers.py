"""The clients that others wrote: how each is run, at which providers of the sandbox, and what it is known to check.

A program of ``clients/`` or ``node/`` signs one user in (``clients/talking.py``). Each has its own checks on, as far as
it has them. What is known of a client stands in its record, and ``test_clients.py`` finds it out again.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .partners import HERE, PYTHON, locked_version
from .robot import Return

ORIGIN = "http://127.0.0.1:9"  # where the users come back; the robot stops there
FRONTS = ("acme", "google", "gitlab", "github")


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A client.

    Args:
        name: what it is called in the table, and its distribution.
        command: what runs it, before the order.
        checks_iss: the ``iss`` of a redirect (RFC 9207).
        checks_nonce: of an ID token. If not, it sends none.
        checks_signature: of an ID token that comes from the token endpoint.
        sends_pkce: for which providers it sends a challenge.
    """

    name: str
    command: tuple[str, ...]
    checks_iss: bool = False
    checks_nonce: bool = True
    checks_signature: bool = True
    sends_pkce: tuple[str, ...] = FRONTS

    @property
    def version(self) -> str:
        return locked_version(self.name)

    def callback(self, front: str) -> str:
        """Its redirect URI. allauth's is where its own URLs say."""
        if self.name != "django-allauth":
            return f"{ORIGIN}/callback/{front}"
        return f"{ORIGIN}/accounts/{'github' if front == 'github' else f'oidc/{front}'}/login/callback/"


def _python(name: str) -> tuple[str, ...]:
    return (PYTHON, str(HERE / "clients" / f"{name}_client.py"))


PEERS = (
    Peer(name="authlib", command=_python("authlib")),
    Peer(name="requests-oauthlib", command=_python("requests_oauthlib"), checks_nonce=False, checks_signature=False),
    Peer(name="openid-client", command=("node", str(HERE / "node" / "openid-client.mjs")), checks_iss=True),
    Peer(name="oauth4webapi", command=("node", str(HERE / "node" / "oauth4webapi.mjs")), checks_iss=True),
    Peer(name="django-allauth", command=_python("allauth"), checks_nonce=False, checks_signature=False),
    Peer(name="social-auth-core", command=_python("social_core"), sends_pkce=("acme", "google", "gitlab")),
)


def signs_in(peer: Peer, front: str, base: str, keys: tuple[str, str], walk: Callable[[str], Return]) -> dict[str, Any]:
    """Run a client for one login.

    Args:
        peer: the client.
        front: which provider it takes the server for.
        base: the issuer, or the address that stands for the provider's hosts.
        keys: its client id and secret.
        walk: what the user does at the server; gives what brought the user back.

    Returns:
        ``subject``, ``name`` and ``email``; or ``error``.
    """
    order = {"front": front, "base": base, "id": keys[0], "secret": keys[1], "callback": peer.callback(front)}
    environment = {
        "PATH": os.environ["PATH"],
        "AUTHLIB_INSECURE_TRANSPORT": "1",  # http, on the loopback
        "OAUTHLIB_INSECURE_TRANSPORT": "1",
        "OAUTHLIB_RELAX_TOKEN_SCOPE": "1",  # GitHub names its scopes in another order
    }
    with subprocess.Popen(
        [*peer.command, json.dumps(order)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        started = process.stdout.readline()
        assert started, process.stderr.read()
        back = walk(json.loads(started)["url"])
        said, errors = process.communicate(json.dumps({"url": back.url}) + "\n", timeout=60)
    assert said, errors
    found: dict[str, Any] = json.loads(said)
    return found
