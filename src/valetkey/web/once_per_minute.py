"""Log lines that a flood of requests causes: one a minute of each kind."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Hashable

_SECONDS = 60.0


def more(left_out: int) -> str:
    """What a line ends with, if lines of its kind were left out before it."""
    return f" ({left_out} more since the last such line)" if left_out else ""


class OncePerMinute:
    """Lets one line a minute of each kind through, and counts those that it leaves out, so that no flood of requests
    fills the log.

    Args:
        monotonic: a clock in seconds that never goes back.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        # Each process makes its own. After a fork, one that a thread of the parent has taken is never given back.
        self._locks: dict[int, threading.RLock] = {}
        self._kinds: dict[Hashable, tuple[float, int]] = {}

    def count(self, kind: Hashable) -> int | None:
        """Count one line.

        Args:
            kind: what the line is about. It is never made of a request, so that there are few.

        Returns:
            How many lines of this kind were left out since the last one, if this one is to be written; else None.
        """
        with self._locks.setdefault(os.getpid(), threading.RLock()):
            now = self._monotonic()
            logged_at, left_out = self._kinds.get(kind, (float("-inf"), 0))
            if now - logged_at < _SECONDS:
                self._kinds[kind] = (logged_at, left_out + 1)
                return None
            self._kinds[kind] = (now, 0)
            return left_out
