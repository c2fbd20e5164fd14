"""Performs a conversation: sends what a ``Flow`` yields, and hands back what comes.

One total deadline for a whole conversation, a limit on the decoded reply, no redirect followed, TLS always verified:
there is no switch for any of them. A fault says whether a byte of the request may have reached the provider, for that
alone decides whether the request may be sent again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from .errors import ProviderUnavailable
from .protocol.messages import Flow, HttpRequest, HttpResponse

Result = TypeVar("Result")

REPLY_LIMIT_BYTES = 64 * 1024


class TransportFault(ProviderUnavailable):
    """No reply. ``sent`` is False only if it is certain that nothing of the request left this process."""

    def __init__(self, hint: str, *, sent: bool) -> None:
        super().__init__(hint)
        self.sent = sent


class Transport(Protocol):
    """Sends one request. ``async`` in spelling: the blocking one never suspends."""

    async def send(self, request: HttpRequest, deadline: float) -> HttpResponse:
        """Send, and read the whole reply before ``deadline`` (``time.monotonic()``).

        Raises:
            TransportFault: no reply in time, or none that is HTTP.
            ProviderNonsense: a reply over the limit, or in a coding that was not asked for.
        """
        ...

    async def close(self) -> None: ...


async def perform(
    flow: Flow[Result],
    transport: Transport,
    *,
    budget_seconds: float,
    heard: Callable[[HttpResponse], None] | None = None,
) -> Result:
    """Drive a conversation to its result within ``budget_seconds``. ``heard`` is told of every reply.

    Raises:
        ValetkeyError: whatever the conversation raises; ``TransportFault`` is thrown into it first.
    """
    deadline = time.monotonic() + budget_seconds
    try:
        request = next(flow)
        while True:
            try:
                response = await transport.send(request, deadline)
            except ProviderUnavailable as fault:
                request = flow.throw(fault)
                continue
            if heard is not None:
                heard(response)
            request = flow.send(response)
    except StopIteration as stop:
        result: Result = stop.value
        return result
