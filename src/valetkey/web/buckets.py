"""Token buckets that limit how often logins start, in a fixed amount of memory.

How this works:

- In OAuth 1.0a a start asks the provider for a request token, and an app has a limited number of those per minute. So
  each client network has a bucket of tokens, and each provider has one for all networks together. A start takes one
  token from both. Both are checked before either is changed, so that a refused start takes nothing.
- A bucket is one number, the time at which it is full again (the generic cell rate algorithm).
- The buckets of networks are two arrays of fixed size. A network has one slot in each, at places that a random key of
  this process chooses. Nothing is ever evicted, so an attacker with many networks can neither make the table grow nor
  push out another network's bucket. Two networks that share a slot still have the other slot each.

Why no library does this: the usual rate limiters keep one entry per client. Such a table grows during an attack, or it
evicts entries and forgets which clients it has limited. Those that store the entries in Redis need a server.
"""

from __future__ import annotations

import os
import threading
import time
from array import array
from collections.abc import Callable
from hashlib import blake2b

SLOTS = 32_768  # in each of the two arrays, 8 bytes a slot: half a megabyte in all
ALL_PER_NETWORK = 10.0  # all networks together may start ten times as many logins a minute as one network
ALL_AT_ONCE = 2.0  # and twice as many at once; more than 1, so that one network cannot use up the common bucket
_ROUNDING_SECONDS = 1e-6  # the rounding errors of sums of intervals are smaller


class Bucket:
    """The arithmetic of one bucket. Its state is the time at which it is full again, in seconds.

    Args:
        per_minute: how many tokens come back in a minute.
        at_once: how many tokens a full bucket has; at least one.
    """

    __slots__ = ("_interval", "_slack")

    def __init__(self, per_minute: float, at_once: float) -> None:
        self._interval = 60.0 / per_minute
        self._slack = (max(at_once, 1.0) - 1.0) * self._interval

    def wait(self, full_at: float, now: float) -> float:
        """Return the seconds until there is a token. Zero or less means that there is one now."""
        return full_at - now - self._slack - _ROUNDING_SECONDS

    def taken(self, full_at: float, now: float) -> float:
        """Return the time at which the bucket is full again after one token was taken now."""
        return max(full_at, now) + self._interval


class StartBuckets:
    """The buckets of one process. After a fork the child starts with full buckets.

    Args:
        per_minute: how many logins one network may start in a minute, and also at once.
        monotonic: a clock in seconds that never goes back.
    """

    def __init__(self, per_minute: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._network = Bucket(per_minute, per_minute)
        self._all = Bucket(per_minute * ALL_PER_NETWORK, per_minute * ALL_AT_ONCE)
        self._reset()

    def _reset(self) -> None:
        # A new lock as well: after a fork the thread that held the old one does not exist.
        self._lock = threading.Lock()
        self._key = os.urandom(16)
        self._rows = tuple(array("d", [float("-inf")]) * SLOTS for _ in range(2))
        self._full_at: dict[str, float] = {}
        self._pid = os.getpid()

    def take(self, provider: str, network: str | None) -> float:
        """Take a token for one start.

        Args:
            provider: the name of a configured provider, never text that a client sent.
            network: the client's network. None if only the common bucket applies.

        Returns:
            0 if the start may go on, else the seconds after which to try again.
        """
        if self._pid != os.getpid():
            self._reset()
        with self._lock:
            now = self._monotonic()
            slots = self._slots(network) if network is not None else ()
            wait = min((self._network.wait(row[slot], now) for row, slot in slots), default=0.0)
            all_full_at = self._full_at.get(provider, now)
            wait = max(wait, self._all.wait(all_full_at, now))
            if wait > 0:
                return wait
            for row, slot in slots:
                if self._network.wait(row[slot], now) <= 0:
                    row[slot] = self._network.taken(row[slot], now)
            self._full_at[provider] = self._all.taken(all_full_at, now)
            return 0.0

    def _slots(self, network: str) -> tuple[tuple[array[float], int], ...]:
        digest = blake2b(network.encode(), digest_size=8, key=self._key).digest()
        first, second = (int.from_bytes(half) % SLOTS for half in (digest[:4], digest[4:]))
        return (self._rows[0], first), (self._rows[1], second)
