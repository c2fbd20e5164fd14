"""What decides beside the cache: the session's row, read while something else happens to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from support.servers import SECRET

from valetkey import Account, Secret
from valetkey.crypto.keys import Keys
from valetkey.errors import StoreError
from valetkey.http_client.runner import ThreadRunner
from valetkey.models import Session
from valetkey.sessions.cache import USABLE_SECONDS, SessionCache
from valetkey.sessions.service import SessionService
from valetkey.sessions.tokens import SessionTokens, TokenClaims
from valetkey.storage.base import Revocations, SessionRow

NOW = 1_000_000.0
ROW = SessionRow(
    id="session-1",
    account=Account(id="account-1", name=None, picture=None),
    login_id="l",
    opened_at=NOW - 9,
    expires_at=NOW + 9,
    seen_at=NOW,
    presented_at=NOW,
    live=True,
    read_at=NOW,
)
CLAIMS = TokenClaims(
    session_id=ROW.id, account_id=ROW.account.id, opened_at=int(ROW.opened_at), expires_at=int(ROW.expires_at)
)


class OneSession:
    """A store with one session, and its lists. ``meanwhile`` happens during a query: after it was read, and before it
    is answered; or before a revocation is committed."""

    def __init__(self) -> None:
        self.row = ROW
        self.is_away = False
        self.meanwhile: Callable[[], Awaitable[object]] | None = None

    async def _wait(self) -> None:
        work, self.meanwhile = self.meanwhile, None
        if work is not None:
            await work()

    async def read_session(self, session_id: str) -> SessionRow | None:
        found = self.row if session_id == self.row.id else None
        await self._wait()
        return found

    async def revoke_session(self, session_id: str) -> None:
        await self._wait()
        self.row = replace(self.row, live=False, revoked_at=NOW)

    async def revocations(self) -> Revocations:
        if self.is_away:
            raise StoreError
        return Revocations(now=NOW, sessions=frozenset(), cutoffs={})  # such as one that is too early to have it


class World:
    """One process, its store, and its clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.store: Any = OneSession()
        self.tokens = SessionTokens(Keys((Secret(SECRET),)), "https://app.example")
        self.cache = SessionCache(monotonic=lambda: self.now)
        self.service = SessionService(store=self.store, tokens=self.tokens, runner=ThreadRunner(), cache=self.cache)
        self.token = self.tokens.mint(CLAIMS)

    def recognise(self, token: str | None = None) -> Session | None:
        return ThreadRunner().run(self.service.recognise(token or self.token))


@pytest.fixture
def world() -> World:
    return World()


def test_a_session_that_is_revoked_while_its_row_is_read(world: World) -> None:
    """The row that was read is of before. It answers this one request at most."""
    world.store.meanwhile = lambda: world.service.revoke(ROW.id)
    world.recognise()
    assert world.cache.recall_fresh(world.token) is None
    assert world.recognise() is None


def test_a_session_that_is_presented_while_it_is_revoked(world: World) -> None:
    """The revocation is not committed yet, so this request is answered. The next one is not."""
    assert world.recognise() is not None
    world.store.meanwhile = lambda: world.service.recognise(world.token)
    ThreadRunner().run(world.service.revoke(ROW.id))
    assert world.recognise() is None


def test_without_a_list_the_row_decides(world: World) -> None:
    """Another node has revoked the session, and the lists cannot be read."""
    assert world.recognise() is not None
    world.store.is_away, world.store.row = True, replace(ROW, live=False, revoked_at=NOW)
    assert world.recognise() is not None  # the control: the list is fresh
    world.now = USABLE_SECONDS + 0.01
    assert world.recognise() is None


@pytest.mark.parametrize(
    "claims",
    [
        replace(CLAIMS, account_id="account-2"),
        replace(CLAIMS, session_id="session-2"),
        replace(CLAIMS, expires_at=int(NOW)),
        replace(CLAIMS, expires_at=int(NOW) - 1),
    ],
    ids=["another account", "another session", "at its end", "after its end"],
)
def test_a_token_that_says_something_else_than_the_row(world: World, claims: TokenClaims) -> None:
    """Each is signed with the app's key."""
    token = world.tokens.mint(claims)
    assert world.service.read_token(token) == claims
    assert world.recognise(token) is None
    assert world.recognise() is not None


@pytest.mark.parametrize("change", [{"live": False}, {"live": False, "revoked_at": NOW}], ids=["over", "revoked"])
def test_a_row_that_is_over(world: World, change: dict[str, Any]) -> None:
    world.store.row = replace(ROW, **change)
    assert world.recognise() is None
    world.store.row = ROW
    assert world.recognise() is not None
