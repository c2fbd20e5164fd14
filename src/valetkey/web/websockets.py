"""The subprotocols by which a page presents a ticket (``sessions.tickets``), and the route that issues one."""

from __future__ import annotations

from collections.abc import Sequence

from ..crypto import Secret
from ..errors import BadRequest, NotSignedIn
from ..login.assembly import Assembly
from ..sessions.tickets import TICKET_SECONDS
from .clients import Clients
from .http import Incoming, Reply
from .replies import account_body, json_reply

SUBPROTOCOL = "valetkey"
"""What the page offers beside its ticket, for the server to choose: a browser closes a WebSocket without a choice."""

_TICKET = "valetkey.ticket."
_WRONG = Secret("-")  # no session has it, and beside a bearer token no cookie counts


def chosen_subprotocol(offered: Sequence[str]) -> str | None:
    """Return the subprotocol that the server must choose if the app chooses none. It is never the ticket."""
    return SUBPROTOCOL if SUBPROTOCOL in offered else None


class WebSocketEndpoints:
    """``POST ticket``, and what a handshake with a ticket is worth.

    In cookie delivery there are no tickets: a WebSocket has the session cookie.
    """

    def __init__(self, assembly: Assembly, *, clients: Clients) -> None:
        self._tickets = assembly.tickets
        self._clients = clients

    async def issue(self, incoming: Incoming) -> Reply:
        """``POST ticket``: change the bearer token for a ticket."""
        if not self._clients.hands_out_tokens:
            raise BadRequest("There are no tickets in cookie delivery: the WebSocket has the session cookie.")
        session = (await self._clients.identify(incoming)).session
        if session is None:
            raise NotSignedIn
        ticket = await self._tickets.issue(session)
        return json_reply(
            200, {"account": account_body(session.account), "ticket": ticket, "expires_in": TICKET_SECONDS}
        )

    async def redeem(self, offered: Sequence[str]) -> Secret | None:
        """Return the bearer token that the ticket among the subprotocols of a handshake stands for.

        Returns:
            The session's token; for a ticket that does not count, a token of no session. None without a ticket.

        Raises:
            StoreError: the database does not answer.
        """
        tickets = [one.removeprefix(_TICKET) for one in offered if one.startswith(_TICKET)]
        if not self._clients.hands_out_tokens or not tickets:
            return None
        return (await self._tickets.redeem(tickets[0]) if len(tickets) == 1 else None) or _WRONG
