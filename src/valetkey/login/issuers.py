"""Keeps what an OpenID provider publishes: its metadata and its keys.

How this works:

- Both are read at the start of a login, where there is time, so that no callback waits for them. Nothing is read when
  the app starts: a provider that is down must not stop it.
- Metadata is read again after some hours, keys after an hour. If that fails, the last good copy stays, and the next try
  comes a minute later. Without any copy the login cannot begin.
- Requests for the same document at the same time share one.
- A token may name a key that is not there, because the issuer has rotated its keys since. Then they are read again, but
  at most once a minute for each issuer: anyone can make up key ids. The first time does not count as one of them, since
  keys may rotate right after they were read.

Why no library does this: PyJWT's client for key sets blocks, has its own way out to the network, and drops the keys
that it has when a refresh fails.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from ..errors import ProviderError, ProviderUnavailable
from ..http_client import Transport, perform
from ..http_client.runner import Lock, Runner
from ..protocols.base import Inputs
from ..protocols.discovery import ServerMetadata
from ..protocols.http import Flow
from ..protocols.jwks import KeySet
from ..providers.record.provider import Provider

METADATA_SECONDS = 6 * 3600.0
KEYS_SECONDS = 3600.0
RETRY_SECONDS = 60.0  # after a refresh that failed, and between two reads for keys that are not there
REFRESH_BUDGET_SECONDS = 1.5  # a login does not wait longer for a newer copy of what is there

Document = TypeVar("Document")

log = logging.getLogger("valetkey")


@dataclass(slots=True)
class _Cached(Generic[Document]):
    """One document of one issuer.

    Attributes:
        value: the last good copy.
        fresh_until: when it must be read again, by the monotonic clock.
        sought_at: when it was last read because something was missing in it.
    """

    lock: Lock
    value: Document | None = None
    fresh_until: float = 0.0
    sought_at: float | None = None


@dataclass(slots=True)
class _Issuer:
    metadata: _Cached[ServerMetadata]
    keys: _Cached[KeySet]


class IssuerCache:
    """The documents of every issuer, in one process.

    Args:
        monotonic: a clock in seconds that never goes back.
    """

    def __init__(
        self, *, transport: Transport, runner: Runner, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._transport = transport
        self._runner = runner
        self._monotonic = monotonic
        self._issuers: dict[str, _Issuer] = {}
        self._without_documents: dict[str, Provider] = {}

    async def documents(self, provider: Provider, deadline: float) -> tuple[ServerMetadata | None, KeySet | None]:
        """The metadata and the keys that a provider's protocol needs. None for each that it does not need.

        Args:
            provider: the provider.
            deadline: a time of ``time.monotonic()``, in seconds.

        Raises:
            ProviderError: one of them was never read, and cannot be read now.
        """
        if provider is self._without_documents.get(provider.name):
            return None, None
        protocol, metadata, keys = provider.protocol, None, None
        if protocol.discover() is not None:
            metadata = await self._fresh(self._of(provider).metadata, protocol.discover, METADATA_SECONDS, deadline)
        if protocol.fetch_keys(metadata) is not None:
            keys = await self._fresh(
                self._of(provider).keys, lambda: protocol.fetch_keys(metadata), KEYS_SECONDS, deadline
            )
        if metadata is None and keys is None:
            self._without_documents[provider.name] = provider
        return metadata, keys

    async def newer_keys(self, provider: Provider, inputs: Inputs, deadline: float) -> KeySet | None:
        """The keys after one of them was not found.

        Args:
            provider: the provider.
            inputs: with the keys that lack one, and the metadata.
            deadline: a time of ``time.monotonic()``, in seconds.

        Returns:
            Newer keys. The same ones if they were read for this reason less than a minute ago.

        Raises:
            ProviderError: they cannot be read.
        """
        cached = self._of(provider).keys
        async with cached.lock.held():
            if cached.value is not inputs.keys and cached.value is not None:
                return cached.value  # another login has read them meanwhile
            now = self._monotonic()
            if cached.sought_at is None or now - cached.sought_at >= RETRY_SECONDS:
                cached.sought_at = now
                log.info("%s: a token names a key that is not there; the keys are read again", provider.name)
                await self._read(cached, lambda: provider.protocol.fetch_keys(inputs.metadata), KEYS_SECONDS, deadline)
            return cached.value

    async def _fresh(
        self,
        cached: _Cached[Document],
        new_flow: Callable[[], Flow[Document] | None],
        seconds: float,
        deadline: float,
    ) -> Document | None:
        if cached.value is not None and self._monotonic() < cached.fresh_until:
            return cached.value
        async with cached.lock.held():
            if cached.value is not None and self._monotonic() < cached.fresh_until:
                return cached.value
            if cached.value is None:
                await self._read(cached, new_flow, seconds, deadline)
                return cached.value
            try:
                await self._read(cached, new_flow, seconds, min(deadline, time.monotonic() + REFRESH_BUDGET_SECONDS))
            except ProviderError as failure:
                cached.fresh_until = self._monotonic() + RETRY_SECONDS
                log.warning("the last good copy of an issuer's document stays in use: %s", failure.hint)
            return cached.value

    async def _read(
        self,
        cached: _Cached[Document],
        new_flow: Callable[[], Flow[Document] | None],
        seconds: float,
        deadline: float,
    ) -> None:
        flow = new_flow()
        if flow is None:  # pragma: no cover  # the caller has asked before
            return
        budget = deadline - time.monotonic()
        if budget <= 0:
            raise ProviderUnavailable
        cached.value = await perform(flow, self._transport, budget_seconds=budget)
        cached.fresh_until = self._monotonic() + seconds

    def _of(self, provider: Provider) -> _Issuer:
        if provider.name not in self._issuers:
            self._issuers[provider.name] = _Issuer(_Cached(self._runner.lock()), _Cached(self._runner.lock()))
        return self._issuers[provider.name]
