"""Limits how often logins start: per client network, and for all clients together (``VALETKEY_START_LIMIT``).

How this works:

- The limit per network needs the client's own address. Behind a proxy that ``VALETKEY_PROXIES`` does not name, every
  client seems to have the proxy's address. That is usually a private one, so clients with a private address are under
  the common limit only.
- Clients on this machine are exempt while the app itself has a loopback address, no proxy is named, and no header says
  that a proxy passed the request on. This is what a developer's machine looks like.
- ``buckets`` has the arithmetic.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from ..errors import TooManyStarts
from ..settings import Settings
from ..settings.addresses import LOOPBACK_HOSTS
from .buckets import StartBuckets
from .client_addresses import ClientAddress, ClientAddresses
from .http import Incoming
from .once_per_minute import OncePerMinute

log = logging.getLogger("valetkey")

_PROXY_HEADERS = frozenset(
    {"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"}
)


class StartLimit:
    """The limit of one process. It is asked before each start, after all other checks of the request.

    Args:
        settings: with the limit, the proxies and the public address.
        addresses: finds a request's client address.
        monotonic: a clock in seconds that never goes back.
    """

    def __init__(
        self, settings: Settings, addresses: ClientAddresses, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        limit = settings.start_limit
        self._buckets = StartBuckets(limit, monotonic) if limit is not None else None
        self._names_proxies = bool(settings.proxies)
        self._is_public = urlsplit(settings.public_origin).hostname not in LOOPBACK_HOSTS
        self._addresses = addresses
        self._refused = OncePerMinute(monotonic)

    def take(self, incoming: Incoming, provider: str) -> None:
        """Count one start.

        Args:
            incoming: the request that starts a login.
            provider: the name of a configured provider.

        Raises:
            TooManyStarts: the client's network, or all clients together, started too many logins.
                ``retry_after_seconds`` says when to try again.
        """
        if self._buckets is None:
            return
        client = self._addresses.find(incoming)
        if self._is_this_machine(incoming, client):
            return
        wait = self._buckets.take(provider, self._limited_network(client))
        if wait > 0:
            self._log_refusal()
            raise TooManyStarts(retry_after_seconds=math.ceil(wait))

    def _log_refusal(self) -> None:
        left_out = self._refused.count("start")
        if left_out is not None:
            log.warning(
                "rate_limited: %d starts refused since the last such line; VALETKEY_START_LIMIT sets the limit. Behind "
                "a proxy, name it in VALETKEY_PROXIES, or the limit cannot tell its clients apart.",
                left_out + 1,
            )

    def _is_this_machine(self, incoming: Incoming, client: ClientAddress) -> bool:
        # A proxy on this machine, which may add no header, calls an app that has a public address.
        if self._names_proxies or self._is_public or client.address is None or not client.address.is_loopback:
            return False
        return not incoming.has_any(_PROXY_HEADERS)

    def _limited_network(self, client: ClientAddress) -> str | None:
        if client.address is None or client.is_proxy:
            return None
        if not self._names_proxies and not client.address.is_global:
            return None
        return client.network
