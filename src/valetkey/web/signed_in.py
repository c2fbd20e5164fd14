"""The session's own routes: who is signed in, collect a finished login, sign out."""

from __future__ import annotations

from ..assembly import Assembly
from ..errors import BadRequest, NeverANavigation, ValetkeyError
from ..model import Session
from ..outcomes import Browser
from .browser import Browsers
from .fields import read_body, read_query, text_field
from .guard import bearer
from .messages import Incoming, Reply
from .origin import Origins
from .replies import account_body, empty_reply, error_body, json_reply

_LONGEST_ID = 64


class SessionEndpoints:
    """``GET``, ``POST`` and ``DELETE`` on ``session``."""

    def __init__(self, assembly: Assembly, *, browsers: Browsers, origins: Origins) -> None:
        self._login = assembly.login
        self._outcomes = assembly.outcomes
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
        state, error = await self._outcomes.look(login_id, browser)
        return json_reply(200, {**account_reply(browser.session), "login": _login(login_id, state, error)})

    async def collect(self, incoming: Incoming) -> Reply:
        """Hand over what has finished; change a bearer for a cookie."""
        self._origins.require_ours(incoming)  # also with a bearer, for a cookie is set
        fields = read_body(incoming)
        credentials = bearer(incoming.header("authorization"))
        if credentials is not None:
            return await self._cookie_for_bearer(credentials)
        login_id = text_field(fields, "login", _LONGEST_ID)
        collected = await self._outcomes.collect(login_id, await self._browsers.of(incoming))
        body = account_reply(collected.session)
        if collected.login is not None:
            body["login"] = _login(collected.login, collected.state, collected.error)
        if collected.signed_in is not None:
            cookies = self._browsers.signed_in(collected.signed_in)
        else:
            cookies = [self._browsers.names.clear_login(one) for one in collected.clear]
        return json_reply(202 if collected.state in ("waiting", "finishing") else 200, body, cookies)

    async def _cookie_for_bearer(self, credentials: str) -> Reply:
        session = await self._sessions.recognise(credentials)
        if session is None:
            return json_reply(200, account_reply(None))
        cookie = self._browsers.session(credentials, session.expires_at - session.opened_at)
        return json_reply(200, account_reply(session), (cookie,))

    async def sign_out(self, incoming: Incoming) -> Reply:
        """Idempotent; an expired pass is enough."""
        credentials = bearer(incoming.header("authorization"))
        if credentials is not None:
            await self._login.sign_out(credentials, Browser())
            return empty_reply(204)
        self._origins.require_ours(incoming)
        names = self._browsers.names
        cookies = names.read(incoming)
        await self._login.sign_out(cookies.session, Browser(logins=cookies.logins))
        return empty_reply(204, (names.clear_session(), *(names.clear_login(one) for one in cookies.logins)))


def account_reply(session: Session | None) -> dict[str, object]:
    """The body that all of them share."""
    return {"account": account_body(session.account) if session is not None else None}


def _login(login_id: str, state: str, error: ValetkeyError | None) -> dict[str, object]:
    body: dict[str, object] = {"id": login_id, "state": state}
    return {**body, "error": error_body(error)} if error is not None else body
