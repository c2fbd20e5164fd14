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
* Most lists say the same as the one before. A cached session that counts beside a list counts beside the next ones,
  until one says something else, or its time is over.
* A browser sends the same Cookie header many times, so the cache also knows sessions by that whole header.
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
from dataclasses import dataclass, replace

from ..models import Session
from ..storage.base import Revocations

FRESH_SECONDS = 0.7
USABLE_SECONDS = 1.0
CACHED_SECONDS = 300.0
DRIFT_SECONDS = 5.0
GAP_SECONDS = 60.0
SETTLED_SECONDS = 5.0  # longer than a change may be committed after its date: one second, and a stall of two
MAX_SESSIONS = 10_000
MAX_HEADER_LENGTH = 1024  # of a Cookie header that is kept: ten megabytes for all of them


@dataclass(frozen=True, slots=True)
class _Known:
    """A revocation list.

    Attributes:
        asked_at: when the query for it began, in seconds of the monotonic clock.
        content: the same object in all lists of an unbroken row that say the same.
    """

    list: Revocations
    asked_at: float
    content: object


@dataclass(slots=True)
class _CachedSession:
    """A session.

    Attributes:
        read_at: when its row was read, by the store's clock, in seconds since 1970.
        counts_until: when its time here is over, by the same clock.
        counts_beside: the content of a list beside which it counts.
        forgotten: it is not in the cache any more, though a thread may still have it at hand.
    """

    session: Session
    read_at: float
    counts_until: float
    counts_beside: object = None
    forgotten: bool = False


def _counts(cached: _CachedSession, known: Revocations) -> bool:
    """Whether a cached session counts beside a list."""
    session, now = cached.session, known.now
    if session.id in known.sessions or now >= session.expires_at:
        return False
    if not cached.read_at - DRIFT_SECONDS <= now <= cached.read_at + CACHED_SECONDS:
        return False
    cutoff, changed = known.cutoffs.get(session.account.id), known.changed.get(session.account.id)
    if cutoff is not None and session.opened_at <= cutoff.at and session.id != cutoff.except_session:
        return False
    # Read before the account changed, or while it changed: still signed in, but the account is out of date.
    return changed is None or cached.read_at > changed + SETTLED_SECONDS


def _content(known: Revocations, before: _Known | None) -> object:
    """The mark of what a list says: that of the list before, if it says the same at a later time."""
    if before is not None and known.now >= before.list.now and replace(before.list, now=known.now) == known:
        return before.content
    return object()


class SessionCache:
    """The sessions that this process has seen, and the store's list of revocations.

    Args:
        monotonic: seconds on a clock that never goes back.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._forget_all()

    def _forget_all(self) -> None:
        at_hand = tuple(getattr(self, "_sessions", {}).values())
        self._pid = os.getpid()
        self._changing = threading.Lock()
        self._sessions: dict[str, _CachedSession] = {}
        self._tokens: dict[str, set[str]] = {}
        self._by_cookies: dict[bytes | str, _CachedSession] = {}
        self._known: _Known | None = None
        self.generation = getattr(self, "generation", 0) + 1
        for cached in at_hand:  # of a thread that is noting a header just then
            cached.forgotten = True

    def _begin_in_child(self) -> None:
        if self._pid != os.getpid():
            self._forget_all()

    # The revocation list

    def age(self) -> float:
        """The seconds since the query for the list began. Infinite where this process has not asked."""
        self._begin_in_child()
        now, known = self._monotonic(), self._known
        return float("inf") if known is None else now - known.asked_at

    def asking(self) -> float:
        """The time at which a query for the list begins, for ``learn``: seconds on the monotonic clock."""
        return self._monotonic()

    def learn(self, revocations: Revocations, asked_at: float) -> None:
        """Take a new list. Forget everything if the two clocks have drifted apart, or if the lists have a gap.

        Args:
            revocations: the list.
            asked_at: what ``asking`` returned before the query.
        """
        known = self._known
        if known is not None:
            by_store, by_us = revocations.now - known.list.now, asked_at - known.asked_at
            if abs(by_store - by_us) > DRIFT_SECONDS or by_us > GAP_SECONDS or by_store > GAP_SECONDS:
                self._forget_all()
        self._known = _Known(revocations, asked_at, _content(revocations, self._known))

    # The sessions

    def recall_fresh(self, token: str) -> Session | None:
        """The cached session of a token, if the list is fresh. None also where only a query can tell.

        It neither waits nor takes a lock, nor asks for the process's id, which is a system call. A child that was just
        forked may recall what its parent cached. That is as good as in the parent: both have the same monotonic clock,
        and the list grows old in both.
        """
        known = self._fresh_list()
        return self._session_in(self._sessions.get(token), known) if known is not None else None

    def recall_cookies(self, header: bytes | str) -> Session | None:
        """As ``recall_fresh``, for a whole Cookie header that ``remember_cookies`` was given before.

        Args:
            header: the header's value, as the server passes it.
        """
        # Most requests of an app end here, so this is written out: it is ``recall_fresh`` of the other dictionary.
        now, known = self._monotonic(), self._known
        if known is None or now - known.asked_at > FRESH_SECONDS:
            return None
        cached = self._by_cookies.get(header)
        if cached is None or cached.forgotten:
            return None
        if cached.counts_beside is known.content and known.list.now < cached.counts_until:
            return cached.session
        return self._session_in(cached, known)

    def _fresh_list(self) -> _Known | None:
        # First the time, and then the list: another thread may bring a newer one in between, which counts.
        now, known = self._monotonic(), self._known
        return known if known is not None and now - known.asked_at <= FRESH_SECONDS else None

    @staticmethod
    def _session_in(cached: _CachedSession | None, known: _Known) -> Session | None:
        if cached is None or cached.forgotten:
            return None
        if cached.counts_beside is not known.content or known.list.now >= cached.counts_until:
            if not _counts(cached, known.list):
                return None
            cached.counts_beside = known.content
        return cached.session

    def remember_cookies(self, header: bytes | str, token: str) -> None:
        """Note that a Cookie header presents this token, and no other one."""
        cached = self._sessions.get(token)
        if cached is None or len(header) > MAX_HEADER_LENGTH:
            return
        if len(self._by_cookies) >= MAX_SESSIONS:
            self._by_cookies.clear()
        self._by_cookies[header] = cached

    def recall(self, token: str) -> Session | None:
        """The cached session of a token, or None. The caller has checked ``age`` first."""
        cached, known = self._sessions.get(token), self._known
        if cached is None or known is None:
            return None
        if _counts(cached, known.list):
            return cached.session
        with self._changing:
            self._drop(token, cached.session.id)
        return None

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
            before = self._sessions.get(token)
            if before is not None:  # two requests have read the row, and a header may lead to what the first has read
                before.forgotten = True
            counts_until = min(session.expires_at, read_at + CACHED_SECONDS)
            self._sessions[token] = _CachedSession(session, read_at, counts_until)
            self._tokens.setdefault(session.id, set()).add(token)

    def forget_session(self, session_id: str) -> None:
        """Forget a session that this process has revoked."""
        self._begin_in_child()
        with self._changing:
            self.generation += 1
            for token in tuple(self._tokens.get(session_id, ())):
                self._drop(token, session_id)

    def forget_account(self, account_id: str) -> None:
        """Forget the sessions of an account that this process has changed or cut off."""
        self._begin_in_child()
        with self._changing:
            self.generation += 1
            for token, cached in tuple(self._sessions.items()):
                if cached.session.account.id == account_id:
                    self._drop(token, cached.session.id)

    def _drop(self, token: str, session_id: str) -> None:
        cached = self._sessions.pop(token, None)
        if cached is not None:
            cached.forgotten = True
        tokens = self._tokens.get(session_id)
        if tokens is not None:
            tokens.discard(token)
            if not tokens:
                self._tokens.pop(session_id, None)
