"""``GET health``: whether this process can sign users in, for a balancer or an orchestrator. It exists only with
``VALETKEY_HEALTH=on``.

How this works:

- It reads one row of the store, within the store's own time (a second). So it is readiness: a process whose database is
  away gets no requests until it is back. It must not be used as liveness, because a restart does not bring it back.
- Anybody may ask, so only one probe at a time asks the store, and takes one of its connections. The others get the
  last answer meanwhile.
- A probe comes from anywhere: by IP address, over http, without cookies and with any ``Host``. So nothing of the
  request counts but its method, and nothing is said but that it works or does not. The log has the reason.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ..errors import MethodNotAllowed, SettingsError, StoreError
from ..storage.base import Store
from .http import Incoming, Reply
from .replies import json_reply, log_error

_LONGEST_SECONDS = 5.0  # of a probe; in a process that is forked, one of its parent's may seem to go on for ever


class Health:
    """The route.

    Args:
        store: of the app.
        monotonic: a clock in seconds that never goes back.
    """

    def __init__(self, store: Store, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._monotonic = monotonic
        self._asking_since: float | None = None
        self._last: bool | None = None

    async def answer(self, incoming: Incoming) -> Reply:
        """Return 200 or 503. A HEAD gets the same without a body.

        Raises:
            MethodNotAllowed: it is neither GET nor HEAD.
        """
        if incoming.method not in ("GET", "HEAD"):
            raise MethodNotAllowed("GET", "HEAD")
        reply = _reply(await self._is_ready())
        if incoming.method == "GET":
            return reply
        return Reply(status=reply.status, headers=(*reply.headers, ("content-length", str(len(reply.body)))), body=b"")

    async def _is_ready(self) -> bool:
        since = self._asking_since
        if self._last is not None and since is not None and self._monotonic() - since < _LONGEST_SECONDS:
            return self._last
        self._asking_since = self._monotonic()
        try:
            self._last = await self._ask()
        finally:
            self._asking_since = None
        return self._last

    async def _ask(self) -> bool:
        try:
            await self._store.read_session("")
        except StoreError:  # the store has logged why
            return False
        except SettingsError as error:
            log_error(error)
            return False
        return True


def _reply(ready: bool) -> Reply:
    if not ready:
        retry = (("retry-after", str(StoreError.retry_after_seconds)),)
        return json_reply(503, {"status": "unavailable", "code": StoreError.code}, retry)
    return json_reply(200, {"status": "ok"})
