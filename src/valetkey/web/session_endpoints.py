"""The routes of the session: who is signed in, collect the result of a login, sign out."""

from __future__ import annotations

from ..errors import (
    BadRequest,
    IdentityTaken,
    Interrupted,
    NeverANavigation,
    NotSignedIn,
    ReauthRequired,
    SessionChanged,
    ValetkeyError,
    WrongHost,
)
from ..login.assembly import Assembly
from ..login.attempt import PendingLink
from ..login.one_time_codes import challenge_of
from ..login.results import Client, Collected
from ..login.states import status_of_error
from ..models import Session
from .clients import Clients, Cookie
from .fields import read_body, read_query, text_field
from .guard import bearer_token
from .http import Incoming, Reply
from .origins import Origins
from .replies import account_body, empty_reply, error_body, json_reply, log_error

_MAX_ID_CHARACTERS = 64
_MAX_CODE_CHARACTERS = 128  # also the longest verifier, RFC 7636 §4.1
_MAX_SEALED_CHARACTERS = 4096


class SessionEndpoints:
    """``GET``, ``POST`` and ``DELETE`` on ``session``."""

    def __init__(self, assembly: Assembly, *, clients: Clients, origins: Origins) -> None:
        self._login = assembly.login
        self._linking = assembly.linking
        self._collector = assembly.collector
        self._one_time_codes = assembly.one_time_codes
        self._sessions = assembly.sessions
        self._clients = clients
        self._origins = origins

    async def read(self, incoming: Incoming) -> Reply:
        """``GET session``: who is signed in, and the status of a login. It changes nothing."""
        if incoming.header("sec-fetch-mode") == "navigate":
            raise NeverANavigation
        login_id = read_query(incoming).get("login")
        client = await self._clients.identify(incoming)
        if login_id is None:
            return json_reply(200, session_body(client.session))
        if len(login_id) > _MAX_ID_CHARACTERS:
            raise BadRequest("login must be the id of a login.")
        status, error = await self._collector.read_status(login_id, client)
        return json_reply(200, {**session_body(client.session), "login": _login_body(login_id, status, error)})

    # POST session

    async def collect(self, incoming: Incoming) -> Reply:
        """``POST session``: collect the result of a login. In cookie delivery, change a bearer token for a cookie."""
        self._origins.require_app_page(incoming)  # with a bearer token, too, because a cookie is set
        fields = read_body(incoming)
        login_id = text_field(fields, "login", _MAX_ID_CHARACTERS)
        bearer = bearer_token(incoming.header("authorization"))
        if bearer is not None and login_id is None:
            return await self._set_cookie_for(bearer)
        client = await self._clients.identify_page(incoming)
        if login_id is not None and (sealed := self._sealed_link(login_id, fields, client)) is not None:
            return await self._attach(login_id, sealed, fields, client)
        collected = await self._collect(login_id, fields, client)
        body = session_body(collected.session or client.session)
        if collected.login_id is not None:
            error = collected.error
            if isinstance(error, WrongHost):  # the login's cookie keeps the code alone
                error = self._origins.wrong_host(incoming)
            login = _login_body(collected.login_id, collected.status, error)
            body["login"] = {**login, "handed_off": True} if collected.handed_off else login
        if collected.signed_in is not None:
            body |= self._clients.token_body(collected.signed_in)
            cookies = self._clients.delivery_cookies(collected.signed_in)
        else:
            cookies = [self._clients.names.clear_login(one) for one in collected.clear]
        return json_reply(202 if collected.status in ("waiting", "finishing") else 200, body, cookies)

    async def _collect(self, login_id: str | None, fields: dict[str, object], client: Client) -> Collected:
        """Collect a sign-in: by a one-time code with its verifier, by the verifier alone, or by the login's cookie. It
        replaces the session that the request presents."""
        one_time_code = text_field(fields, "code", _MAX_CODE_CHARACTERS)
        verifier = text_field(fields, "verifier", _MAX_CODE_CHARACTERS)
        if one_time_code is not None:
            if login_id is None or verifier is None:
                raise BadRequest("A code is redeemed together with the login's id and the verifier.")
            signed_in_as = text_field(fields, "session", _MAX_ID_CHARACTERS)
            return await self._one_time_codes.redeem(login_id, one_time_code, verifier, client, signed_in_as)
        if login_id is not None and verifier is not None and login_id not in client.logins:
            return await self._one_time_codes.read_status(login_id, verifier)
        challenge = challenge_of(verifier) if verifier is not None else None
        return await self._collector.collect(login_id, client, challenge)

    def _sealed_link(self, login_id: str, fields: dict[str, object], client: Client) -> str | None:
        """Return the sealed identity that came back for a link, from the relay page (in ``code``) or from the login's
        cookie. None if the request collects a sign-in, or if the link has not come back."""
        code = text_field(fields, "code", _MAX_SEALED_CHARACTERS)
        if code is not None:
            return code if len(code) > _MAX_CODE_CHARACTERS else None
        is_link = isinstance(self._collector.find(login_id, client), PendingLink)
        return client.logins.get(login_id) if is_link else None

    async def _attach(self, login_id: str, sealed: str, fields: dict[str, object], client: Client) -> Reply:
        """Finish a link in token delivery. This request shows which account the identity is linked to."""
        if client.session is None:
            raise NotSignedIn
        verifier = text_field(fields, "verifier", _MAX_CODE_CHARACTERS)
        challenge = challenge_of(verifier) if verifier is not None else None
        cleared = (self._clients.names.clear_login(login_id),)
        try:
            session = await self._linking.attach(login_id, sealed, challenge, client.session)
        except (IdentityTaken, Interrupted, ReauthRequired, SessionChanged) as error:
            log_error(error)
            login = _login_body(login_id, status_of_error(error.code), error)
            return json_reply(200, {**session_body(client.session), "login": login}, cleared)
        return json_reply(200, {**session_body(session), "login": _login_body(login_id, "done", None)}, cleared)

    async def _set_cookie_for(self, bearer: str) -> Reply:
        session = await self._sessions.recognise(bearer)
        if session is None or self._clients.hands_out_tokens:
            return json_reply(200, session_body(session))
        cookie = self._clients.session_cookie(bearer, session.expires_at - session.opened_at)
        return json_reply(200, session_body(session), (cookie,))

    # DELETE session

    async def sign_out(self, incoming: Incoming) -> Reply:
        """``DELETE session``: sign out. It may be repeated, and an expired session token is enough."""
        if bearer_token(incoming.header("authorization")) is None:
            self._origins.require_app_page(incoming)
        return empty_reply(204, await self.end(incoming))

    async def end(self, incoming: Incoming) -> tuple[Cookie, ...]:
        """Sign out the client of any request. The caller has checked where it comes from.

        Returns:
            The headers that clear its cookies.

        Raises:
            StoreError: try again. What has ended stays ended.
        """
        names = self._clients.names
        cookies = names.read(incoming)
        bearer = bearer_token(incoming.header("authorization"))
        if bearer is None:
            await self._login.sign_out(cookies.session, Client(logins=cookies.logins))
            return (names.clear_session(), *(names.clear_login(one) for one in cookies.logins))
        # A bearer token proves whose session ends. The login cookies beside it count if a page of the app sent them:
        # what that page has started ends with its session.
        logins = cookies.logins if self._origins.is_app_page(incoming) else {}
        await self._login.sign_out(bearer, Client(logins=logins))
        return tuple(names.clear_login(one) for one in logins)


def session_body(session: Session | None) -> dict[str, object]:
    """Return the JSON that all these routes answer: the signed-in account, or null."""
    return {"account": account_body(session.account) if session is not None else None}


def _login_body(login_id: str, status: str, error: ValetkeyError | None) -> dict[str, object]:
    body: dict[str, object] = {"id": login_id, "state": status}
    return {**body, "error": error_body(error)} if error is not None else body
