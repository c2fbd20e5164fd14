"""Reads from a request what a login needs to know of its client, and writes the cookies that the client gets."""

from __future__ import annotations

from dataclasses import replace

from ..login.attempt import Intent
from ..login.current_user import user_at_start
from ..login.failures import LoginFailures
from ..login.results import Client, SignedIn
from ..sessions.service import SessionService
from .client_addresses import ClientAddresses
from .cookies import CookieNames, Cookies
from .device_names import device_name
from .guard import bearer_token, presented_token
from .http import Incoming

Cookie = tuple[str, str]
"""A ``Set-Cookie`` header: its name and its value."""


class Clients:
    """Reads clients in, and writes their cookies.

    Args:
        names: reads and writes cookies.
        sessions: recognises session tokens.
        failures: sorts sealed logins by age.
        addresses: finds the client's network.
        hands_out_tokens: pages hold their session tokens, and no cookie does (token delivery).
    """

    __slots__ = ("_addresses", "_failures", "_sessions", "hands_out_tokens", "names")

    def __init__(
        self,
        *,
        names: CookieNames,
        sessions: SessionService,
        failures: LoginFailures,
        addresses: ClientAddresses,
        hands_out_tokens: bool = False,
    ) -> None:
        self.names = names
        self.hands_out_tokens = hands_out_tokens
        self._addresses = addresses
        self._sessions = sessions
        self._failures = failures

    # What a request presents

    async def identify(self, incoming: Incoming) -> Client:
        """Return the client of a request, with its session. Beside a bearer token, its cookies do not count.

        Raises:
            StoreError: the database is needed to recognise the session, and does not answer.
        """
        has_bearer = bearer_token(incoming.header("authorization")) is not None
        return await self._client(incoming, Cookies(any_sent=True) if has_bearer else self.names.read(incoming))

    async def identify_page(self, incoming: Incoming) -> Client:
        """Return the client of a request whose origin was checked. Its login cookies count beside a bearer token, too.

        Raises:
            StoreError: the database is needed to recognise the session, and does not answer.
        """
        return await self._client(incoming, self.names.read(incoming))

    async def _client(self, incoming: Incoming, cookies: Cookies) -> Client:
        session_token = self._presented_token(incoming, cookies)
        return Client(
            logins=cookies.logins,
            session=await self._sessions.recognise(session_token),
            stated_session_id=self._stated_session_id(session_token),
            has_cookies=cookies.any_sent,
            device_name=device_name(incoming.header("user-agent")),
            network=self._addresses.network(incoming),
            find_user=incoming.find_user,
        )

    def logins_only(self, incoming: Incoming) -> Client:
        """Return the client with its login cookies alone, which needs no database."""
        return Client(logins=self.names.read(incoming).logins)

    async def bind_to_session(self, incoming: Incoming, intent: Intent) -> Intent:
        """Add to an intent the session that its page has. The login ends together with that session. Without a live
        session, add the user whom the app has signed in by other means.

        Raises:
            StoreError: the database is needed, and does not answer.
            AppFailed: the app's function that finds that user failed.
        """
        session_token = self._presented_token(incoming, self.names.read(incoming))
        if incoming.find_user is not None and intent.link is None and not await self._sessions.recognise(session_token):
            intent = replace(intent, app_user=await user_at_start(incoming.find_user))
        stated = self._stated_session_id(session_token) or intent.signed_in_as
        if stated is None:
            return intent
        # The session of a link was checked already.
        was_over = intent.link is None and await self._sessions.is_over(stated)
        return replace(intent, signed_in_as=stated, was_over=was_over)

    def _presented_token(self, incoming: Incoming, cookies: Cookies) -> str | None:
        # In token delivery a session cookie is left over from a former setting. It is not the session of the page.
        session_cookie = None if self.hands_out_tokens else cookies.session
        return presented_token(incoming.header("authorization"), session_cookie)

    def _stated_session_id(self, session_token: str | None) -> str | None:
        stated = self._sessions.read_token(session_token)
        return stated.session_id if stated is not None else None

    # What a reply sets

    def set_login(self, incoming: Incoming, login_id: str, sealed: str) -> list[Cookie]:
        """Return the headers that set a login's cookie and clear the oldest others that are too many or too long."""
        return [self.names.set_login(login_id, sealed), *self._clear_excess(incoming, login_id=login_id, sealed=sealed)]

    def clear_login(self, incoming: Incoming, login_id: str) -> list[Cookie]:
        """Return the headers that clear a login's cookie and the oldest others that are too many."""
        excess = self._clear_excess(incoming)
        cleared = self.names.clear_login(login_id)
        return excess if cleared in excess else [cleared, *excess]

    def _clear_excess(self, incoming: Incoming, *, login_id: str = "", sealed: str = "") -> list[Cookie]:
        cookies = self.names.read(incoming)
        if not cookies.logins:
            return []
        oldest_first = self._failures.oldest_first(Client(logins=cookies.logins))
        excess = self.names.excess_logins(cookies, oldest_first, login_id=login_id, sealed=sealed)
        return [self.names.clear_login(one) for one in excess]

    def callback_cookies(self, signed_in: SignedIn) -> list[Cookie]:
        """Return the cookies that the callback sets.

        In token delivery, and for a link, it sets none: the page collects the result by the login's cookie.
        """
        return [] if self.hands_out_tokens or signed_in.linked else self.delivery_cookies(signed_in)

    def delivery_cookies(self, signed_in: SignedIn) -> list[Cookie]:
        """Return the headers that clear the login's cookie and, in cookie delivery, set the session's."""
        cookies = [self.names.clear_login(signed_in.login_id)]
        session = signed_in.session
        if signed_in.session_token is not None and not self.hands_out_tokens:
            cookies.append(self.session_cookie(signed_in.session_token, session.expires_at - session.opened_at))
        return cookies

    def token_body(self, signed_in: SignedIn) -> dict[str, object]:
        """Return the session token as a field of a JSON body, in token delivery; else no field."""
        if not self.hands_out_tokens or signed_in.session_token is None:
            return {}
        return {"token": signed_in.session_token}

    def session_cookie(self, session_token: str, seconds: float) -> Cookie:
        """Return the header that sets the session cookie for this many seconds."""
        return self.names.set_session(session_token, max(int(seconds), 1))
