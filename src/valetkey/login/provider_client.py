"""Sends a login's requests to its provider, within a time budget: those of its start here, the others in ``exchange``.

How this works:

- Before a *start* an OpenID provider's metadata and keys are read, if they are not there yet (``issuers``). OAuth 2.0
  sends nothing more. A request for a *request token* (OAuth 1.0a) can be repeated without harm: it is sent up to four
  times within the budget, each time with a fresh timestamp and nonce.
- A provider of OAuth 1.0a refuses a request whose timestamp is off. The difference to our clock is learnt once.
- A provider that is down, or that asked us to wait, gets no starts for a while (``circuit_breaker``). An exchange is
  always sent, because its user has approved.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Awaitable, Callable

from ..errors import BUSY_SECONDS, ClockOff, ProviderBusy, ProviderError, ProviderRefusedKeys, ProviderUnavailable
from ..http_client import Transport, TransportError, perform
from ..http_client.runner import Runner
from ..models import Profile
from ..protocols.base import AuthorizationRequest, CallbackParameters, PendingRequest
from ..providers.record.provider import Provider
from .exchange import Exchange
from .provider_contact import ProviderContact
from .server_clock import ServerDate

BEGIN_SECONDS = 4.5
BEGIN_TRIES = 4  # if one call in ten fails, three tries would still fail one start in a thousand
RESTART_SECONDS = 2.5

log = logging.getLogger("valetkey")


class ProviderClient:
    """Sends requests to providers, and remembers for each its clock and whether it answers.

    Args:
        clock: seconds since 1970.
    """

    def __init__(self, *, transport: Transport, runner: Runner, clock: Callable[[], float] = time.time) -> None:
        self._contact = ProviderContact(transport=transport, runner=runner, clock=clock)

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
        breaker = self._contact.breaker(provider)
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
        contact = self._contact
        deadline = time.monotonic() + budget_seconds
        clock_learnt = False
        for left in reversed(range(BEGIN_TRIES)):
            server_date = ServerDate()
            # A try that hangs must leave time for another one. The last try may use the whole rest, because a provider
            # may only be slow.
            budget = (deadline - time.monotonic()) * (0.7 if left else 1)
            offset = contact.clock_offset(provider)
            try:
                until = time.monotonic() + budget
                inputs = await contact.inputs(provider, until)
                flow = provider.protocol.authorize(callback_url, inputs)
                budget = until - time.monotonic()
                return await perform(flow, contact.transport, budget_seconds=budget, on_response=server_date)
            except ProviderUnavailable as failure:
                permanent = isinstance(failure, TransportError) and failure.permanent
                if permanent or not left or deadline - time.monotonic() < 0.3:
                    raise
                log.warning("%s: the start is tried again: %s", provider.name, failure.hint)
                await contact.runner.sleep(0.05 + 0.1 * random.random())
            except (ClockOff, ProviderRefusedKeys):
                if clock_learnt or not left or not contact.learn_clock(provider, server_date.now(), offset):
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
        """Exchange the verifier or the code for an identity. Arguments are those of ``Exchange``, and it returns and
        raises as ``Exchange.identify``."""
        exchange = Exchange(self._contact, provider, pending, parameters, is_repeat=is_repeat, may_repeat=may_repeat)
        return await exchange.identify()
