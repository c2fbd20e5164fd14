"""How far this server's clock differs from a provider's.

A provider refuses requests whose timestamp is some minutes off (RFC 5849 §3.3). A server with a wrong clock learns the
difference from the ``Date`` of the reply that refused it, and its requests carry the provider's time from then on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from ..crypto.randomness import random_hex
from ..protocols.http import HttpResponse, Stamp
from ..protocols.replies import seconds_of

SKEW_SECONDS = 60.0  # a smaller difference is ignored: a Date has whole seconds, and a reply takes time to arrive

log = logging.getLogger("valetkey")


class ServerClock:
    """The clock of one provider, as this process knows it. It is the ``NonceSource`` of the requests to that provider.

    Args:
        provider_name: for the log.
        clock: our own clock, in seconds since 1970.

    Attributes:
        offset: the correction, in seconds.
    """

    def __init__(self, provider_name: str, clock: Callable[[], float]) -> None:
        self._provider_name = provider_name
        self._clock = clock
        self.offset = 0.0

    def __call__(self) -> Stamp:
        """A timestamp by the provider's clock, and a nonce."""
        return Stamp(timestamp=int(self._clock() + self.offset), nonce=random_hex())

    def learn(self, theirs: float | None, used: float) -> bool:
        """Correct our clock by the provider's time.

        Args:
            theirs: seconds since 1970. None if the provider did not say.
            used: the correction of what failed, which is not the present one if another login has learnt it meanwhile.

        Returns:
            Whether the correction is another one now, so that it is worth trying again.
        """
        if theirs is None:
            return False
        offset = theirs - self._clock()
        if abs(offset - self.offset) >= SKEW_SECONDS:
            self.offset = offset
            log.warning(
                "this server's clock differs from that of %s by %d seconds", self._provider_name, round(-offset)
            )
        return abs(self.offset - used) >= SKEW_SECONDS


class ServerDate:
    """The provider's time, as its last reply said. RFC 9110 §6.6.1."""

    _header = ""
    _at = 0.0

    def __call__(self, response: HttpResponse) -> None:
        self._header, self._at = response.headers.get("date", ""), time.monotonic()

    def now(self) -> float | None:
        """The provider's time now: that of its last reply plus the time since then, in seconds since 1970. None if the
        reply had no valid ``Date``."""
        date = seconds_of(self._header)
        return None if date is None else date + time.monotonic() - self._at
