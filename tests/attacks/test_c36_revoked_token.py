"""C36: a token that was signed out is refused on every node within a second, however well it is signed; a copy that was
stolen with it, too."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.browser import Browser
from support.classic import handed, me, world  # noqa: F401  # fixtures
from support.servers import App, Provider, free_port


@pytest.fixture(scope="module")
def node(world: tuple[App, Provider]) -> Iterator[App]:
    """Another process on the same database."""
    first, provider = world
    second = App(
        provider,
        free_port(),
        Path(first.database).parent,
        **{
            name: first.env[name]
            for name in ("PROGRAM", "TWITTER_CALLBACK_URL", "VALETKEY_DATABASE", "VALETKEY_DELIVERY", "VALETKEY_SECRET")
        },
    )
    yield second
    second.stop()


@pytest.mark.parametrize("turn", range(5))
def test_revoked_within_a_second(
    app: App, node: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str], turn: int
) -> None:
    """At any moment of the list's age; the same person's other session lives on."""
    profile, elsewhere = browser(), Browser(node.base, origin=app.base)
    token, kept = handed(profile, provider, person), handed(browser(), provider, person)
    for _ in range(1 + 40 * turn):  # both have seen it, and remember
        assert [me(one, token).status for one in (profile, elsewhere)] == [200, 200]
    assert profile.fetch("DELETE", "/auth/session", Authorization=f"Bearer {token}").status == 204
    revoked_at = time.monotonic()
    assert me(profile, token).status == 401  # where it was revoked: at once
    asked_at = time.monotonic()
    while me(elsewhere, token).status != 401:
        assert asked_at - revoked_at < 1
        asked_at = time.monotonic()
    for one in (profile, elsewhere):
        assert me(one, token).status == 401
        assert me(one, kept).status == 200
        assert one.fetch("GET", "/auth/session", Authorization=f"Bearer {token}").json() == {"account": None}
        # It does not come back by being shown again, nor by asking for a cookie with it.
        assert one.fetch("POST", "/auth/session", {}, Authorization=f"Bearer {token}").json() == {"account": None}
    assert profile.session_cookie is None
    assert len(provider.exchanges) == 2


def test_a_live_token_is_changed_for_no_cookie(
    provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """An app that delivers tokens has no session cookie, whatever a page asks for."""
    profile = browser()
    token = handed(profile, provider, person)
    answer = profile.fetch("POST", "/auth/session", {}, Authorization=f"Bearer {token}")
    assert answer.json()["account"]["identities"][0]["subject"] == person["user_id"]
    assert answer.all("set-cookie") == []


def test_a_forged_token_signs_nobody_out(
    app: App, provider: Provider, browser: Callable[[], Browser], person: dict[str, str]
) -> None:
    """Signing out takes a pass of ours, even an expired one; what only resembles it ends nothing."""
    profile = browser()
    token = handed(profile, provider, person)
    head, body, signature = token.split(".")
    for forged in (f"{head}.{body}.", f"{head}.{body}.{signature[:-3]}AAA", f"{head}.{body}", "x"):
        assert profile.fetch("DELETE", "/auth/session", Authorization=f"Bearer {forged}").status == 204
        assert me(profile, token).status == 200
    assert profile.fetch("DELETE", "/auth/session", Authorization=f"Bearer {token}").status == 204
    assert me(profile, token).status == 401
