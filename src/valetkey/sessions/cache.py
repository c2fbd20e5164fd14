"""Caches the sessions that a process has seen, so that most requests need no query.

How this works. Reading a session takes two queries: the session's row, and the list of recent revocations. This cache
answers both from memory. A revoked session is still accepted for a second at most.

* A session is cached under the exact text of its token. A cached session counts for 300 seconds at most.
* A cached session counts only beside a *revocation list* of the store that is at most one second old. The list names
  every session that was signed out, every account that was cut off, and every account that has changed, within the
  last 360 seconds. It is read once for the whole process, not once for each session.
* The list reaches back one minute further than a session is cached (360 and 300 seconds). So a revocation that happens
  after a session was cached is on the list, even if the store commits it up to a minute after its date.
* Two clocks take part. The age of the list counts on this machine's monotonic clock, from before the query is sent.
  The end of a session counts on the store's clock, which comes with the list. Where the two drift apart (the machine
  was suspended, the store has moved to another machine), the cache forgets everything.
* Code that revokes in this process calls ``forget_session`` or ``forget_account``, so that it takes effect at once.
  Forgetting also advances ``generation``. A read that began before is then not cached: it may hold what was revoked.
* A look-up takes no lock, because a single ``dict.get`` is atomic in Python. Changes take one. After a fork the child
  starts with nothing, and with a new lock: a thread of the parent may have held the old one, and no thread of the
  child could release it.

Why no library does this. ``functools.lru_cache`` and cachetools forget by age or size, and a session must also be
forgotten by its id, by its account, and when the list is old. A shared cache (Redis) would cost each request the round
trip that this one saves, and would be one more service to run.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..models import Session
from ..storage.base import Revocations

FRESH_SECONDS = 0.7
USABLE_SECONDS = 1.0
CACHED_SECONDS = 300.0
DRIFT_SECONDS = 5.0
GAP_SECONDS = 60.0
SETTLED_SECONDS = 5.0  # longer than a change may be committed after its date: one second, and a stall of two
MAX_SESSIONS = 10_000


@dataclass(frozen=True, slots=True)
class _CachedSession:
    session: Session
    read_at: float


class SessionCache:
    """The sessions that this process has seen, and the store's list of revocations.

    Args:
        monotonic: seconds on a clock that never goes back.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._forget_all()

    def _forget_all(self) -> None:
        self._pid = os.getpid()
        self._changing = threading.Lock()
        self._sessions: dict[str, _CachedSession] = {}
        self._tokens: dict[str, set[str]] = {}
        self._list: Revocations | None = None
        self._asked_at = float("-inf")
        self.generation = getattr(self, "generation", 0) + 1

    # The revocation list

    def age(self) -> float:
        """The seconds since the query for the list began. Infinite where this process has not asked."""
        if self._pid != os.getpid():
            self._forget_all()
        return self._monotonic() - self._asked_at

    def asking(self) -> float:
        """The time at which a query for the list begins, for ``learn``: seconds on the monotonic clock."""
        return self._monotonic()

    def learn(self, revocations: Revocations, asked_at: float) -> None:
        """Take a new list. Forget everything if the two clocks have drifted apart, or if the lists have a gap.

        Args:
            revocations: the list.
            asked_at: what ``asking`` returned before the query.
        """
        known = self._list
        if known is not None:
            by_store, by_us = revocations.now - known.now, asked_at - self._asked_at
            if abs(by_store - by_us) > DRIFT_SECONDS or by_us > GAP_SECONDS or by_store > GAP_SECONDS:
                self._forget_all()
        self._list, self._asked_at = revocations, asked_at

    # The sessions

    def recall(self, token: str) -> Session | None:
        """The cached session of a token, or None. The caller has checked ``age`` first."""
        cached, known = self._sessions.get(token), self._list
        if cached is None or known is None:
            return None
        session = cached.session
        cutoff = known.cutoffs.get(session.account.id)
        changed = known.changed.get(session.account.id)
        if (
            session.id in known.sessions
            or (cutoff is not None and session.opened_at <= cutoff.at and session.id != cutoff.except_session)
            # Read before the account changed, or while it changed: still signed in, but the account is out of date.
            or (changed is not None and cached.read_at <= changed + SETTLED_SECONDS)
            or not cached.read_at - DRIFT_SECONDS <= known.now <= cached.read_at + CACHED_SECONDS
            or known.now >= session.expires_at
        ):
            with self._changing:
                self._drop(token, session.id)
            return None
        return session

    def remember(self, token: str, session: Session, read_at: float, generation: int) -> None:
        """Cache a session, unless something was forgotten since the read began.

        Args:
            token: the session's token.
            session: the session.
            read_at: when its row was read, by the store's clock, in seconds since 1970.
            generation: ``self.generation`` from before the read.
        """
        with self._changing:
            if generation != self.generation:
                return
            while len(self._sessions) >= MAX_SESSIONS:
                oldest = next(iter(self._sessions))
                self._drop(oldest, self._sessions[oldest].session.id)
            self._sessions[token] = _CachedSession(session, read_at)
            self._tokens.setdefault(session.id, set()).add(token)

    def forget_session(self, session_id: str) -> None:
        """Forget a session that this process has revoked."""
        with self._changing:
            self.generation += 1
            for token in tuple(self._tokens.get(session_id, ())):
                self._drop(token, session_id)

    def forget_account(self, account_id: str) -> None:
        """Forget the sessions of an account that this process has changed or cut off."""
        with self._changing:
            self.generation += 1
            for token, cached in tuple(self._sessions.items()):
                if cached.session.account.id == account_id:
                    self._drop(token, cached.session.id)

    def _drop(self, token: str, session_id: str) -> None:
        self._sessions.pop(token, None)
        tokens = self._tokens.get(session_id)
        if tokens is not None:
            tokens.discard(token)
            if not tokens:
                self._tokens.pop(session_id, None)
