"""Finds the session of a session token, and ends sessions.

A session is a signed token in the browser and a row in the store. The token says which row, and the row decides. The
session cache answers for rows that this process has read lately, so that most requests need no query. A session that is
revoked on one node is refused on every node within a second.
"""

from __future__ import annotations

from contextlib import suppress

from ..errors import ReauthRequired, SessionChanged, StoreError
from ..http_client.runner import Runner
from ..models import Session
from ..storage.base import SessionRow, Store
from .cache import FRESH_SECONDS, USABLE_SECONDS, SessionCache
from .tokens import SessionTokens, TokenClaims

RECENT_SECONDS = 600.0  # to change how an account is signed in to, a session must be younger than this
TOUCH_SECONDS = 3600.0  # the last use of a session is recorded at most once an hour


class SessionService:
    """Finds and ends sessions, with their tokens, their rows and the cache.

    Args:
        store: has the rows.
        tokens: mints and reads session tokens.
        runner: brings the lock for the cache's query.
        cache: the cache of this process. Default: a new one.
    """

    def __init__(
        self, *, store: Store, tokens: SessionTokens, runner: Runner, cache: SessionCache | None = None
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._lock = runner.lock()
        self.cache = cache or SessionCache()

    def token_for(self, row: SessionRow) -> str:
        """The session's token. It is the same text each time."""
        return self._tokens.mint(
            TokenClaims(
                session_id=row.id,
                account_id=row.account.id,
                opened_at=int(row.opened_at),
                expires_at=int(row.expires_at),
            )
        )

    def read_token(self, token: str | None) -> TokenClaims | None:
        """What a session token of this app says, even if its session is over. None for any other text."""
        return self._tokens.read(token) if token else None

    async def recognise(self, token: str | None) -> Session | None:
        """The live session of a token, or None.

        Raises:
            StoreError: the cache does not know, and the database does not answer.
        """
        if not token:
            return None
        if self.cache.age() <= FRESH_SECONDS:
            session = self.cache.recall(token)
            if session is not None:
                return session
        return await self._recognise_by_row(token)

    async def _recognise_by_row(self, token: str) -> Session | None:
        claims = self._tokens.read(token)
        if claims is None:
            return None
        if await self._has_usable_list():
            session = self.cache.recall(token)
            if session is not None:
                return session
        generation = self.cache.generation
        row = await self._store.read_session(claims.session_id)
        if row is None or not row.live or row.account.id != claims.account_id or row.read_at >= claims.expires_at:
            return None
        if row.presented_at is None or row.read_at - row.seen_at > TOUCH_SECONDS:
            await self._store.touch_session(row.id)
        session = as_session(row)
        self.cache.remember(token, session, row.read_at, generation)
        return session

    async def _has_usable_list(self) -> bool:
        """Read the revocation list again where it is old: one query at a time in this process."""
        if self.cache.age() > FRESH_SECONDS:
            async with self._lock.held():
                if self.cache.age() > FRESH_SECONDS:
                    asked_at = self.cache.asking()
                    # Without a list the session's row is read instead, which raises for itself.
                    with suppress(StoreError):
                        self.cache.learn(await self._store.revocations(), asked_at)
        return self.cache.age() <= USABLE_SECONDS

    async def find_revoked(self, session_id: str, since: float = 0.0) -> SessionRow | None:
        """A session that was signed out or replaced. None where it is live, has expired, or is not known any more.

        Args:
            session_id: the session's id.
            since: the earliest time of the sign-out, in seconds since 1970 by the store's clock.

        Raises:
            StoreError: the database does not answer.
        """
        row = await self._store.read_session(session_id)
        return row if row is not None and row.revoked_at is not None and row.revoked_at >= since else None

    async def is_over(self, session_id: str) -> bool:
        """Whether a session is known to be over. False where the store does not answer."""
        try:
            row = await self._store.read_session(session_id)
        except StoreError:
            return False
        return row is None or not row.live

    async def require_recent(self, session: Session) -> None:
        """Require a session that was opened less than ten minutes ago.

        Raises:
            ReauthRequired: it was opened earlier.
            SessionChanged: it is over.
            StoreError: the database does not answer.
        """
        row = await self._store.read_session(session.id)
        if row is None or not row.live:
            raise SessionChanged
        if row.read_at - row.opened_at >= RECENT_SECONDS:
            raise ReauthRequired

    async def revoke(self, session_id: str) -> None:
        """End one session: here at once, on other nodes within a second.

        Raises:
            StoreError: the database does not answer, and the session may still be live.
        """
        await self._store.revoke_session(session_id)
        self.cache.forget_session(session_id)

    def forget_session(self, session_id: str) -> None:
        """Remove a session from the cache, after another transaction of this process has revoked it."""
        self.cache.forget_session(session_id)

    def forget_account(self, account_id: str) -> None:
        """Remove an account from the cache, after another transaction of this process has changed it."""
        self.cache.forget_account(account_id)


def as_session(row: SessionRow) -> Session:
    """The public ``Session`` of a stored row."""
    return Session(
        id=row.id, account=row.account, login_id=row.login_id, opened_at=row.opened_at, expires_at=row.expires_at
    )
