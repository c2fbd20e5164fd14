"""Performs a conversation: sends what a ``Flow`` yields, and hands back what comes.

One total deadline for a whole conversation, a limit on the decoded reply, no redirect followed, TLS always verified:
there is no switch for any of them. A fault says whether a byte of the request may have reached the provider, for that
alone decides whether the request may be sent again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from ..errors import ProviderReplyInvalid, ProviderUnavailable
from ..protocols.http import Flow, HttpRequest, HttpResponse
from ..settings.outgoing import Outgoing
from .faults import TransportFault
from .loop import LoopTransport
from .thread import ThreadTransport
from .wire import REPLY_LIMIT_BYTES

__all__ = [
    "REPLY_LIMIT_BYTES",
    "LoopTransport",
    "Outgoing",
    "ThreadTransport",
    "Transport",
    "TransportFault",
    "perform",
]

Result = TypeVar("Result")


class Transport(Protocol):
    """Sends one request. ``async`` in spelling: the blocking one never suspends."""

    async def send(self, request: HttpRequest, deadline: float) -> HttpResponse:
        """Send, and read the whole reply before ``deadline`` (``time.monotonic()``).

        Raises:
            TransportFault: no reply in time, or none that is HTTP.
            ProviderReplyInvalid: a reply over the limit, or in a coding that was not asked for.
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
        ValetkeyError: whatever the conversation raises; a transport's failure is thrown into it first.
    """
    deadline = time.monotonic() + budget_seconds
    try:
        request = next(flow)
        while True:
            try:
                response = await transport.send(request, deadline)
            except (ProviderUnavailable, ProviderReplyInvalid) as failure:
                request = flow.throw(failure)
                continue
            if heard is not None:
                heard(response)
            request = flow.send(response)
    except StopIteration as stop:
        result: Result = stop.value
        return result
    finally:
        flow.close()
