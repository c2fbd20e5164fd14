"""How far this server's clock differs from that of each provider.

A provider refuses requests whose timestamp is some minutes off (RFC 5849 §3.3). A server with a wrong clock learns the
difference from the ``Date`` of the reply that refused it, and its requests carry the provider's time from then on.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from ..protocols.http import HttpResponse, Stamp
from ..protocols.oauth1 import NonceSource

SKEW_SECONDS = 60.0  # closer than this the provider's Date says nothing: it has whole seconds, and replies travel

log = logging.getLogger("valetkey")


class ServerDate:
    """The provider's time, as its last reply said. RFC 9110 §6.6.1."""

    _header = ""
    _at = 0.0

    def __call__(self, response: HttpResponse) -> None:
        self._header, self._at = response.headers.get("date", ""), time.monotonic()

    def now(self) -> float | None:
        """Seconds since 1970, counted on since the reply. None if the reply did not say."""
        try:
            return parsedate_to_datetime(self._header).timestamp() + time.monotonic() - self._at
        except (ValueError, TypeError):
            return None


class ServerClock:
    """The providers' clocks, as this process knows them.

    Args:
        clock: our own, seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._offsets: dict[str, float] = {}

    def nonces_for(self, provider_name: str) -> NonceSource:
        """Where a request to this provider gets its timestamp, by the provider's clock, and a nonce."""
        offset = self._offsets.get(provider_name, 0.0)
        return lambda: Stamp(timestamp=int(self._clock() + offset), nonce=secrets.token_hex(16))

    def learn(self, provider_name: str, server_date: ServerDate) -> bool:
        """Note the provider's time.

        Returns:
            Whether our clock is off by more than was corrected already, so that it is worth trying again.
        """
        theirs = server_date.now()
        if theirs is None:
            return False
        offset = theirs - self._clock()
        if abs(offset - self._offsets.get(provider_name, 0.0)) < SKEW_SECONDS:
            return False
        self._offsets[provider_name] = offset
        log.warning("this server's clock differs from that of %s by %d seconds", provider_name, round(-offset))
        return True
