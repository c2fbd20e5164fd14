"""Token buckets that limit how often logins start, in a fixed amount of memory.

A start asks the provider for a request token, and an app has a limited number of those (``429``). Each client network
has a bucket, and each provider has one for all networks together. Both are asked before either is changed, so a start
that is refused takes nothing from anybody.

Network buckets live in two arrays of fixed size; a network has one slot in each, at places that a random key of this
process chooses. Nothing is ever evicted, so an attacker with many networks can neither make the table grow nor push
out somebody's bucket. Two networks that share a slot still have the other one for themselves.
"""

from __future__ import annotations

import os
import threading
import time
from array import array
from collections.abc import Callable
from hashlib import blake2b

SLOTS = 32_768  # in each of the two arrays, 8 bytes a slot: half a megabyte in all
_ROUNDING_SECONDS = 1e-6  # rounding errors in sums of intervals are smaller
ALL_PER_NETWORK = 10.0  # all networks together may start this many times what one network may start in a minute
ALL_AT_ONCE = 2.0  # and at once; more than 1, so that one network cannot take it all


class Bucket:
    """The arithmetic of one bucket (the generic cell rate algorithm): its state is the time at which it is full again.

    Args:
        per_minute: how many tokens come back in a minute.
        at_once: how many tokens a full bucket has; at least one.
    """

    __slots__ = ("_interval", "_slack")

    def __init__(self, per_minute: float, at_once: float) -> None:
        self._interval = 60.0 / per_minute
        self._slack = (max(at_once, 1.0) - 1.0) * self._interval

    def wait(self, full_at: float, now: float) -> float:
        """Seconds until there is a token; 0 or less if there is one now."""
        return full_at - now - self._slack - _ROUNDING_SECONDS

    def taken(self, full_at: float, now: float) -> float:
        """When the bucket is full again after one token was taken now."""
        return max(full_at, now) + self._interval


class StartBuckets:
    """The buckets of one process. After a fork the child starts with full ones.

    Args:
        per_minute: how many starts a minute, and how many at once, one network has.
        monotonic: a clock in seconds that is never set back.
    """

    def __init__(self, per_minute: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._network = Bucket(per_minute, per_minute)
        self._all = Bucket(per_minute * ALL_PER_NETWORK, per_minute * ALL_AT_ONCE)
        self._begin_anew()

    def _begin_anew(self) -> None:
        # A new lock as well: after a fork the thread that held the old one may not exist.
        self._lock = threading.Lock()
        self._key = os.urandom(16)
        self._rows = tuple(array("d", [float("-inf")]) * SLOTS for _ in range(2))
        self._full_at: dict[str, float] = {}
        self._pid = os.getpid()

    def take(self, provider: str, network: str | None) -> float:
        """Take a token for one start.

        Args:
            provider: a configured provider's name, never text that a client chose.
            network: the client's network; None if only the bucket for all networks applies.

        Returns:
            0 if the start may go on, else the seconds after which it is worth trying again.
        """
        if self._pid != os.getpid():
            self._begin_anew()
        with self._lock:
            now = self._monotonic()
            places = self._places(network) if network is not None else ()
            wait = min((self._network.wait(row[place], now) for row, place in places), default=0.0)
            for_all = self._full_at.get(provider, now)
            wait = max(wait, self._all.wait(for_all, now))
            if wait > 0:
                return wait
            for row, place in places:
                if self._network.wait(row[place], now) <= 0:
                    row[place] = self._network.taken(row[place], now)
            self._full_at[provider] = self._all.taken(for_all, now)
            return 0.0

    def _places(self, network: str) -> tuple[tuple[array[float], int], ...]:
        digest = blake2b(network.encode(), digest_size=8, key=self._key).digest()
        first, second = (int.from_bytes(half) % SLOTS for half in (digest[:4], digest[4:]))
        return (self._rows[0], first), (self._rows[1], second)
