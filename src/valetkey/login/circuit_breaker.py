"""Leaves a provider alone that asked for it, or that is down: for a while, and then one request finds out.

After a 429 nobody calls until the time it named; after several starts in a row that got no answer, for a few seconds.
Then one start is let through, and its end decides for all. A callback is never held back: its person has approved.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..errors import ProviderBusy, ProviderError, ProviderUnavailable

FAILURES = 5  # starts in a row, each with its tries
OPEN_SECONDS = 5.0
PROBE_SECONDS = 5.0  # as long as a start may take


class CircuitBreaker:
    """One provider's, in one process."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until: float | None = None
        self._kind: type[ProviderError] = ProviderUnavailable

    def enter(self) -> None:
        """Before a start.

        Raises:
            ProviderBusy, ProviderUnavailable: not now; ``retry_after_seconds`` says when.
        """
        with self._lock:
            if self._open_until is None:
                return
            left = self._open_until - self._monotonic()
            if left > 0:
                raise self._kind(retry_after_seconds=max(round(left), 1))
            # Let this one find out; the others wait for it, and for its whole time if it never tells.
            self._open_until = self._monotonic() + PROBE_SECONDS

    def answered(self) -> None:
        """It is there, whatever it said."""
        with self._lock:
            self._failures, self._open_until = 0, None

    def silent(self) -> None:
        """No answer, or a server's error."""
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES:
                self._kind, self._open_until = ProviderUnavailable, self._monotonic() + OPEN_SECONDS

    def asked_to_wait(self, seconds: float) -> None:
        """It said 429, at a start or at a callback."""
        with self._lock:
            self._kind, self._open_until = ProviderBusy, self._monotonic() + seconds
