"""A request's browser, as the core knows it, and what it is sent back: sessions and logins as cookies."""

from __future__ import annotations

from ..outcomes import Browser, Outcomes, SignedIn
from ..sessions import Sessions
from .cookies import MOST_LOGINS, CookieNames
from .guard import bearer
from .messages import Incoming

Cookie = tuple[str, str]


class Browsers:
    """Reads them in and writes to them."""

    __slots__ = ("_outcomes", "_sessions", "names")

    def __init__(self, *, names: CookieNames, sessions: Sessions, outcomes: Outcomes) -> None:
        self.names = names
        self._sessions = sessions
        self._outcomes = outcomes

    async def of(self, incoming: Incoming) -> Browser:
        """With its session recognised. A bearer has no cookies.

        Raises:
            StoreError: it takes the database to say who is signed in.
        """
        credentials = bearer(incoming.header("authorization"))
        if credentials is not None:
            return Browser(session=await self._sessions.recognise(credentials))
        cookies = self.names.read(incoming)
        session = await self._sessions.recognise(cookies.session)
        return Browser(logins=cookies.logins, session=session, has_cookies=cookies.any_at_all)

    def logins_of(self, incoming: Incoming) -> Browser:
        """Its logins alone: nothing is asked of the store."""
        return Browser(logins=self.names.read(incoming).logins)

    def expire_oldest(self, incoming: Incoming, new: str) -> list[Cookie]:
        """At most five login cookies: more of them, and servers answer 431 to everything."""
        others = [one for one in self._outcomes.oldest_first(self.logins_of(incoming)) if one != new]
        return [self.names.clear_login(one) for one in others[: max(len(others) + 1 - MOST_LOGINS, 0)]]

    def signed_in(self, landed: SignedIn) -> list[Cookie]:
        """The login cookie has served; the session's takes its place, unless it is there already."""
        cookies = [self.names.clear_login(landed.login)]
        if landed.pass_text is not None:
            cookies.append(self.session(landed.pass_text, landed.session.expires_at - landed.session.opened_at))
        return cookies

    def session(self, pass_text: str, seconds: float) -> Cookie:
        return self.names.set_session(pass_text, max(int(seconds), 1))
