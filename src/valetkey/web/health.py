"""``GET health``: whether this process can sign users in, for a balancer or an orchestrator. It exists only with
``VALETKEY_HEALTH=on``.

How this works:

- It reads one row of the store, within the store's own time (a second). So it is readiness: a process whose database is
  away gets no requests until it is back. It must not be used as liveness, because a restart does not bring it back.
- A probe comes from anywhere: by IP address, over http, without cookies and with any ``Host``. So nothing of the
  request counts but its method, and nothing is said but that it works or does not. The log has the reason.
"""

from __future__ import annotations

from ..errors import MethodNotAllowed, SettingsError, StoreError
from ..storage.base import Store
from .http import Incoming, Reply
from .replies import json_reply, log_error


class Health:
    """The route.

    Args:
        store: of the app.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def answer(self, incoming: Incoming) -> Reply:
        """Return 200 or 503. A HEAD gets the same without a body.

        Raises:
            MethodNotAllowed: it is neither GET nor HEAD.
        """
        if incoming.method not in ("GET", "HEAD"):
            raise MethodNotAllowed("GET", "HEAD")
        reply = await self._readiness()
        if incoming.method == "GET":
            return reply
        return Reply(status=reply.status, headers=(*reply.headers, ("content-length", str(len(reply.body)))), body=b"")

    async def _readiness(self) -> Reply:
        try:
            await self._store.read_session("")
        except StoreError:  # the store has logged why
            ready = False
        except SettingsError as error:
            log_error(error)
            ready = False
        else:
            ready = True
        if not ready:
            retry = (("retry-after", str(StoreError.retry_after_seconds)),)
            return json_reply(503, {"status": "unavailable", "code": StoreError.code}, retry)
        return json_reply(200, {"status": "ok"})
