"""Stops starts to a provider that is down, or that asked us to wait.

After a 429 no start is sent until the time that the provider named. After five starts in a row without an answer, none
is sent for five seconds. Then one start is let through, and its result decides for all others. A callback is never
stopped, because its user has approved.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from ..errors import ProviderBusy, ProviderError, ProviderUnavailable

FAILURES = 5  # starts in a row, each with its tries
OPEN_SECONDS = 5.0
HALF_OPEN_SECONDS = 5.0  # as long as a start may take


class CircuitBreaker:
    """The circuit breaker of one provider, in one process.

    Args:
        monotonic: a clock in seconds that never goes back.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until: float | None = None
        self._busy_until = -math.inf  # the time that the provider named, which nothing makes shorter
        self._kind: type[ProviderError] = ProviderUnavailable

    def require_closed(self) -> None:
        """Check before a start that one may be sent.

        Raises:
            ProviderBusy, ProviderUnavailable: no start may be sent now. ``retry_after_seconds`` says when.
        """
        with self._lock:
            if self._open_until is None:
                return
            left = self._open_until - self._monotonic()
            if left > 0:
                raise self._kind(retry_after_seconds=max(round(left), 1))
            # This start tries the provider. The others wait for its result, or for its whole time if there is none.
            self._open_until = self._monotonic() + HALF_OPEN_SECONDS

    def record_success(self) -> None:
        """Note that the provider has answered, with success or with a refusal."""
        with self._lock:
            self._failures = 0
            # A start that was under way when the provider asked us to wait may end well after that.
            if self._monotonic() >= self._busy_until:
                self._open_until = None

    def record_failure(self) -> None:
        """Note that the provider has not answered, or has answered with a server error."""
        with self._lock:
            self._failures += 1
            now = self._monotonic()
            if self._failures >= FAILURES and now >= self._busy_until:
                self._kind, self._open_until = ProviderUnavailable, now + OPEN_SECONDS

    def record_retry_after(self, seconds: float) -> None:
        """Note that the provider has answered 429, to a start or to an exchange.

        Args:
            seconds: how long to send no start.
        """
        with self._lock:
            self._busy_until = max(self._busy_until, self._monotonic() + seconds)
            self._kind, self._open_until = ProviderBusy, self._busy_until
