"""The apps that use the sandbox. Each holds a lease: a connection that the operating system closes with the process.

The answer proves that this is the sandbox: it has a digest of a number that the app has drawn.

An app that starts again, because its developer has saved a file, holds no lease meanwhile. A user who is at a consent
page then comes back to it, so the sandbox waits for that user, too.
"""

from __future__ import annotations

import asyncio
import hashlib
import time

from .messages import Request, Response

FIRST_LEASE_SECONDS = 15.0
PAGE_SECONDS = 600.0  # as long as a user may look at a page


class Leases:
    """Counts the leases."""

    def __init__(self) -> None:
        self._open = 0
        self._page_until = 0.0  # by the monotonic clock
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

    def show_page(self) -> None:
        """Note that a user is at a page."""
        self._page_until = time.monotonic() + PAGE_SECONDS
        self._changed.set()

    def leave_page(self) -> None:
        """Note that the user has decided, and goes back to the app."""
        self._page_until = 0.0
        self._changed.set()

    async def over(self, seconds: float) -> None:
        """Return when no lease has been open for so long, and no user is at a page. The first one may take longer."""
        patience = max(seconds, FIRST_LEASE_SECONDS)
        while True:
            self._changed.clear()
            try:
                left = max(patience, self._page_until - time.monotonic())
                async with asyncio.timeout(None if self._open else left):
                    await self._changed.wait()
            except TimeoutError:
                return
            patience = seconds
