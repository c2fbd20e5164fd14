"""The session's own routes: who is signed in, collect a finished login, sign out."""

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

_LONGEST_ID = 64
_LONGEST_CODE = 128  # RFC 7636 §4.1
_LONGEST_SEALED = 4096


class SessionEndpoints:
    """``GET``, ``POST`` and ``DELETE`` on ``session``."""

    def __init__(self, assembly: Assembly, *, browsers: Clients, origins: Origins) -> None:
        self._login = assembly.login
        self._linking = assembly.linking
        self._collector = assembly.collector
        self._one_time_codes = assembly.one_time_codes
        self._sessions = assembly.sessions
        self._browsers = browsers
        self._origins = origins

    async def read(self, incoming: Incoming) -> Reply:
        """Never sets anything."""
        if incoming.header("sec-fetch-mode") == "navigate":
            raise NeverANavigation
        login_id = read_query(incoming).get("login")
        browser = await self._browsers.of(incoming)
        if login_id is None:
            return json_reply(200, account_reply(browser.session))
        if len(login_id) > _LONGEST_ID:
            raise BadRequest("login must be the id of a login.")
        state, error = await self._collector.look(login_id, browser)
        return json_reply(200, {**account_reply(browser.session), "login": _login(login_id, state, error)})

    async def collect(self, incoming: Incoming) -> Reply:
        """Hand over what has finished; change a bearer for a cookie, where sessions are in cookies."""
        self._origins.require_app_page(incoming)  # also with a bearer, for a cookie is set
        fields = read_body(incoming)
        login_id = text_field(fields, "login", _LONGEST_ID)
        credentials = bearer_token(incoming.header("authorization"))
        if credentials is not None and login_id is None:
            return await self._cookie_for_bearer(credentials)
        browser = await self._browsers.of_page(incoming)
        if login_id is not None and (sealed := self._waiting_link(login_id, fields, browser)) is not None:
            return await self._attach(login_id, sealed, fields, browser)
        collected = await self._collected(login_id, fields, browser)
        body = account_reply(collected.session or browser.session)
        if collected.login_id is not None:
            login = _login(collected.login_id, collected.status, collected.error)
            body["login"] = {**login, "handed_off": True} if collected.handed_off else login
        if collected.signed_in is not None:
            body |= self._browsers.handed(collected.signed_in)
            cookies = self._browsers.delivered(collected.signed_in)
        else:
            cookies = [self._browsers.names.clear_login(one) for one in collected.clear]
        return json_reply(202 if collected.status in ("waiting", "finishing") else 200, body, cookies)

    async def _collected(self, login_id: str | None, fields: dict[str, object], browser: Client) -> Collected:
        """By the login's cookie; by its verifier, where none is sent; by a code and the verifier, once. A session that
        the request presents is replaced by the one that is collected."""
        code, verifier = text_field(fields, "code", _LONGEST_CODE), text_field(fields, "verifier", _LONGEST_CODE)
        if code is not None:
            if login_id is None or verifier is None:
                raise BadRequest("A code is redeemed together with the login's id and the verifier.")
            signed_in_as = text_field(fields, "session", _LONGEST_ID)
            return await self._one_time_codes.redeem(login_id, code, verifier, browser, signed_in_as)
        if login_id is not None and verifier is not None and login_id not in browser.logins:
            return await self._one_time_codes.look(login_id, verifier)
        challenge = challenge_of(verifier) if verifier is not None else None
        return await self._collector.collect(login_id, browser, challenge)

    def _waiting_link(self, login_id: str, fields: dict[str, object], browser: Client) -> str | None:
        """The sealed identity that came back for a link: by way of the relay page, or in the login's cookie. None where
        the request collects a sign-in, or a link that has not come back."""
        code = text_field(fields, "code", _LONGEST_SEALED)
        if code is not None:
            return code if len(code) > _LONGEST_CODE else None
        return (
            browser.logins.get(login_id) if isinstance(self._collector.find(login_id, browser), PendingLink) else None
        )

    async def _attach(self, login_id: str, sealed: str, fields: dict[str, object], browser: Client) -> Reply:
        """A link of a page whose session is a token: this request says to whose account the identity is tied."""
        if browser.session is None:
            raise NotSignedIn
        verifier = text_field(fields, "verifier", _LONGEST_CODE)
        challenge = challenge_of(verifier) if verifier is not None else None
        cleared = (self._browsers.names.clear_login(login_id),)
        try:
            session = await self._linking.attach(login_id, sealed, challenge, browser.session)
        except (IdentityTaken, Interrupted, ReauthRequired, SessionChanged) as error:
            log_error(error)
            failed = _login(login_id, status_of_error(error.code), error)
            return json_reply(200, {**account_reply(browser.session), "login": failed}, cleared)
        return json_reply(200, {**account_reply(session), "login": _login(login_id, "done", None)}, cleared)

    async def _cookie_for_bearer(self, credentials: str) -> Reply:
        session = await self._sessions.recognise(credentials)
        if session is None or self._browsers.hands_out_tokens:
            return json_reply(200, account_reply(session))
        cookie = self._browsers.session(credentials, session.expires_at - session.opened_at)
        return json_reply(200, account_reply(session), (cookie,))

    async def sign_out(self, incoming: Incoming) -> Reply:
        """Idempotent; an expired pass is enough."""
        if bearer_token(incoming.header("authorization")) is None:
            self._origins.require_app_page(incoming)
        return empty_reply(204, await self.end(incoming))

    async def end(self, incoming: Incoming) -> tuple[Cookie, ...]:
        """Sign out the browser of any request, wherever it comes from.

        Returns:
            The cookies to clear.

        Raises:
            StoreError: try again; what was ended stays ended.
        """
        names = self._browsers.names
        cookies = names.read(incoming)
        credentials = bearer_token(incoming.header("authorization"))
        if credentials is None:
            await self._login.sign_out(cookies.session, Client(logins=cookies.logins))
            return (names.clear_session(), *(names.clear_login(one) for one in cookies.logins))
        # A bearer proves who asks. Beside it the cookies of logins count where a page of ours sent them: what that page
        # began ends with its session.
        logins = cookies.logins if self._origins.is_app_page(incoming) else {}
        await self._login.sign_out(credentials, Client(logins=logins))
        return tuple(names.clear_login(one) for one in logins)


def account_reply(session: Session | None) -> dict[str, object]:
    """The body that all of them share."""
    return {"account": account_body(session.account) if session is not None else None}


def _login(login_id: str, state: str, error: ValetkeyError | None) -> dict[str, object]:
    body: dict[str, object] = {"id": login_id, "state": state}
    return {**body, "error": error_body(error)} if error is not None else body
