"""The routes of classic pages, which make their requests themselves (docs/classic.md).

A classic page sends a JSON request for a request token and opens the popup at the provider. Then the provider sends the
popup to one of two places. At our callback, the popup ends at our last page, which calls functions of its opener. At
a page of the app, that page sends a second JSON request with the verifier, as satellizer does. That is OAuth 1.0a. With
OAuth 2.0 such a page gets a code from us, and its one JSON request redeems it (``listed_pages``).

Such logins have the same bindings as all others. An address that the page sends decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..crypto import constant_time_equals
from ..errors import AnotherBrowser, BadRequest, ClassicCrossOrigin, CodeRefused, CookiesBlocked
from ..login.assembly import Assembly
from ..login.results import Failed, SignedIn
from ..protocols.oauth1 import OAuth1
from . import pages
from .account_endpoints import AccountEndpoints
from .clients import Clients
from .fields import read_body, text_field
from .http import Incoming, Reply
from .intents import IntentReader, refuse_frame_and_prefetch
from .listed_pages import ListedPages
from .origins import Origins
from .rate_limit import StartLimit
from .replies import error_reply, json_reply, log_error, page_reply
from .session_endpoints import session_body


class ClassicEndpoints:
    """The JSON requests of ``POST {provider}`` and ``POST {provider}/link``, and the last page of such a login."""

    def __init__(
        self,
        assembly: Assembly,
        *,
        clients: Clients,
        origins: Origins,
        intents: IntentReader,
        account: AccountEndpoints,
        listed: ListedPages,
        templates: pages.Pages,
        start_limit: StartLimit,
    ) -> None:
        self._login = assembly.login
        self._collector = assembly.collector
        self._clients = clients
        self._origins = origins
        self._intents = intents
        self._account = account
        self._listed = listed
        self._pages = templates
        self._start_limit = start_limit

    async def post(self, incoming: Incoming, provider: str, *, links: bool = False) -> Reply:
        """Answer a JSON request. The first one has no verifier and starts a login; the second one finishes it.

        Args:
            incoming: the request.
            provider: the name of a configured provider.
            links: whether to link an identity instead of signing in.

        Raises:
            BadRequest: a field is malformed, or the page has its code from the provider and not from us.
        """
        self._origins.require_classic_page(incoming)
        refuse_frame_and_prefetch(incoming)
        fields = read_body(incoming)
        if not isinstance(self._login.provider(provider).protocol, OAuth1):
            return await self._redeem(incoming, provider, fields, links=links)
        if text_field(fields, "oauth_verifier") is not None:
            return await self._finish(incoming, provider, fields, links=links)
        return await self._start(incoming, provider, fields, links=links)

    async def _start(self, incoming: Incoming, provider: str, fields: dict[str, object], *, links: bool) -> Reply:
        intent = self._intents.from_json(provider, fields)
        self._origins.require_callback_host(incoming, intent.callback_url)
        if links:
            intent = await self._account.to_link(incoming, intent)
        self._start_limit.take(incoming, provider)
        intent = await self._clients.bind_to_session(incoming, intent)
        started = await self._login.begin(intent)
        body = {"oauth_token": started.attempt.request_id, "oauth_callback_confirmed": "true"}
        return json_reply(200, body, self._clients.set_login(incoming, intent.id, started.sealed))

    async def _finish(self, incoming: Incoming, provider: str, fields: dict[str, object], *, links: bool) -> Reply:
        query = {name: value for name, value in fields.items() if isinstance(value, str)}
        # A page that still has an old token sends it with every request. The login's cookie counts all the same.
        client = await self._clients.identify_page(incoming)
        login = self._login.find_login(query.get("oauth_token", ""), client)
        if login is not None and login.challenge is not None:
            raise CodeRefused  # a page with a verifier of its own does not finish its login here
        with self._asking_for_credentials(incoming):
            result = await self._login.finish(provider, query, client, may_restart=False, links=links)
        if isinstance(result, SignedIn):
            return self._signed_in(result)
        if isinstance(result, Failed):
            log_error(result.error, provider)
            return error_reply(incoming, result.error, self._pages)
        return json_reply(202, {"account": None})

    async def _redeem(self, incoming: Incoming, provider: str, fields: dict[str, object], *, links: bool) -> Reply:
        if links:
            raise BadRequest("With OAuth 2.0 an identity is linked by the module, /auth/client.js.")
        with self._asking_for_credentials(incoming):
            return self._signed_in(await self._listed.redeem(incoming, provider, fields))

    def _signed_in(self, result: SignedIn) -> Reply:
        body = self._clients.token_body(result) or session_body(result.session)
        return json_reply(200, body, self._clients.delivery_cookies(result))

    @contextmanager
    def _asking_for_credentials(self, incoming: Incoming) -> Iterator[None]:
        """Name the cause where the browser is the right one, and the page sent its request without credentials, as
        satellizer does."""
        try:
            yield
        except (AnotherBrowser, CookiesBlocked):
            if self._origins.listed_origin(incoming) is not None:
                raise ClassicCrossOrigin from None
            raise

    async def last_page(self, incoming: Incoming, login_id: str) -> Reply:
        """Answer ``GET {provider}/done`` of a classic login. It changes nothing.

        A browser that did not start this login gets the usual last page, without the script. In token delivery the page
        contains the session token, for a function of an opener on this origin.
        """
        refuse_frame_and_prefetch(incoming)
        provider = self._login.provider(incoming.path.partition("/")[0])
        client = await self._clients.identify(incoming)
        signed_in = await self._collector.find_session(login_id, client)
        session = signed_in.session if signed_in is not None else client.session
        if session is None or not constant_time_equals(session.login_id, login_id):
            return page_reply(200, self._pages.done(provider=provider, login_id=login_id))
        token = signed_in.session_token if signed_in is not None and self._clients.hands_out_tokens else None
        handle = session.account.handle
        html = self._pages.classic(provider=provider, login_id=login_id, handle=handle, token=token)
        return page_reply(200, html, script_hash=pages.CLASSIC_HASH)
