"""What a signed-in person does with the account: link an identity, unlink one, see the devices, sign out elsewhere."""

from __future__ import annotations

from ..errors import BadRequest, NotFound, NotSignedIn
from ..login.assembly import Assembly
from ..login.attempt import Intent, LinkToAccount, LinkToCollector
from ..models import Device, Session
from .clients import Clients
from .fields import read_body, text_field
from .guard import bearer
from .http import Incoming, Reply
from .origins import SAFE_METHODS, Origins
from .replies import account_body, empty_reply, json_reply

_LONGEST = 256


class AccountEndpoints:
    """``POST {provider}/link``, ``POST unlink``, and everything below ``sessions``."""

    def __init__(self, assembly: Assembly, *, browsers: Clients, origins: Origins) -> None:
        self._linking = assembly.linking
        self._sessions = assembly.account_sessions
        self._browsers = browsers
        self._origins = origins

    async def linking(self, incoming: Incoming, intent: Intent) -> Intent:
        """The same intent, with the account and the session that ask for it sealed in.

        Raises:
            NotSignedIn, ReauthRequired, SessionChanged, StoreError
        """
        session = (await self._browsers.of_page(incoming)).session
        if session is None and self._browsers.hands_out_tokens and intent.challenge is not None:
            # No window presents a token: the page proves when it collects that it holds the session it names here.
            return intent.linking(LinkToCollector(session_id=intent.signed_in_as))
        if session is None:
            raise NotSignedIn
        await self._linking.require_fresh(session)
        return intent.linking(LinkToAccount(account_id=session.account.id, session_id=session.id))

    async def unlink(self, incoming: Incoming) -> Reply:
        session = await self._signed_in(incoming)
        fields = read_body(incoming)
        provider = text_field(fields, "provider", _LONGEST)
        if provider is None:
            raise BadRequest("Name the provider of the identity that shall go.")
        account = await self._linking.unlink(session, provider, text_field(fields, "subject", _LONGEST))
        return json_reply(200, {"account": account_body(account)})

    # Devices

    async def devices(self, incoming: Incoming) -> Reply:
        session = await self._signed_in(incoming)
        shown = await self._sessions.list(session.account.id)
        return json_reply(200, {"sessions": [_device(one, session) for one in shown]})

    async def end_others(self, incoming: Incoming) -> Reply:
        session = await self._signed_in(incoming)
        await self._sessions.revoke_all(session.account.id, keep=session.id)
        return empty_reply(204)

    async def end_one(self, incoming: Incoming) -> Reply:
        """Of this account. One of another's is as unknown as one that never was."""
        session = await self._signed_in(incoming)
        if not await self._sessions.revoke(incoming.path.partition("/")[2], account_id=session.account.id):
            raise NotFound
        return empty_reply(204)

    async def _signed_in(self, incoming: Incoming) -> Session:
        """Raises: NotSignedIn, ForeignOrigin, WrongHost, StoreError."""
        by_cookie = bearer(incoming.header("authorization")) is None
        if by_cookie and incoming.method not in SAFE_METHODS:
            self._origins.require_ours(incoming)
        session = (await self._browsers.of(incoming)).session
        if session is None:
            raise NotSignedIn
        return session


def _device(device: Device, present: Session) -> dict[str, object]:
    return {
        "id": device.id,
        "current": device.id == present.id,
        "browser": device.device_name,
        "network": device.network,
        "opened_at": int(device.opened_at),
        "seen_at": int(device.seen_at),
        "expires_at": int(device.expires_at),
    }
