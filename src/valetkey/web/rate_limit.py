"""Limits how often logins start: by client network, and for all clients together (``VALETKEY_START_LIMIT``).

The per-network limit needs the client's own address. Behind a proxy that the settings do not name, every client seems
to have the proxy's address; such an address is usually a private one, so a private address gets the limit for all
clients only. This machine itself is exempt where the app's own address is on it, too, while no proxy is named and none
passed the request on.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from ..errors import TooManyStarts
from ..settings import Settings
from ..settings.addresses import LOOPBACK_HOSTS
from .buckets import StartBuckets
from .client_addresses import ClientAddress, ClientAddresses
from .http import Incoming

log = logging.getLogger("valetkey")

_LOG_SECONDS = 60.0
_PASSED_ON = frozenset({"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"})


class Starts:
    """Asked before each start, when everything else about the request has been checked."""

    def __init__(
        self, settings: Settings, visitors: ClientAddresses, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        limit = settings.start_limit
        self._buckets = StartBuckets(limit, monotonic) if limit is not None else None
        self._names_proxies = bool(settings.proxies)
        self._is_public = urlsplit(settings.public_origin).hostname not in LOOPBACK_HOSTS
        self._visitors = visitors
        self._refusals = _Refusals(monotonic)

    def require(self, incoming: Incoming, provider: str) -> None:
        """Count one start.

        Raises:
            TooManyStarts: the client's network, or all clients together, started too many; ``retry_after_seconds``
                says when to try again. Nothing was sent to the provider.
        """
        if self._buckets is None:
            return
        client = self._visitors.client(incoming)
        if self._is_this_machine(incoming, client):
            return
        wait = self._buckets.take(provider, self._limited_network(client))
        if wait > 0:
            self._refusals.count()
            raise TooManyStarts(retry_after_seconds=math.ceil(wait))

    def _is_this_machine(self, incoming: Incoming, client: ClientAddress) -> bool:
        # An app that has a public address is reached from this machine by its proxy, which may add no header.
        if self._names_proxies or self._is_public or client.address is None or not client.address.is_loopback:
            return False
        return not any(name in _PASSED_ON for name, _ in incoming.headers)

    def _limited_network(self, client: ClientAddress) -> str | None:
        if client.address is None or client.is_proxy:
            return None
        if not self._names_proxies and not client.address.is_global:
            return None
        return client.network


class _Refusals:
    """Logs refused starts at most once a minute: a flood must not fill the log."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._counted = 0
        self._logged_at = float("-inf")

    def count(self) -> None:
        # Without waiting: a fork may leave the lock locked for ever, and a number in a log may be one too low.
        if not self._lock.acquire(blocking=False):
            return
        try:
            self._counted += 1
            now = self._monotonic()
            if now - self._logged_at < _LOG_SECONDS:
                return
            counted, self._counted, self._logged_at = self._counted, 0, now
        finally:
            self._lock.release()
        log.warning(
            "rate_limited: %d starts refused since the last such line; VALETKEY_START_LIMIT sets the limit. Behind a "
            "proxy, name it in VALETKEY_PROXIES, or the limit cannot tell its clients apart.",
            counted,
        )
