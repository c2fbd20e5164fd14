"""Being signed in: recognise a pass, end a session.

A session is one signed pass and one row. The pass says which row; the row decides. A process that has just seen both
remembers its verdict, so that the usual request asks the database nothing; what is revoked on one node is refused on
all within a second, because no verdict counts beside a list of revocations that is older than that.
"""

from __future__ import annotations

from contextlib import suppress

from ..errors import ReauthRequired, SessionChanged, StoreError
from ..http_client.runner import Runner
from ..models import Session
from ..storage.base import Device, SessionRow, Store
from .cache import FRESH_SECONDS, USABLE_SECONDS, SessionCache
from .tokens import Pass, SessionTokens

RECENT_SECONDS = 600.0  # what changes how an account is entered asks for a session that was opened lately
TOUCH_SECONDS = 3600.0  # the sliding end is written at most once an hour a session


class Sessions:
    """The verbs over passes, rows and what is remembered of them."""

    def __init__(
        self, *, store: Store, passes: SessionTokens, runner: Runner, verdicts: SessionCache | None = None
    ) -> None:
        self._store = store
        self._passes = passes
        self._verdicts = verdicts or SessionCache()
        self._lock = runner.lock()

    def pass_for(self, row: SessionRow) -> str:
        """The pass of a session, the same bytes each time."""
        return self._passes.mint(
            Pass(
                session_id=row.id,
                account_id=row.account.id,
                opened_at=int(row.opened_at),
                expires_at=int(row.expires_at),
            )
        )

    async def recognise(self, text: str | None) -> Session | None:
        """Who presents this pass; None if nobody is signed in by it.

        Raises:
            StoreError: it takes the database to say, and the database does not answer.
        """
        if not text:
            return None
        if self._verdicts.age() <= FRESH_SECONDS:
            session = self._verdicts.recall(text)
            if session is not None:
                return session
        return await self._recognise_by_row(text)

    async def _recognise_by_row(self, text: str) -> Session | None:
        stated = self._passes.read(text)
        if stated is None:
            return None
        if await self._list_is_usable():
            session = self._verdicts.recall(text)
            if session is not None:
                return session
        generation = self._verdicts.generation
        row = await self._store.read_session(stated.session_id)
        if row is None or not row.live or row.account.id != stated.account_id or row.read_at >= stated.expires_at:
            return None
        if row.presented_at is None or row.read_at - row.seen_at > TOUCH_SECONDS:
            await self._store.touch_session(row.id)
        session = as_session(row)
        self._verdicts.remember(text, session, row.read_at, generation)
        return session

    async def _list_is_usable(self) -> bool:
        """Read the list again if it has grown old, one query at a time in this process."""
        if self._verdicts.age() > FRESH_SECONDS:
            async with self._lock.held():
                if self._verdicts.age() > FRESH_SECONDS:
                    asked_at = self._verdicts.asking()
                    # Without a list the row will be read instead, and raise for itself if it cannot be.
                    with suppress(StoreError):
                        self._verdicts.learn(await self._store.revocations(), asked_at)
        return self._verdicts.age() <= USABLE_SECONDS

    def stated_by(self, text: str | None) -> Pass | None:
        """What a pass of ours states, even when it is over: enough to sign out."""
        return self._passes.read(text) if text else None

    async def find_revoked(self, session_id: str, since: float = 0.0) -> SessionRow | None:
        """A session that was signed out or replaced at that time or later, by the store's clock. None where it lives,
        has expired, or is not known any more.

        Raises:
            StoreError
        """
        row = await self._store.read_session(session_id)
        return row if row is not None and row.revoked_at is not None and row.revoked_at >= since else None

    async def is_over(self, session_id: str) -> bool:
        """Whether a session is known not to live. Where the store does not answer, it is not known."""
        try:
            row = await self._store.read_session(session_id)
        except StoreError:
            return False
        return row is None or not row.live

    async def end(self, session_id: str) -> None:
        """Revoke one session, here at once and everywhere within a second."""
        await self._store.revoke_session(session_id)
        self._verdicts.forget_session(session_id)

    def ended(self, session_id: str) -> None:
        """A session was revoked in another step's transaction: apply it here at once."""
        self._verdicts.forget_session(session_id)

    async def end_of(self, account_id: str, session_id: str) -> bool:
        """Revoke one session, if it is this account's. False if there is none that is live."""
        found = await self._store.revoke_session(session_id, account_id)
        if found:
            self._verdicts.forget_session(session_id)
        return found

    async def require_recent(self, session: Session) -> None:
        """Raises: ReauthRequired: it was opened ten minutes ago or earlier. SessionChanged: it is over. StoreError."""
        row = await self._store.read_session(session.id)
        if row is None or not row.live:
            raise SessionChanged
        if row.read_at - row.opened_at >= RECENT_SECONDS:
            raise ReauthRequired

    async def devices(self, account_id: str) -> tuple[Device, ...]:
        """The account's live sessions, the one used last first."""
        return await self._store.devices(account_id)

    def changed(self, account_id: str) -> None:
        """What is known of an account changed in another step's transaction: apply it here at once."""
        self._verdicts.forget_account(account_id)

    async def end_all(self, account_id: str, except_session: str | None = None) -> None:
        """Sign an account out everywhere, or everywhere else."""
        await self._store.revoke_account_sessions(account_id, except_session)
        self._verdicts.forget_account(account_id)

    async def disable(self, account_id: str) -> bool:
        """Refuse the account from now on, and end its sessions. False if there is none."""
        found = await self._store.disable_account(account_id)
        self._verdicts.forget_account(account_id)
        return found

    async def enable(self, account_id: str) -> bool:
        """Let a disabled account sign in again. Its ended sessions stay ended. False if there is none."""
        return await self._store.enable_account(account_id)

    async def delete(self, account_id: str) -> bool:
        """Delete the account with all its rows, and end its sessions. False if there is none."""
        found = await self._store.delete_account(account_id)
        self._verdicts.forget_account(account_id)
        return found


def as_session(row: SessionRow) -> Session:
    return Session(
        id=row.id, account=row.account, login_id=row.login_id, opened_at=row.opened_at, expires_at=row.expires_at
    )
