"""Sends a login's requests to its provider, within a time budget.

How this works:

- Before a *start* an OpenID provider's metadata and keys are read, if they are not there yet (``issuers``). OAuth 2.0
  sends nothing more. A request for a *request token* (OAuth 1.0a) can be repeated without harm: it is sent up to four
  times within the budget, each time with a fresh timestamp and nonce.
- The *exchange* is different: its reply can be lost after the provider has done its part. A verifier or a code is sent
  at most twice, by all nodes together. The second time is recorded in the claim before it is sent. As long as it is
  certain that nothing was sent, trying again does not count.
- If both exchanges were sent and there is no usable reply, it is unknown whether the code was used (``LostReply``).
  A refusal of the second one proves nothing: the first may have been a success whose reply was lost.
- A provider of OAuth 1.0a refuses a request whose timestamp is off, and an ID token has times, too. The provider's
  replies have a ``Date``, from which the difference to our clock is learnt once (``server_clock``).
- A provider that is down, or that asked us to wait, gets no starts for a while (``circuit_breaker``). An exchange is
  always sent, because its user has approved.

Why no library does this: what may be repeated depends on what was sent and on what the claim records.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from ..errors import (
    BUSY_SECONDS,
    ClockOff,
    Intercepted,
    ProviderBusy,
    ProviderError,
    ProviderRefused,
    ProviderRefusedKeys,
    ProviderReplyInvalid,
    ProviderUnavailable,
)
from ..http_client import Result, Transport, TransportError, perform
from ..http_client.runner import Runner
from ..models import Profile
from ..protocols.base import AuthorizationRequest, CallbackParameters, Grant, Inputs, PendingRequest
from ..protocols.http import Flow
from ..protocols.jwks import UnknownKey
from ..providers.base import Provider
from .circuit_breaker import CircuitBreaker
from .identification import identified
from .issuers import IssuerCache
from .profile_requests import ProfileRequests
from .server_clock import ServerClock, ServerDate

BEGIN_SECONDS = 4.5
BEGIN_TRIES = 4  # if one call in ten fails, three tries would still fail one start in a thousand
EXCHANGE_SECONDS = 4.0
REPEAT_SECONDS = 2.5
RESTART_SECONDS = 2.5
KEYS_SECONDS = 2.0  # for an issuer's metadata and keys, where a callback has to wait for them
FINISH_SECONDS = 9.0  # of the ten that a callback may take; the rest is for the store and the answer

log = logging.getLogger("valetkey")


class LostReply(Exception):
    """No exchange may be sent any more, and there is no usable reply. The code cannot be used again.

    Args:
        cause: the provider's failure, which the login reports. None if the reason is a node that died.
    """

    def __init__(self, cause: ProviderError | None) -> None:
        self.cause = cause
        super().__init__(cause.code if cause is not None else "a node died")


def _cause(first: ProviderError | None, second: ProviderError, *, is_repeat: bool) -> ProviderError | None:
    """Why there is no token after two exchanges. None: the node that sent the first one died.

    If the reply to the first was lost, the provider refuses the second as "already used". Then the first failure is the
    cause.
    """
    refused = not isinstance(second, ProviderUnavailable)
    if refused and (is_repeat or isinstance(first, ProviderUnavailable)):
        return first
    return second


class ProviderClient:
    """Sends requests to providers, and remembers for each its clock and whether it answers.

    Args:
        clock: seconds since 1970.
    """

    def __init__(self, *, transport: Transport, runner: Runner, clock: Callable[[], float] = time.time) -> None:
        self._transport = transport
        self._runner = runner
        self._clock = clock
        self._issuers = IssuerCache(transport=transport, runner=runner)
        self._clocks: dict[str, ServerClock] = {}
        self._breakers: dict[str, CircuitBreaker] = {}

    async def begin(
        self, provider: Provider, callback_url: str, budget_seconds: float = BEGIN_SECONDS
    ) -> AuthorizationRequest:
        """Make an authorization request.

        Args:
            provider: the provider.
            callback_url: where the provider sends the browser back to.
            budget_seconds: for all tries together.

        Returns:
            Where to send the user, and what the login keeps until the user comes back.

        Raises:
            ProviderError: the provider refused or is not available, or its reply is not usable.
        """
        breaker = self._breaker(provider)
        breaker.require_closed()
        try:
            request = await self._begin(provider, callback_url, budget_seconds)
        except ProviderBusy as busy:
            breaker.record_retry_after(busy.retry_after_seconds or BUSY_SECONDS)
            raise
        except ProviderUnavailable:
            breaker.record_failure()
            raise
        except ProviderError:
            breaker.record_success()
            raise
        breaker.record_success()
        return request

    async def _begin(self, provider: Provider, callback_url: str, budget_seconds: float) -> AuthorizationRequest:
        deadline = time.monotonic() + budget_seconds
        clock_learnt = False
        for left in reversed(range(BEGIN_TRIES)):
            server_date = ServerDate()
            # A try that hangs must leave time for another one. The last try may use the whole rest, because a provider
            # may only be slow.
            budget = (deadline - time.monotonic()) * (0.7 if left else 1)
            try:
                until = time.monotonic() + budget
                inputs = await self._inputs(provider, until)
                flow = provider.protocol.authorize(callback_url, inputs)
                return await self._perform(flow, until - time.monotonic(), server_date)
            except ProviderUnavailable as failure:
                permanent = isinstance(failure, TransportError) and failure.permanent
                if permanent or not left or deadline - time.monotonic() < 0.3:
                    raise
                log.warning("%s: the start is tried again: %s", provider.name, failure.hint)
                await self._runner.sleep(0.05 + 0.1 * random.random())
            except (ClockOff, ProviderRefusedKeys):
                if clock_learnt or not left or not self._clock_of(provider).learn(server_date.now()):
                    raise
                clock_learnt = True
        raise ProviderUnavailable  # pragma: no cover  # the last try returns or raises

    async def exchange(
        self,
        provider: Provider,
        pending: PendingRequest,
        parameters: CallbackParameters,
        *,
        is_repeat: bool,
        may_repeat: Callable[[], Awaitable[bool]],
    ) -> Profile:
        """Exchange the verifier or the code for an identity.

        Args:
            provider: the provider.
            pending: the authorization request of this login.
            parameters: what the callback brought.
            is_repeat: this is the second exchange; a node that died may have sent the first.
            may_repeat: records the second exchange. Returns False if it must not be sent.

        Returns:
            Who the provider says the user is.

        Raises:
            LostReply: it is unknown whether the code was used.
            ProviderError, SuspendedAtProvider: a definite refusal, a reply that is not usable, or no usable identity.
            RefusedError, BadRequest: the callback does not fit the request. Nothing was sent.
        """
        server_date = ServerDate()
        # Both exchanges always have their time. What follows them gets what is left.
        deadline = time.monotonic() + FINISH_SECONDS
        inputs = await self._inputs(provider, time.monotonic() + KEYS_SECONDS)

        def new_flow() -> Flow[Grant]:
            return provider.protocol.exchange(pending, parameters, inputs)

        try:
            grant = await self._grant(provider, new_flow, server_date, is_repeat=is_repeat, may_repeat=may_repeat)
        except ProviderBusy as busy:
            self._breaker(provider).record_retry_after(busy.retry_after_seconds or BUSY_SECONDS)
            raise
        claims = await self._claims(provider, grant, pending, inputs, server_date, deadline)
        requests = ProfileRequests(
            provider=provider,
            grant=grant,
            inputs=inputs,
            transport=self._transport,
            runner=self._runner,
            deadline=deadline,
        )
        return await identified(provider, claims, provider.protocol.userinfo_url(claims, inputs), requests)

    async def _grant(
        self,
        provider: Provider,
        new_flow: Callable[[], Flow[Grant]],
        server_date: ServerDate,
        *,
        is_repeat: bool,
        may_repeat: Callable[[], Awaitable[bool]],
    ) -> Grant:
        """The exchange alone: sent once, and once more if its reply was lost or our clock was off."""
        budget = EXCHANGE_SECONDS
        lost: ProviderError | None = None
        if not is_repeat:
            try:
                return await self._send_until_sent(new_flow, budget, server_date)
            except ProviderUnavailable as failure:
                lost = failure
                log.warning("%s: the exchange has no usable reply: %s", provider.name, failure.hint)
            except (ClockOff, ProviderRefused, ProviderRefusedKeys) as failure:
                may_be_our_clock = provider.protocol.uses_timestamps
                if not may_be_our_clock or not self._clock_of(provider).learn(server_date.now()):
                    raise
                lost = failure
            if not await may_repeat():
                raise LostReply(lost)
            budget = REPEAT_SECONDS
        try:
            return await self._perform(new_flow(), budget, server_date)
        except (ProviderUnavailable, ClockOff, ProviderRefused, ProviderRefusedKeys, Intercepted) as failure:
            # A refusal of the second proves nothing: the first may have been a success whose reply was lost.
            log.warning("%s: the second exchange has no usable reply: %s", provider.name, failure.hint)
            raise LostReply(_cause(lost, failure, is_repeat=is_repeat)) from None

    async def _claims(
        self,
        provider: Provider,
        grant: Grant,
        pending: PendingRequest,
        inputs: Inputs,
        server_date: ServerDate,
        deadline: float,
    ) -> Mapping[str, object]:
        """What the provider states about the user. It may take newer keys, and the provider's time instead of ours.

        Raises:
            ProviderError: a check failed, or the keys have rotated and cannot be read.
        """
        keys_are_new = clock_learnt = False
        while True:
            try:
                return provider.protocol.claims(grant, pending, inputs)
            except UnknownKey:
                if keys_are_new:
                    raise
                keys_are_new = True
                until = min(deadline, time.monotonic() + KEYS_SECONDS)
                inputs = replace(inputs, keys=await self._issuers.newer_keys(provider, inputs, until))
            except ClockOff as failure:
                theirs = server_date.now()
                if not clock_learnt and self._clock_of(provider).learn(theirs):
                    clock_learnt = True
                elif theirs is None:
                    raise
                else:  # both clocks agree, so the token itself is wrong
                    raise ProviderReplyInvalid(failure.hint) from None

    async def _send_until_sent(
        self, flow: Callable[[], Flow[Result]], budget_seconds: float, server_date: ServerDate
    ) -> Result:
        """Try again for as long as it is certain that nothing was sent."""
        deadline = time.monotonic() + budget_seconds
        while True:
            try:
                return await self._perform(flow(), deadline - time.monotonic(), server_date)
            except TransportError as fault:
                if fault.maybe_sent or fault.permanent or deadline - time.monotonic() < 0.5:
                    raise
                await self._runner.sleep(0.1 + 0.2 * random.random())

    async def _inputs(self, provider: Provider, deadline: float) -> Inputs:
        """What the protocol's steps need from outside.

        Raises:
            ProviderError: the issuer's metadata or keys were never read, and cannot be read now.
        """
        metadata, keys = await self._issuers.documents(provider, deadline)
        return Inputs(nonces=self._clock_of(provider), metadata=metadata, keys=keys)

    async def _perform(self, flow: Flow[Result], budget_seconds: float, server_date: ServerDate) -> Result:
        return await perform(flow, self._transport, budget_seconds=budget_seconds, on_response=server_date)

    def _clock_of(self, provider: Provider) -> ServerClock:
        if provider.name not in self._clocks:
            self._clocks[provider.name] = ServerClock(provider.name, self._clock)
        return self._clocks[provider.name]

    def _breaker(self, provider: Provider) -> CircuitBreaker:
        return self._breakers.setdefault(provider.name, CircuitBreaker())
