"""Exchanges what a callback brought for the user's identity, within a time budget.

How this works:

- The reply to an exchange can be lost after the provider has done its part. A verifier or a code is sent at most twice,
  by all nodes together. The second time is recorded in the claim before it is sent. As long as it is certain that
  nothing was sent, trying again does not count.
- If both exchanges were sent and there is no usable reply, it is unknown whether the code was used (``LostReply``).
  A refusal of the second one proves nothing: the first may have been a success whose reply was lost.
- A provider of OAuth 1.0a refuses a request whose timestamp is off, and an ID token has times, too. The provider's
  replies have a ``Date``, from which the difference to our clock is learnt once (``server_clock``).
- What follows the exchange, such as a profile request, gets what is left of the budget.

Why no library does this: what may be repeated depends on what was sent and on what the claim records.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

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
from ..http_client import TransportError, perform
from ..models import Profile
from ..protocols.base import CallbackParameters, Grant, Inputs, PendingRequest
from ..protocols.jwks import UnknownKey
from ..providers.record.provider import Provider
from .identification import identified
from .profile_requests import ProfileRequests
from .provider_contact import ProviderContact
from .server_clock import ServerDate

EXCHANGE_SECONDS = 4.0
REPEAT_SECONDS = 2.5
KEYS_SECONDS = 2.0  # for an issuer's metadata and keys, where a callback has to wait for them
FINISH_SECONDS = 9.0  # of the ten that a callback may take; the rest is for the store and the answer

Failure = TypeVar("Failure", bound=Exception)

log = logging.getLogger("valetkey")


class LostReply(Exception):
    """No exchange may be sent any more, and there is no usable reply. The code cannot be used again.

    Args:
        cause: the provider's failure, which the login reports. None if the reason is a node that died.
    """

    def __init__(self, cause: ProviderError | None) -> None:
        self.cause = cause
        super().__init__(cause.code if cause is not None else "a node died")


def without_traceback(error: Failure) -> Failure:
    """Drop the tracebacks of an exception that is kept and not raised again, and of its causes. They hold each frame
    that it has passed, and form a cycle with the frame that keeps it: the garbage collector stops the process to find
    those of a thousand logins."""
    error.__context__ = error.__cause__ = None
    return error.with_traceback(None)


def _cause(first: ProviderError | None, second: ProviderError, *, is_repeat: bool) -> ProviderError | None:
    """Why there is no token after two exchanges. None: the node that sent the first one died.

    If the reply to the first was lost, the provider refuses the second as "already used". Then the first failure is the
    cause.
    """
    refused = not isinstance(second, ProviderUnavailable)
    if refused and (is_repeat or isinstance(first, ProviderUnavailable)):
        return first
    return second


class Exchange:
    """The exchange of one login, and what follows it.

    Args:
        contact: the way to the provider.
        provider: the provider.
        pending: the authorization request of this login.
        parameters: what the callback brought.
        is_repeat: this is the second exchange; a node that died may have sent the first.
        may_repeat: records the second exchange. Returns False if it must not be sent.
    """

    __slots__ = (
        *("_clock_offset", "_contact", "_deadline", "_is_repeat", "_may_repeat", "_parameters", "_pending"),
        *("_provider", "_server_date"),
    )

    def __init__(
        self,
        contact: ProviderContact,
        provider: Provider,
        pending: PendingRequest,
        parameters: CallbackParameters,
        *,
        is_repeat: bool,
        may_repeat: Callable[[], Awaitable[bool]],
    ) -> None:
        self._contact = contact
        self._provider = provider
        self._pending = pending
        self._parameters = parameters
        self._is_repeat = is_repeat
        self._may_repeat = may_repeat
        self._server_date = ServerDate()
        # Both exchanges always have their time. What follows them gets what is left.
        self._deadline = time.monotonic() + FINISH_SECONDS

    async def identify(self) -> Profile:
        """Exchange the verifier or the code for an identity.

        Returns:
            Who the provider says the user is.

        Raises:
            LostReply: it is unknown whether the code was used.
            ProviderError, SuspendedAtProvider: a definite refusal, a reply that is not usable, or no usable identity.
            RefusedError, BadRequest: the callback does not fit the request. Nothing was sent.
        """
        provider, contact = self._provider, self._contact
        inputs = await contact.inputs(provider, time.monotonic() + KEYS_SECONDS)
        try:
            grant = await self._grant(inputs)
        except ProviderBusy as busy:
            contact.breaker(provider).record_retry_after(busy.retry_after_seconds or BUSY_SECONDS)
            raise
        claims = await self._claims(grant, inputs)
        requests = ProfileRequests(
            provider=provider,
            grant=grant,
            inputs=inputs,
            transport=contact.transport,
            runner=contact.runner,
            deadline=self._deadline,
        )
        return await identified(provider, claims, provider.protocol.userinfo_url(claims, inputs), requests)

    async def _grant(self, inputs: Inputs) -> Grant:
        """The exchange alone: sent once, and once more if its reply was lost or our clock was off."""
        name, budget = self._provider.name, EXCHANGE_SECONDS
        lost: ProviderError | None = None
        if not self._is_repeat:
            try:
                return await self._send_until_sent(inputs, budget)
            except ProviderUnavailable as failure:
                lost = without_traceback(failure)
                log.warning("%s: the exchange has no usable reply: %s", name, failure.hint)
            except (ClockOff, ProviderRefused, ProviderRefusedKeys) as failure:
                may_be_our_clock = self._provider.protocol.uses_timestamps
                if not may_be_our_clock or not self._learn_clock():
                    raise
                lost = without_traceback(failure)
            if not await self._may_repeat():
                raise LostReply(lost)
            budget = REPEAT_SECONDS
        try:
            return await self._send(inputs, budget)
        except (ProviderUnavailable, ClockOff, ProviderRefused, ProviderRefusedKeys, Intercepted) as failure:
            # A refusal of the second proves nothing: the first may have been a success whose reply was lost.
            log.warning("%s: the second exchange has no usable reply: %s", name, failure.hint)
            cause = _cause(lost, without_traceback(failure), is_repeat=self._is_repeat)
        raise LostReply(cause)

    async def _send(self, inputs: Inputs, budget_seconds: float) -> Grant:
        self._clock_offset = self._contact.clock_offset(self._provider)
        flow = self._provider.protocol.exchange(self._pending, self._parameters, inputs)
        return await perform(
            flow, self._contact.transport, budget_seconds=budget_seconds, on_response=self._server_date
        )

    async def _send_until_sent(self, inputs: Inputs, budget_seconds: float) -> Grant:
        """Try again for as long as it is certain that nothing was sent."""
        deadline = time.monotonic() + budget_seconds
        while True:
            try:
                return await self._send(inputs, deadline - time.monotonic())
            except TransportError as fault:
                if fault.maybe_sent or fault.permanent or deadline - time.monotonic() < 0.5:
                    raise
                await self._contact.runner.sleep(0.1 + 0.2 * random.random())

    async def _claims(self, grant: Grant, inputs: Inputs) -> Mapping[str, object]:
        """What the provider states about the user. It may take newer keys, and the provider's time instead of ours.

        Raises:
            ProviderError: a check failed, or the keys have rotated and cannot be read.
        """
        keys_are_new = clock_learnt = False
        while True:
            self._clock_offset = self._contact.clock_offset(self._provider)
            try:
                return self._provider.protocol.claims(grant, self._pending, inputs)
            except UnknownKey:
                if keys_are_new:
                    raise
                keys_are_new = True
                until = min(self._deadline, time.monotonic() + KEYS_SECONDS)
                inputs = await self._contact.with_newer_keys(self._provider, inputs, until)
            except ClockOff as failure:
                if not clock_learnt and self._learn_clock():
                    clock_learnt = True
                elif self._server_date.now() is None:
                    raise
                else:  # both clocks agree, so the token itself is wrong
                    raise ProviderReplyInvalid(failure.hint) from None

    def _learn_clock(self) -> bool:
        return self._contact.learn_clock(self._provider, self._server_date.now(), self._clock_offset)
