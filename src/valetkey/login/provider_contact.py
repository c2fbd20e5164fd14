"""What a process knows of each provider: its clock, whether it answers, and what its issuer publishes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..http_client import Transport
from ..http_client.runner import Runner
from ..protocols.base import Inputs
from ..providers.record.provider import Provider
from .circuit_breaker import CircuitBreaker
from .issuers import IssuerCache
from .server_clock import ServerClock


class ProviderContact:
    """The way to the providers, in one process.

    Args:
        clock: seconds since 1970.

    Attributes:
        transport, runner: as they were passed.
    """

    def __init__(self, *, transport: Transport, runner: Runner, clock: Callable[[], float]) -> None:
        self.transport = transport
        self.runner = runner
        self._clock = clock
        self._issuers = IssuerCache(transport=transport, runner=runner)
        self._clocks: dict[str, ServerClock] = {}
        self._breakers: dict[str, CircuitBreaker] = {}

    async def inputs(self, provider: Provider, deadline: float) -> Inputs:
        """What the protocol's steps need from outside.

        Args:
            provider: the provider.
            deadline: a time of ``time.monotonic()``, in seconds.

        Raises:
            ProviderError: the issuer's metadata or keys were never read, and cannot be read now.
        """
        metadata, keys = await self._issuers.documents(provider, deadline)
        return Inputs(nonces=self._clock_of(provider), metadata=metadata, keys=keys)

    async def with_newer_keys(self, provider: Provider, inputs: Inputs, deadline: float) -> Inputs:
        """The inputs with newer keys of the issuer, after one was not found. Arguments and errors as for ``inputs``."""
        return replace(inputs, keys=await self._issuers.newer_keys(provider, inputs, deadline))

    def clock_offset(self, provider: Provider) -> float:
        """How our clock is corrected for this provider, in seconds."""
        return self._clock_of(provider).offset

    def learn_clock(self, provider: Provider, theirs: float | None, used: float) -> bool:
        """Correct our clock by the provider's time, as ``ServerClock.learn``."""
        return self._clock_of(provider).learn(theirs, used)

    def breaker(self, provider: Provider) -> CircuitBreaker:
        """The circuit breaker of a provider."""
        return self._breakers.setdefault(provider.name, CircuitBreaker())

    def _clock_of(self, provider: Provider) -> ServerClock:
        found = self._clocks.get(provider.name)
        return found or self._clocks.setdefault(provider.name, ServerClock(provider.name, self._clock))
