"""One-time tickets, with which a page that holds its session as a token opens a WebSocket.

How this works:

- A browser sends no Authorization header with a WebSocket, and a token in its address would be in logs. So the page
  changes its token for a ticket, and sends that as a subprotocol (``Sec-WebSocket-Protocol``, RFC 6455 §4.1).
- A ticket is sealed, with the session's id and the database's time in it. Issuing one stores nothing.
- It counts for thirty seconds and once, on whichever node: the first that presents it takes a claim of its nonce
  (``Store.claim``, as a callback does). A claim that is taken over after its lease does not count, so no replay does.
- What it opens is the session itself. It is looked up by its token from then on, so a sign-out ends it.
"""

from __future__ import annotations

import hashlib

from ..crypto import Secret, constant_time_equals
from ..crypto.keys import Keys, Sealer
from ..crypto.randomness import random_id
from ..errors import NotSignedIn
from ..models import Session
from ..storage.base import Lease, Store
from .service import SessionService

TICKET_SECONDS = 30
MAX_CHARACTERS = 512  # a ticket has about 250
_PLACE = "websocket"


class WebSocketTickets:
    """Issues tickets and redeems them."""

    def __init__(self, *, keys: Keys, store: Store, sessions: SessionService) -> None:
        self._sealer = Sealer(keys, "ticket")
        self._store = store
        self._sessions = sessions

    async def issue(self, session: Session) -> str:
        """A ticket of a session. Its characters are those of base64url.

        Raises:
            NotSignedIn: the session is over.
            StoreError: the database does not answer.
        """
        row = await self._store.read_session(session.id)
        if row is None or not row.live:
            raise NotSignedIn
        nonce = random_id()
        return self._sealer.seal(
            {"session": row.id, "account": row.account.id, "at": row.read_at, "nonce": nonce}, _PLACE
        )

    async def redeem(self, ticket: str) -> Secret | None:
        """The token of the session that a ticket opens. None if the ticket is none, was used, or is too old, or if the
        session is over.

        Raises:
            StoreError: the database does not answer. Whether the ticket was used is unknown.
        """
        said = self._sealer.open(ticket, _PLACE) if len(ticket) <= MAX_CHARACTERS else None
        if said is None:
            return None
        row = await self._store.read_session(str(said["session"]))
        if row is None or not row.live or not constant_time_equals(row.account.id, str(said["account"])):
            return None
        at = said["at"]
        if not isinstance(at, int | float) or not 0 <= row.read_at - at < TICKET_SECONDS:
            return None
        key = hashlib.sha256(f"ticket\0{said['nonce']}".encode()).hexdigest()
        claim = await self._store.claim(Lease(key, random_id()))
        if not claim.mine or claim.taken_over:
            return None
        return Secret(self._sessions.token_for(row))
