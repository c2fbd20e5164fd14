"""The apps that use the sandbox. Each holds a lease: a connection that the operating system closes with the process.

The answer proves that this is the sandbox: it has a digest of a number that the app has drawn.
"""

from __future__ import annotations

import asyncio
import hashlib

from .messages import Request, Response

FIRST_LEASE_SECONDS = 15.0


class Leases:
    """Counts the leases."""

    def __init__(self) -> None:
        self._open = 0
        self._changed = asyncio.Event()

    async def give(self, request: Request) -> Response:
        """Give a lease, which ends with the connection."""
        nonce = request.query_params.get("nonce", "")
        self._open += 1
        self._changed.set()
        request.on_close(self._ended)
        digest = hashlib.sha256(f"valetkey sandbox {nonce}".encode()).hexdigest()
        return Response(headers={"x-sandbox-lease": digest})

    def _ended(self) -> None:
        self._open -= 1
        self._changed.set()

    async def over(self, seconds: float) -> None:
        """Return when no lease has been open for so long. The first one may take longer."""
        patience = max(seconds, FIRST_LEASE_SECONDS)
        while True:
            self._changed.clear()
            try:
                async with asyncio.timeout(None if self._open else patience):
                    await self._changed.wait()
            except TimeoutError:
                return
            patience = seconds
