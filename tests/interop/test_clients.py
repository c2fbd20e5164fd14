"""Clients that others wrote sign in at the sandbox, each with its own checks on: what they ask for it knows, and what
it answers satisfies them. And it can play what they refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.servers import Provider

from .partners import ADA, OIDC_PROVIDER, Client
from .peers import FRONTS, ORIGIN, PEERS, Peer, signs_in
from .robot import Return, Robot
from .starting import running

PATHS = {"acme": "/oidc", "google": "/google", "gitlab": "/gitlab", "github": "/github"}
PLAYED = pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)


class Sandbox(Provider):
    """As ``valetkey sandbox`` runs it, with every client's callback registered."""

    def __init__(self) -> None:
        super().__init__(PEERS[0].callback("acme"))
        self.callbacks = [peer.callback(front) for peer in PEERS for front in FRONTS]

    def switch(self, front: str, **switches: Any) -> None:
        self.control("PATCH", "providers", {"provider": front, **switches})

    def signs_in(
        self, peer: Peer, front: str, walk: Callable[[str], Return] | None = None, secret: str | None = None
    ) -> dict[str, Any]:
        keys = (f"sandbox-{front}", secret or f"sandbox-{front}-secret")
        return signs_in(peer, front, self.origin + PATHS[front], keys, walk or Robot(ORIGIN, ADA).sign_in)

    def called(self, front: str, endpoint: str) -> list[dict[str, Any]]:
        return [one for one in self.journal if (one["endpoint"], one.get("provider")) == (endpoint, front)]

    def subject(self, front: str, persona: str) -> str:
        found = self.control("POST", "subject", {"url": f"{self.origin}{PATHS[front]}/", "persona": persona})
        return str(found["subject"])


@pytest.fixture(scope="module")
def running_sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox()
    yield sandbox
    sandbox.stop()


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    running_sandbox.reset()
    return running_sandbox


def is_refused(sandbox: Sandbox, peer: Peer, **switches: Any) -> bool:
    """Whether the client notices what the plain provider does wrong. ``test_signs_in`` is the control."""
    sandbox.switch("acme", **switches)
    return "error" in sandbox.signs_in(peer, "acme")


@PLAYED
@pytest.mark.parametrize("front", FRONTS)
def test_signs_in(sandbox: Sandbox, peer: Peer, front: str) -> None:
    if front in peer.sends_pkce:
        sandbox.switch(front, pkce="required")
    user = sandbox.signs_in(peer, front)
    assert user["subject"] == sandbox.subject(front, ADA.handle)
    assert user["name"] == ADA.name
    (asked,), (exchanged,) = sandbox.called(front, "authorize"), sandbox.called(front, "token")
    assert asked["state"]
    assert bool(asked.get("code_challenge")) == bool(exchanged.get("code_verifier")) == (front in peer.sends_pkce)
    assert bool(asked.get("nonce")) == (peer.checks_nonce and front != "github")
    assert exchanged["accepted"]


@PLAYED
def test_another_nonce_is_refused_or_none_was_sent(sandbox: Sandbox, peer: Peer) -> None:
    assert is_refused(sandbox, peer, id_token={"set": {"nonce": "of another login"}}) is peer.checks_nonce


@PLAYED
def test_a_strangers_signature_is_refused_or_is_known_not_to_be(sandbox: Sandbox, peer: Peer) -> None:
    assert is_refused(sandbox, peer, id_token={"sign": "stranger"}) is peer.checks_signature


@PLAYED
def test_another_issuer_is_refused_or_is_known_not_to_be(sandbox: Sandbox, peer: Peer) -> None:
    assert is_refused(sandbox, peer, iss="https://other.example") is peer.checks_iss


@PLAYED
def test_another_state_is_refused(sandbox: Sandbox, peer: Peer) -> None:
    def swapped(url: str) -> Return:
        back = Robot(ORIGIN, ADA).sign_in(url)
        return Return(url=back.url.replace(f"state={back.query['state']}", "state=of-another-login"))

    assert "error" in sandbox.signs_in(peer, "acme", swapped)
    assert sandbox.called("acme", "token") == []


@PLAYED
def test_cancel_is_understood(sandbox: Sandbox, peer: Peer) -> None:
    assert "error" in sandbox.signs_in(peer, "acme", Robot(ORIGIN, ADA).cancel)
    assert sandbox.called("acme", "token") == []


@PLAYED
def test_a_wrong_secret_is_refused(sandbox: Sandbox, peer: Peer) -> None:
    assert "error" in sandbox.signs_in(peer, "acme", secret="sandbox-another-secret")
    assert [one["status"] for one in sandbox.called("acme", "token")] == [401]


@PLAYED
def test_control_it_signs_in_at_a_server_that_others_wrote(peer: Peer) -> None:
    client = Client(id="web", callbacks=(peer.callback("acme"),))
    with running(OIDC_PROVIDER, client) as server:
        user = signs_in(peer, "acme", server.issuer, (client.id, client.secret), Robot(ORIGIN, ADA).sign_in)
    assert user == {"subject": ADA.handle, "name": ADA.name, "email": ADA.email}
