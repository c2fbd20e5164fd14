"""The HTTP client that talks to providers.

How this works:

- A protocol yields an ``HttpRequest`` and is sent an ``HttpResponse`` (``Flow``). ``perform`` drives it to its result
  within one time budget. It sends each request through a ``Transport`` and raises failures inside the flow, so that a
  protocol may handle them.
- There are two transports with the same interface. ``LoopTransport`` runs in an event loop. ``ThreadTransport`` blocks
  the calling thread; its coroutines never suspend, so ``runner.ThreadRunner`` can step them.
- A request takes these steps: ``resolver`` finds the addresses of the host (or of the proxy), ``race`` connects to the
  first one that answers, ``tunnel`` opens a way through a proxy, ``tls`` has the TLS context, and ``wire`` writes the
  request and reads the reply. Connections are kept alive; ``readiness`` sees whether an idle one has ended.
- A transport never repeats a request. ``TransportError.maybe_sent`` says whether a byte may have reached the provider,
  because only that decides whether a repeat is safe. ``login.exchange`` decides.

These rules always apply, and no option turns them off: one deadline for everything from the name lookup to the last
byte, at most 64 KiB of decoded reply, no redirects, verified TLS, strict parsing.

Why no library does this:

- Speed. A sign-in is two requests to the provider. A keep-alive request on a bare asyncio protocol, as here, takes 10
  to 30 µs of CPU time, about 90 µs with aiohttp or ``http.client``, 310 µs with urllib3, 420 µs with httpx2 and 980 µs
  with httpx. Everything else in a bare sign-in takes about 200 µs.
- One deadline. urllib3, httpx and ``http.client`` limit each step, so a server that sends one byte at a time keeps them
  busy for as long as it likes. In the blocking ones nothing limits the name lookup.
- Certainty. They report what kind of failure it was, not whether the request may have reached the server.
- One behaviour in threads, event loops, greenlets and forked workers.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol, TypeVar

from ..errors import ProviderReplyInvalid, ProviderUnavailable
from ..protocols.http import Flow, HttpRequest, HttpResponse
from ..settings.outgoing import Outgoing
from .loop import LoopTransport
from .thread import ThreadTransport
from .transport_error import TransportError
from .wire import REPLY_LIMIT_BYTES

__all__ = [
    "REPLY_LIMIT_BYTES",
    "LoopTransport",
    "Outgoing",
    "ThreadTransport",
    "Transport",
    "TransportError",
    "perform",
]

Result = TypeVar("Result")


class Transport(Protocol):
    """Sends requests. The methods of a blocking transport are coroutines, too, and never suspend."""

    async def send(self, request: HttpRequest, deadline: float) -> HttpResponse:
        """Send one request and read the whole reply.

        Args:
            request: it is sent once, unchanged.
            deadline: a time of ``time.monotonic()``, in seconds.

        Raises:
            TransportError: no reply came in time, or none that is HTTP.
            ProviderReplyInvalid: the reply is too large, or in a content coding that was not asked for.
        """
        ...

    async def close(self) -> None:
        """Close the idle connections."""
        ...


async def perform(
    flow: Flow[Result],
    transport: Transport,
    *,
    budget_seconds: float,
    on_response: Callable[[HttpResponse], None] | None = None,
) -> Result:
    """Drive a flow to its result.

    Args:
        flow: yields requests and is sent responses. A failure of the transport is raised inside it.
        transport: sends the requests.
        budget_seconds: for all requests of the flow together.
        on_response: is called with every response, before the flow gets it.

    Returns:
        What the flow returns.

    Raises:
        ValetkeyError: what the flow raises.
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
            if on_response is not None:
                on_response(response)
            request = flow.send(response)
    except StopIteration as stop:
        result: Result = stop.value
        return result
    finally:
        flow.close()
