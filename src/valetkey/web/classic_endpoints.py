"""Pages that make the requests themselves, as pages did before there was a module (docs/classic.md): a JSON request for
a token, the popup sent to the provider by the page, and then either our last page, which calls the opener's own
functions, or a second request with the verifier, where the provider came back to the page.

The bindings are the same as everybody's. What such a page sends as an address decides nothing.
"""

from __future__ import annotations

from ..crypto import constant_time_equals
from ..errors import AnotherBrowser, ClassicCrossOrigin, CodeRefused, CookiesBlocked
from ..login.assembly import Assembly
from ..login.results import Failed, SignedIn
from . import pages
from .account_endpoints import AccountEndpoints
from .clients import Clients
from .fields import read_body, text_field
from .http import Incoming, Reply
from .intents import Intents, require_a_window
from .origins import Origins
from .rate_limit import StartLimit
from .replies import error_reply, json_reply, log_error, page_reply
from .session_endpoints import account_reply


class ClassicEndpoints:
    """The JSON requests of ``POST /auth/{provider}``, and the popup's last page for a login that began by one."""

    def __init__(
        self,
        assembly: Assembly,
        *,
        browsers: Clients,
        origins: Origins,
        intents: Intents,
        account: AccountEndpoints,
        shown_by: pages.Pages,
        starts: StartLimit,
    ) -> None:
        self._starts = starts
        self._account = account
        self._login = assembly.login
        self._collector = assembly.collector
        self._browsers = browsers
        self._origins = origins
        self._intents = intents
        self._pages = shown_by

    async def step(self, incoming: Incoming, provider: str, *, links: bool = False) -> Reply:
        """The first gets a token, the second brings it back with its verifier; to sign in, or to link an identity."""
        self._origins.require_classic_page(incoming)
        require_a_window(incoming)
        fields = read_body(incoming)
        if text_field(fields, "oauth_verifier") is not None:
            return await self._second(incoming, provider, fields, links=links)
        intent = self._intents.of_classic(provider, fields)
        if links:
            intent = await self._account.linking(incoming, intent)
        self._starts.take(incoming, provider)
        intent = await self._browsers.begun_by(incoming, intent)
        started = await self._login.begin(intent)
        body = {"oauth_token": started.attempt.token, "oauth_callback_confirmed": "true"}
        return json_reply(200, body, self._browsers.leave(incoming, intent.id, started.sealed))

    async def _second(self, incoming: Incoming, provider: str, fields: dict[str, object], *, links: bool) -> Reply:
        query = {name: value for name, value in fields.items() if isinstance(value, str)}
        # A page that still holds an old token sends it with everything: the login's cookie counts all the same.
        browser = await self._browsers.of_page(incoming)
        held = self._login.find_login(query.get("oauth_token", ""), browser)
        if held is not None and held.challenge is not None:
            raise CodeRefused  # its page has a verifier, and this is not how it asks
        try:
            landing = await self._login.finish(provider, query, browser, may_restart=False, links=links)
        except (AnotherBrowser, CookiesBlocked):
            # Nothing is wrong with its browser: the request came without credentials, as satellizer sends them.
            if self._origins.listed_origin(incoming) is not None:
                raise ClassicCrossOrigin from None
            raise
        if isinstance(landing, SignedIn):
            body = self._browsers.handed(landing) or account_reply(landing.session)
            return json_reply(200, body, self._browsers.delivered(landing))
        if isinstance(landing, Failed):
            log_error(landing.error)
            return error_reply(incoming, landing.error, self._pages)
        return json_reply(202, {"account": None})

    async def last_page(self, incoming: Incoming, login_id: str) -> Reply:
        """Changes nothing. To a browser that did not begin this login it is everybody's last page, without its script.
        In token delivery it alone holds a pass: for an opener of this origin, whose function is called."""
        require_a_window(incoming)
        provider = self._login.provider(incoming.path.partition("/")[0])
        browser = await self._browsers.of(incoming)
        landed = await self._collector.find_session(login_id, browser)
        session = landed.session if landed is not None else browser.session
        if session is None or not constant_time_equals(session.login_id, login_id):
            return page_reply(200, self._pages.done(provider=provider, login=login_id))
        token = landed.session_token if landed is not None and self._browsers.hands_out_tokens else None
        handle = session.account.handle
        html = self._pages.classic(provider=provider, login=login_id, handle=handle, token=token)
        return page_reply(200, html, script_hash=pages.CLASSIC_HASH)
