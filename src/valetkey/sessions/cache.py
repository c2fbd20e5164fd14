"""What one process remembers: passes it has seen, and the list of what was revoked lately.

A verdict is good for five minutes, by the pass's exact bytes, and only beside a list that is at most a second old;
the list reaches back six minutes, so nothing revoked after a verdict was formed can be missing from it, not even what
a store committed up to a minute after the date that it gave it. Age is counted on the monotonic clock from the start of
the query; lifetimes by the store's clock, which comes with the list. Where the two clocks disagree (a suspended
machine, a store that moved) everything is forgotten.
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
VERDICT_SECONDS = 300.0
DRIFT_SECONDS = 5.0
GAP_SECONDS = 60.0
SETTLED_SECONDS = 5.0  # a change may be committed a second and a stall of two after its date
MOST_VERDICTS = 10_000


@dataclass(frozen=True, slots=True)
class _Verdict:
    session: Session
    read_at: float


class SessionCache:
    """Owned by one process: after a fork the child starts with nothing."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._forget_all()

    def _forget_all(self) -> None:
        self._pid = os.getpid()
        # Held where entries come and go; a look-up goes without. Anew, for after a fork nobody may be left to
        # release the old one.
        self._changing = threading.Lock()
        self._verdicts: dict[str, _Verdict] = {}
        self._texts: dict[str, set[str]] = {}
        self._list: Revocations | None = None
        self._asked_at = float("-inf")
        # Moves whenever something is forgotten: a reading that began before does not count any more.
        self.generation = getattr(self, "generation", 0) + 1

    # The list

    def age(self) -> float:
        """Seconds since the list's query was begun; infinite where there is none, or another process asked."""
        if self._pid != os.getpid():
            self._forget_all()
        return self._monotonic() - self._asked_at

    def asking(self) -> float:
        """The moment a query begins, to be handed to ``learn``."""
        return self._monotonic()

    def learn(self, revocations: Revocations, asked_at: float) -> None:
        """Take a new list. Forgets everything where the clocks drifted apart or too long a time went by."""
        known = self._list
        if known is not None:
            by_store, by_us = revocations.now - known.now, asked_at - self._asked_at
            if abs(by_store - by_us) > DRIFT_SECONDS or by_us > GAP_SECONDS or by_store > GAP_SECONDS:
                self._forget_all()
        self._list, self._asked_at = revocations, asked_at

    # The verdicts

    def recall(self, text: str) -> Session | None:
        """The session of a pass seen before. Only beside a usable list; the caller has looked at ``age``."""
        verdict, known = self._verdicts.get(text), self._list
        if verdict is None or known is None:
            return None
        session = verdict.session
        cutoff = known.cutoffs.get(session.account.id)
        changed = known.changed.get(session.account.id)
        if (
            session.id in known.sessions
            or (cutoff is not None and session.opened_at <= cutoff.at and session.id != cutoff.except_session)
            # Read before the change, or while its transaction was under way: nobody is signed out, but it is old.
            or (changed is not None and verdict.read_at <= changed + SETTLED_SECONDS)
            or not verdict.read_at - DRIFT_SECONDS <= known.now <= verdict.read_at + VERDICT_SECONDS
            or known.now >= session.expires_at
        ):
            with self._changing:
                self._drop(text, session.id)
            return None
        return session

    def remember(self, text: str, session: Session, read_at: float, generation: int) -> None:
        """Keep a verdict formed from a row read at ``read_at`` (store's clock), unless something was forgotten since
        the reading began."""
        with self._changing:
            if generation != self.generation:
                return
            while len(self._verdicts) >= MOST_VERDICTS:
                oldest = next(iter(self._verdicts))
                self._drop(oldest, self._verdicts[oldest].session.id)
            self._verdicts[text] = _Verdict(session, read_at)
            self._texts.setdefault(session.id, set()).add(text)

    def forget_session(self, session_id: str) -> None:
        """This process has just revoked it."""
        with self._changing:
            self.generation += 1
            for text in tuple(self._texts.get(session_id, ())):
                self._drop(text, session_id)

    def forget_account(self, account_id: str) -> None:
        """This process has just cut the account off, or changed what is known of it."""
        with self._changing:
            self.generation += 1
            for text, verdict in tuple(self._verdicts.items()):
                if verdict.session.account.id == account_id:
                    self._drop(text, verdict.session.id)

    def _drop(self, text: str, session_id: str) -> None:
        self._verdicts.pop(text, None)
        texts = self._texts.get(session_id)
        if texts is not None:
            texts.discard(text)
            if not texts:
                self._texts.pop(session_id, None)
