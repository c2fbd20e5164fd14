"""Sends the requests on the user's behalf that follow an exchange: a profile, and an e-mail address.

They share one time budget. A request that the login depends on is sent once more after an outage; it only reads, so a
repeat does no harm. The others get what is left of the budget, and the login succeeds without them.
"""

from __future__ import annotations

import logging
import random
import time
from dataclasses import dataclass, replace

from ..errors import ProviderUnavailable
from ..http_client import Transport, perform
from ..http_client.runner import Runner
from ..protocols.base import Grant, Inputs
from ..protocols.http import HttpResponse, Stamp
from ..protocols.refusals import refusal
from ..providers.record.provider import Provider

OPTIONAL_SECONDS = 1.5  # for a name, a picture and an e-mail address
REQUIRED_SECONDS = 2.5  # for a profile that says who it is, and its repeat; with both exchanges, 9

log = logging.getLogger("valetkey")


@dataclass(frozen=True, slots=True)
class Answered:
    """A reply, with time and nonce of the very request that it is the answer to. Some replies repeat the nonce."""

    response: HttpResponse
    stamp: Stamp


class ProfileRequests:
    """The requests of one login, for one access token.

    Args:
        deadline: that of the callback, a time of ``time.monotonic()``, in seconds.
    """

    def __init__(
        self,
        *,
        provider: Provider,
        grant: Grant,
        inputs: Inputs,
        transport: Transport,
        runner: Runner,
        deadline: float,
    ) -> None:
        self._provider = provider
        self._grant = grant
        self._inputs = inputs
        self._transport = transport
        self._runner = runner
        is_required = provider.identity_from == "profile"
        self._deadline = min(deadline, time.monotonic() + (REQUIRED_SECONDS if is_required else OPTIONAL_SECONDS))

    async def read(self, url: str, *, required: bool, method: str = "GET", json_body: str | None = None) -> Answered:
        """Send one request; once more after an outage, if the login depends on it.

        Args:
            url: what to read.
            required: whether the login depends on it.
            method: GET or POST.
            json_body: the body of a POST, in JSON. None: it has none of the record's own.

        Raises:
            ProviderUnavailable: there was no answer in time.
        """
        while True:
            budget = (self._deadline - time.monotonic()) * (0.6 if required else 1)
            if budget <= 0:
                raise ProviderUnavailable
            stamp = self._inputs.nonces()
            flow = self._provider.protocol.read(
                url, self._grant, self._stamped(stamp), method=method, json_body=json_body
            )
            try:
                response = await perform(flow, self._transport, budget_seconds=budget)
                if response.status < 500:
                    return Answered(response, stamp)
                raise refusal(response, step="profile")
            except ProviderUnavailable as failure:
                if not required:
                    raise
                log.warning("%s: the profile request is sent once more: %s", self._provider.name, failure.hint)
                required = False
            await self._runner.sleep(0.05 + 0.1 * random.random())

    def _stamped(self, stamp: Stamp) -> Inputs:
        """Inputs of one request, which has this time and nonce."""
        return replace(self._inputs, nonces=lambda: stamp)
