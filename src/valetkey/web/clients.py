"""A request's browser, as the core knows it, and what it is sent back: sessions and logins as cookies."""

from __future__ import annotations

from dataclasses import replace

from ..login.attempt import Intent
from ..login.failures import LoginFailures
from ..login.results import Client, SignedIn
from ..sessions.service import SessionService
from .client_addresses import ClientAddresses, browser_name
from .cookies import CookieNames, Cookies
from .guard import bearer
from .http import Incoming

Cookie = tuple[str, str]


class Clients:
    """Reads them in and writes to them.

    Args:
        hands_out_tokens: a page is handed its pass, and no cookie holds one.
    """

    __slots__ = ("_failures", "_sessions", "_visitors", "hands_out_tokens", "names")

    def __init__(
        self,
        *,
        names: CookieNames,
        sessions: SessionService,
        failures: LoginFailures,
        visitors: ClientAddresses,
        hands_out_tokens: bool = False,
    ) -> None:
        self._visitors = visitors
        self.names = names
        self.hands_out_tokens = hands_out_tokens
        self._sessions = sessions
        self._failures = failures

    async def of(self, incoming: Incoming) -> Client:
        """With its session recognised. A bearer has no cookies.

        Raises:
            StoreError: it takes the database to say who is signed in.
        """
        credentials = bearer(incoming.header("authorization"))
        if credentials is not None:
            return await self._known(incoming, Cookies(any_at_all=True), credentials)
        cookies = self.names.read(incoming)
        return await self._known(incoming, cookies, self._pass_in(cookies))

    async def of_page(self, incoming: Incoming) -> Client:
        """Of a request that a page's origin vouches for: beside a bearer, the cookies of logins count, too."""
        cookies = self.names.read(incoming)
        credentials = bearer(incoming.header("authorization"))
        return await self._known(incoming, cookies, self._pass_in(cookies) if credentials is None else credentials)

    def _pass_in(self, cookies: Cookies) -> str | None:
        """The session's pass. Where pages hold tokens, a session cookie is left over from a former setting: it is not
        the session of the page, and does not count."""
        return None if self.hands_out_tokens else cookies.session

    async def _known(self, incoming: Incoming, cookies: Cookies, session_token: str | None) -> Client:
        return Client(
            logins=cookies.logins,
            session=await self._sessions.recognise(session_token),
            stated_session_id=self._stated(session_token),
            has_cookies=cookies.any_at_all,
            device_name=browser_name(incoming),
            network=self._visitors.network(incoming),
        )

    def stated_session(self, incoming: Incoming) -> str | None:
        """The id of the session whose pass a request presents, live or not. The store is not asked."""
        credentials = bearer(incoming.header("authorization"))
        return self._stated(self._pass_in(self.names.read(incoming)) if credentials is None else credentials)

    async def begun_by(self, incoming: Incoming, intent: Intent) -> Intent:
        """The login that this request begins, with the session that it presents: the login does not outlive it."""
        stated = self.stated_session(incoming) or intent.signed_in_as
        if stated is None:
            return intent
        was_over = intent.link is None and await self._sessions.is_over(stated)  # one that links was seen to live
        return replace(intent, signed_in_as=stated, was_over=was_over)

    def _stated(self, session_token: str | None) -> str | None:
        stated = self._sessions.read_token(session_token)
        return stated.session_id if stated is not None else None

    def logins_of(self, incoming: Incoming) -> Client:
        """Its logins alone: nothing is asked of the store."""
        return Client(logins=self.names.read(incoming).logins)

    def leave(self, incoming: Incoming, login_id: str, sealed: str) -> list[Cookie]:
        """Set a login's cookie. The oldest of the others expire where all of them are too many or too long."""
        return [self.names.set_login(login_id, sealed), *self._excess(incoming, login_id=login_id, sealed=sealed)]

    def clear(self, incoming: Incoming, login_id: str) -> list[Cookie]:
        """Clear the cookie of a login that is over, and of the oldest others where there are too many."""
        excess = self._excess(incoming)
        cleared = self.names.clear_login(login_id)
        return excess if cleared in excess else [cleared, *excess]

    def _excess(self, incoming: Incoming, *, login_id: str = "", sealed: str = "") -> list[Cookie]:
        cookies = self.names.read(incoming)
        oldest_first = self._failures.oldest_first(Client(logins=cookies.logins))
        gone = self.names.excess(cookies, oldest_first, login_id=login_id, sealed=sealed)
        return [self.names.clear_login(one) for one in gone]

    def landed(self, landed: SignedIn) -> list[Cookie]:
        """What the callback leaves. A page that is handed its pass, or learns of a link, collects it by the login's
        cookie."""
        return [] if self.hands_out_tokens or landed.linked else self.delivered(landed)

    def delivered(self, landed: SignedIn) -> list[Cookie]:
        """The login cookie has served; the session's takes its place, unless it is there already."""
        cookies = [self.names.clear_login(landed.login_id)]
        if landed.session_token is not None and not self.hands_out_tokens:
            cookies.append(self.session(landed.session_token, landed.session.expires_at - landed.session.opened_at))
        return cookies

    def handed(self, landed: SignedIn) -> dict[str, object]:
        """The pass for the page, in the body of an answer to a request of its own, where the app asked for that."""
        return {"token": landed.session_token} if self.hands_out_tokens and landed.session_token is not None else {}

    def session(self, session_token: str, seconds: float) -> Cookie:
        return self.names.set_session(session_token, max(int(seconds), 1))
