"""Talking to a provider within a budget: what may be repeated, how often, and what a lost reply means.

Asking for a request token binds nothing yet, so it may be repeated. The exchange may not: its reply can be lost after
the provider has done its part. Two exchanges per verifier at most, whoever sends them and why; the second is recorded
in the claim before it is sent.
"""

from __future__ import annotations

import logging
import random
import secrets
import time
from collections.abc import Awaitable, Callable
from email.utils import parsedate_to_datetime

from ..errors import (
    BUSY_SECONDS,
    ClockOff,
    Intercepted,
    ProviderBusy,
    ProviderError,
    ProviderRefused,
    ProviderRefusedKeys,
    ProviderUnavailable,
)
from ..http_client import Result, Transport, TransportError, perform
from ..http_client.runner import Runner
from ..models import Profile
from ..protocols.http import Flow, HttpResponse, Stamp
from ..protocols.oauth1 import AuthorizationRequest, NonceSource, TokenCredentials
from ..protocols.replies import refusal
from ..providers.base import Provider
from .circuit_breaker import CircuitBreaker
from .identification import identified

BEGIN_SECONDS = 4.5
BEGIN_TRIES = 4  # where a call in ten fails, three would leave one start in a thousand to a second click
EXCHANGE_SECONDS = 4.0
REPEAT_SECONDS = 2.5
RESTART_SECONDS = 2.5
PROFILE_SECONDS = 1.5  # for a name and a picture
IDENTITY_SECONDS = 2.5  # for a profile that says who it is, and its repeat; with both exchanges 9 of a callback's 10
SKEW_SECONDS = 60.0  # closer than this the provider's Date says nothing: it has whole seconds, and replies travel

log = logging.getLogger("valetkey")


class LostReply(Exception):
    """Both exchanges are spent, or may not be sent, and no answer came: the verifier is burnt.

    ``cause`` is the provider's failure, which the login then reports; None where a node that died is the reason.
    """

    def __init__(self, cause: ProviderError | None) -> None:
        self.cause = cause
        super().__init__(cause.code if cause is not None else "a node died")


def _cause(first: ProviderError | None, second: ProviderError, *, is_repeat: bool) -> ProviderError | None:
    """Why there is no token after two exchanges. If the first reply was lost, the provider refuses the second exchange
    as "already used": then the first failure is the cause, or the death of the node that sent the first."""
    refused = not isinstance(second, ProviderUnavailable)
    if refused and (is_repeat or isinstance(first, ProviderUnavailable)):
        return first
    return second


class ProviderClient:
    """One process's conversations with the providers. Keeps the offset of our clock to theirs."""

    def __init__(self, *, transport: Transport, runner: Runner, clock: Callable[[], float] = time.time) -> None:
        self._transport = transport
        self._runner = runner
        self._clock = clock
        self._offsets: dict[str, float] = {}
        self._breakers: dict[str, CircuitBreaker] = {}

    async def begin(
        self, provider: Provider, callback_url: str, budget_seconds: float = BEGIN_SECONDS
    ) -> AuthorizationRequest:
        """Get temporary credentials: up to four tries within the budget, each with a fresh stamp.

        Raises:
            ProviderError: refused, unavailable, or a reply that cannot be trusted.
        """
        breaker = self._breaker(provider)
        breaker.enter()
        try:
            begun = await self._begin(provider, callback_url, budget_seconds)
        except ProviderBusy as busy:
            breaker.asked_to_wait(busy.retry_after_seconds or BUSY_SECONDS)
            raise
        except ProviderUnavailable:
            breaker.silent()
            raise
        except ProviderError:
            breaker.answered()
            raise
        breaker.answered()
        return begun

    async def _begin(self, provider: Provider, callback_url: str, budget_seconds: float) -> AuthorizationRequest:
        deadline = time.monotonic() + budget_seconds
        clock_learnt = False
        for left in reversed(range(BEGIN_TRIES)):
            heard = ServerDate()
            # A try that hangs must leave room for another; but a provider that is merely slow shall be waited for.
            budget = (deadline - time.monotonic()) * (0.7 if left else 1)
            try:
                flow = provider.protocol.begin(callback_url, self._draw(provider))
                return await self._perform(flow, budget, heard)
            except ProviderUnavailable as failure:
                permanent = isinstance(failure, TransportError) and failure.permanent
                if permanent or not left or deadline - time.monotonic() < 0.3:
                    raise
                log.warning("%s: the start is tried again: %s", provider.name, failure.hint)
                await self._runner.sleep(0.05 + 0.1 * random.random())
            except (ClockOff, ProviderRefusedKeys):
                if clock_learnt or not left or not self._learn_clock(provider, heard):
                    raise
                clock_learnt = True
        raise ProviderUnavailable  # pragma: no cover  # the last try returns or raises

    async def exchange(
        self,
        provider: Provider,
        conversation: Callable[[NonceSource], Flow[TokenCredentials]],
        *,
        is_repeat: bool,
        may_repeat: Callable[[], Awaitable[bool]],
    ) -> Profile:
        """Change the verifier for an identity.

        Args:
            conversation: the exchange, to be begun anew with fresh stamps as often as it is sent.
            is_repeat: a node that died may have sent the first exchange already; this is the second.
            may_repeat: records the second exchange, and says no if there may be none.

        Raises:
            LostReply: nobody can say any more whether the verifier was used.
            ProviderError, SuspendedAtProvider: a definite no, a reply that cannot be trusted, or no usable identity.
        """

        try:
            token = await self._token(provider, conversation, is_repeat=is_repeat, may_repeat=may_repeat)
        except ProviderBusy as busy:
            self._breaker(provider).asked_to_wait(busy.retry_after_seconds or BUSY_SECONDS)
            raise
        return await identified(provider, token.fields, lambda: self._read_profile(provider, token))

    async def _token(
        self,
        provider: Provider,
        conversation: Callable[[NonceSource], Flow[TokenCredentials]],
        *,
        is_repeat: bool,
        may_repeat: Callable[[], Awaitable[bool]],
    ) -> TokenCredentials:
        """The exchange alone: sent once, and once more where its reply was lost or our clock was off."""

        def anew() -> Flow[TokenCredentials]:
            return conversation(self._draw(provider))

        heard, budget = ServerDate(), EXCHANGE_SECONDS
        lost: ProviderError | None = None
        if not is_repeat:
            try:
                return await self._unsent_repeated(anew, budget, heard)
            except ProviderUnavailable as failure:
                lost = failure
                log.warning("%s: the exchange has no usable reply: %s", provider.name, failure.hint)
            except (ClockOff, ProviderRefused, ProviderRefusedKeys) as failure:
                if not self._learn_clock(provider, heard):
                    raise
                lost = failure
            if not await may_repeat():
                raise LostReply(lost)
            budget = REPEAT_SECONDS
        try:
            return await self._perform(anew(), budget, heard)
        except (ProviderUnavailable, ClockOff, ProviderRefused, ProviderRefusedKeys, Intercepted) as failure:
            # A no to the second proves nothing: the first may have been a yes that was lost.
            log.warning("%s: the second exchange has no usable reply: %s", provider.name, failure.hint)
            raise LostReply(_cause(lost, failure, is_repeat=is_repeat)) from None

    async def _unsent_repeated(
        self, flow: Callable[[], Flow[Result]], budget_seconds: float, heard: ServerDate
    ) -> Result:
        """Repeat for as long as it is certain that nothing was sent."""
        deadline = time.monotonic() + budget_seconds
        while True:
            try:
                return await self._perform(flow(), deadline - time.monotonic(), heard)
            except TransportError as fault:
                if fault.maybe_sent or fault.permanent or deadline - time.monotonic() < 0.5:
                    raise
                await self._runner.sleep(0.1 + 0.2 * random.random())

    async def _read_profile(self, provider: Provider, token: TokenCredentials) -> HttpResponse:
        """The reply to the profile request. Sent once more after an outage, where a login depends on it.

        Raises:
            ProviderUnavailable
        """
        assert provider.profile_url is not None
        depends = provider.identity_from == "profile"
        deadline = time.monotonic() + (IDENTITY_SECONDS if depends else PROFILE_SECONDS)
        while True:
            budget = (deadline - time.monotonic()) * (0.6 if depends else 1)
            flow = provider.protocol.read(provider.profile_url, token, self._draw(provider))
            try:
                response = await self._perform(flow, budget, ServerDate())
                if response.status < 500:
                    return response
                raise refusal(response, asking="profile")
            except ProviderUnavailable as failure:
                if not depends:
                    raise
                log.warning("%s: the profile request is sent once more: %s", provider.name, failure.hint)
                depends = False
            await self._runner.sleep(0.05 + 0.1 * random.random())

    async def _perform(self, flow: Flow[Result], budget_seconds: float, heard: ServerDate) -> Result:
        return await perform(flow, self._transport, budget_seconds=budget_seconds, on_response=heard)

    def _breaker(self, provider: Provider) -> CircuitBreaker:
        return self._breakers.setdefault(provider.name, CircuitBreaker())

    def _draw(self, provider: Provider) -> NonceSource:
        offset = self._offsets.get(provider.name, 0.0)
        return lambda: Stamp(timestamp=int(self._clock() + offset), nonce=secrets.token_hex(16))

    def _learn_clock(self, provider: Provider, heard: ServerDate) -> bool:
        """Whether the provider's ``Date`` says that our clock is off, and by more than we corrected already."""
        theirs = heard.date()
        if theirs is None:
            return False
        offset = theirs - self._clock()
        if abs(offset - self._offsets.get(provider.name, 0.0)) < SKEW_SECONDS:
            return False
        self._offsets[provider.name] = offset
        log.warning("this server's clock differs from that of %s by %d seconds", provider.name, round(-offset))
        return True


class ServerDate:
    """The provider's time, as its last reply gave it. RFC 9110 §6.6.1."""

    _header = ""
    _at = 0.0

    def __call__(self, response: HttpResponse) -> None:
        self._header, self._at = response.headers.get("date", ""), time.monotonic()

    def date(self) -> float | None:
        """Seconds since 1970, counted on since the reply; None where it gave none."""
        try:
            return parsedate_to_datetime(self._header).timestamp() + time.monotonic() - self._at
        except (ValueError, TypeError):
            return None
