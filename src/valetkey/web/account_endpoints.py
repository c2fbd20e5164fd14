"""The routes of a signed-in user's account: link and unlink an identity, list the devices, sign out elsewhere."""

from __future__ import annotations

from ..errors import BadRequest, NotFound, NotSignedIn
from ..login.assembly import Assembly
from ..login.attempt import Intent, LinkToAccount, LinkToCollector
from ..models import Device, Session
from .clients import Clients
from .fields import read_body, text_field
from .guard import bearer_token
from .http import Incoming, Reply
from .origins import SAFE_METHODS, Origins
from .replies import account_body, empty_reply, json_reply

_MAX_CHARACTERS = 256


class AccountEndpoints:
    """``POST unlink`` and everything below ``sessions``; and the checks of ``POST {provider}/link``."""

    def __init__(self, assembly: Assembly, *, clients: Clients, origins: Origins) -> None:
        self._linking = assembly.linking
        self._sessions = assembly.account_sessions
        self._clients = clients
        self._origins = origins

    async def to_link(self, incoming: Incoming, intent: Intent) -> Intent:
        """Turn an intent to sign in into one to link an identity to the signed-in account.

        Raises:
            NotSignedIn: no user is signed in.
            ReauthRequired: the session is too old for it.
            StoreError: the database does not answer.
        """
        session = (await self._clients.identify_page(incoming)).session
        if session is None and self._clients.hands_out_tokens and intent.challenge is not None:
            # A navigation cannot present a token. The page proves whose session it holds when it collects the link.
            return intent.linking(LinkToCollector(session_id=intent.signed_in_as))
        if session is None:
            raise NotSignedIn
        await self._linking.require_recent(session)
        return intent.linking(LinkToAccount(account_id=session.account.id, session_id=session.id))

    async def unlink(self, incoming: Incoming) -> Reply:
        """``POST unlink``: remove an identity from the account."""
        session = await self._require_session(incoming)
        fields = read_body(incoming)
        provider = text_field(fields, "provider", _MAX_CHARACTERS)
        if provider is None:
            raise BadRequest("provider must name the provider of the identity to remove.")
        account = await self._linking.unlink(session, provider, text_field(fields, "subject", _MAX_CHARACTERS))
        return json_reply(200, {"account": account_body(account)})

    async def list_devices(self, incoming: Incoming) -> Reply:
        """``GET sessions``: list the account's sessions as devices."""
        session = await self._require_session(incoming)
        devices = await self._sessions.list(session.account.id)
        return json_reply(200, {"sessions": [_device_body(one, session) for one in devices]})

    async def end_others(self, incoming: Incoming) -> Reply:
        """``DELETE sessions``: end all sessions of the account except this one."""
        session = await self._require_session(incoming)
        await self._sessions.revoke_all(session.account.id, keep=session.id)
        return empty_reply(204)

    async def end_one(self, incoming: Incoming) -> Reply:
        """``DELETE sessions/{id}``: end a session of this account. Another account's session is not found."""
        session = await self._require_session(incoming)
        if not await self._sessions.revoke(incoming.path.partition("/")[2], account_id=session.account.id):
            raise NotFound
        return empty_reply(204)

    async def _require_session(self, incoming: Incoming) -> Session:
        """Return the session of a request.

        Raises:
            NotSignedIn: there is none.
            ForeignOrigin, WrongHost: an unsafe request with the session cookie did not come from a page of the app.
            StoreError: the database does not answer.
        """
        by_cookie = bearer_token(incoming.header("authorization")) is None
        if by_cookie and incoming.method not in SAFE_METHODS:
            self._origins.require_app_page(incoming)
        session = (await self._clients.identify(incoming)).session
        if session is None:
            raise NotSignedIn
        return session


def _device_body(device: Device, present: Session) -> dict[str, object]:
    return {
        "id": device.id,
        "current": device.id == present.id,
        "browser": device.device_name,
        "network": device.network,
        "opened_at": int(device.opened_at),
        "seen_at": int(device.seen_at),
        "expires_at": int(device.expires_at),
    }
