"""Both transports, as a test steps them: in asyncio's loop, in uvloop's, or in its own thread."""

from __future__ import annotations

import asyncio
import ssl
import time
from typing import Any

import uvloop

from valetkey.http_client import LoopTransport, Outgoing, ThreadTransport
from valetkey.http_client.runner import ThreadRunner
from valetkey.protocols.http import HttpRequest, HttpResponse

FACTORIES = {"loop": None, "uvloop": uvloop.new_event_loop}


class Client:
    """One of them, and how to step it."""

    def __init__(self, kind: str, trust: ssl.SSLContext | None = None, outgoing: Outgoing | None = None) -> None:
        self.kind = kind
        self.loop = asyncio.Runner(loop_factory=FACTORIES[kind]) if kind in FACTORIES else None
        make: Any = LoopTransport if self.loop else ThreadTransport
        self.transport: Any = make(trust, outgoing=outgoing)

    def run(self, work: Any) -> Any:
        return self.loop.run(work) if self.loop else ThreadRunner().run(work)

    def send(self, url: str, budget: float = 3.0, **headers: str) -> HttpResponse:
        request = HttpRequest(method="POST", url=url, headers=headers)
        return self.run(self.transport.send(request, time.monotonic() + budget))

    def stop(self) -> None:
        self.run(self.transport.close())
        if self.loop:
            self.loop.close()
