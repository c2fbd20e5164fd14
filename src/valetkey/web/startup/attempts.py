"""The attempts to check an app that has not passed: when the next is due, and when it is enough."""

from __future__ import annotations

import math
import time

from ...errors import SettingsError

_RETRY_SECONDS = 5.0
_MAX_ATTEMPTS = 3  # of an app that cannot answer: each may take as long as the check's deadline


class Attempts:
    """The attempts to check one app."""

    def __init__(self) -> None:
        self._made = 0
        self._counted_at = -math.inf  # the last of those
        self._last: tuple[float, str | None] | None = None  # when it was last checked, and what was wrong

    def was_just_made(self) -> bool:
        """Return whether the app could not answer the check a moment ago.

        Raises:
            SettingsError: it failed the check a moment ago, with this fault.
        """
        if self._last is None or time.monotonic() - self._last[0] > _RETRY_SECONDS:
            return False
        if self._last[1] is not None:
            raise SettingsError(self._last[1])
        return True

    def is_enough(self, passed: bool) -> bool:
        """Count an attempt that found no fault. Return whether it was the last one.

        An app that can never answer the check, because it serves one request at a time, is left alone in the end.
        Several threads may make one at once, which is one attempt.

        Args:
            passed: whether the app has answered.
        """
        now = time.monotonic()
        if now - self._counted_at >= _RETRY_SECONDS:
            self._counted_at = now
            self._made += 1
        return passed or self._made >= _MAX_ATTEMPTS

    def record(self, fault: str | None) -> None:
        """Remember the result of a check.

        Raises:
            SettingsError: it is a fault.
        """
        self._last = time.monotonic(), fault
        if fault is not None:
            raise SettingsError(fault)
