"""The table of requests (docs, HTTP contract): ``Incoming`` to ``Reply``, the same for every framework.

Each handler reads as: who may ask, what was sent, what the login says, how that looks from outside. Nothing here knows
a secret of a provider, and nothing a client sends chooses an address.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ..errors import BadRequest, MethodNotAllowed, NotFound, ProviderError, UserError, ValetkeyError
from ..login.assembly import Assembly
from ..login.attempt import Intent, LoginFailure
from ..login.results import CallbackResult, CodeIssued, Failed, LinkWaits, SignedIn, Started
from . import pages
from .account_endpoints import AccountEndpoints
from .classic_endpoints import ClassicEndpoints
from .client_addresses import ClientAddresses
from .clients import Clients, Cookie
from .cookies import LOGIN_ID, CookieNames
from .fields import JSON, media_type, read_body, read_query
from .guard import Guard
from .http import Incoming, Reply
from .intents import Intents, require_a_window
from .origins import Origins
from .provider_list import provider_list
from .proxy_check import Proxies
from .rate_limit import Starts
from .replies import (
    empty_reply,
    error_body,
    error_headers,
    error_reply,
    json_reply,
    note,
    page_reply,
    redirect_reply,
    wants_page,
)
from .session_endpoints import SessionEndpoints

_SHOWN_ELSEWHERE = frozenset({"another_browser", "cookies_blocked", "expired"})


class Endpoints:
    """Our routes, over one assembly."""

    def __init__(self, assembly: Assembly) -> None:
        settings = assembly.settings
        self.assembly = assembly
        self.names = CookieNames(secure=settings.secure, name=settings.cookie)
        self.origins = Origins(settings)
        self.guard = Guard(sessions=assembly.sessions, names=self.names, origins=self.origins)
        self._login = assembly.login
        self._failures = assembly.failures
        visitors = ClientAddresses(settings.proxies)
        self._starts = Starts(settings, visitors)
        self._browsers = Clients(
            names=self.names,
            sessions=assembly.sessions,
            failures=assembly.failures,
            visitors=visitors,
            hands_out_tokens=settings.hands_out_tokens,
        )
        self._session = SessionEndpoints(assembly, browsers=self._browsers, origins=self.origins)
        self._account = AccountEndpoints(assembly, browsers=self._browsers, origins=self.origins)
        self._prefix = settings.public_prefix
        self._provider_list = provider_list(assembly.login.providers, secure=settings.secure)
        self._pages = pages.Pages(prefix=settings.public_prefix, openers=settings.origins, templates=settings.templates)
        self._proxies = Proxies(settings)
        self._relay = settings.relay
        # A page that is handed its session begins its logins itself, with a verifier: one of ours would land nowhere.
        self._app_page = settings.app_page if settings.hands_out_tokens else None
        self._intents = Intents(settings, self.origins)
        self._classic = ClassicEndpoints(
            assembly,
            browsers=self._browsers,
            origins=self.origins,
            intents=self._intents,
            account=self._account,
            shown_by=self._pages,
            starts=self._starts,
        )

    async def answer(self, incoming: Incoming) -> Reply:
        """Answer any request below the prefix; every failure has become a reply."""
        self._proxies.notice(incoming)
        try:
            reply = await self._route(incoming)
        except ValetkeyError as error:
            note(error)
            reply = error_reply(incoming, error, self._pages)
        return self._with_cors(incoming, reply)

    async def sign_out(self, incoming: Incoming) -> tuple[Cookie, ...]:
        """Do for a route of the app's own what ``DELETE session`` does. The app's own guard judges who may ask.

        Returns:
            The ``Set-Cookie`` headers that the route's answer must carry.

        Raises:
            StoreError: try again; what was ended stays ended.
        """
        return await self._session.end(incoming)

    async def _route(self, incoming: Incoming) -> Reply:
        if incoming.method == "OPTIONS":
            return empty_reply(204, (("allow", "GET, POST, DELETE"),))
        asset = self._provider_list if incoming.path == "providers" else pages.asset(incoming.path)
        if asset is not None:
            return _asset_reply(incoming, asset)
        if incoming.path == "session":
            return await _by_method(
                incoming, GET=self._session.read, POST=self._session.collect, DELETE=self._session.sign_out
            )
        name, slash, rest = incoming.path.partition("/")
        if name == "sessions":
            if rest:
                return await _by_method(incoming, DELETE=self._account.end_one)
            return await _by_method(incoming, GET=self._account.devices, DELETE=self._account.end_others)
        if name == "unlink" and not rest:
            return await _by_method(incoming, POST=self._account.unlink)
        self._login.provider(name)
        if not slash:
            return await _by_method(incoming, GET=self._callback, POST=self._begin)
        if rest == "link":
            return await _by_method(incoming, POST=self._begin)
        if rest == "done":
            return await _by_method(incoming, GET=self._done_page)
        if rest == "failed":
            return await _by_method(incoming, GET=self._failed_page)
        raise NotFound

    # Beginning

    async def _begin(self, incoming: Incoming) -> Reply:
        """To sign in, or, at ``/link``, to link an identity to who is signed in."""
        provider, _, links = incoming.path.partition("/")
        if media_type(incoming) == JSON:
            return await self._classic.step(incoming, provider, links=bool(links))
        self.origins.require_ours(incoming)
        require_a_window(incoming)
        intent = self._intents.of_form(provider, read_body(incoming))
        try:
            if links:
                intent = await self._account.linking(incoming, intent)
            self._starts.require(incoming, provider)
            intent = await self._browsers.begun_by(incoming, intent)
            started = await self._login.begin(intent)
        except (ProviderError, UserError) as error:
            note(error)
            ended = self._login.start_failed(intent, error)
            cookies = self._browsers.leave(incoming, intent.id, ended.sealed or "")
            on_to_the_app = self._on_to_the_app(intent, error)
            return error_reply(incoming, error, self._pages, (*cookies, *on_to_the_app), back=_back(intent))
        return self._go_on(incoming, started)

    def _go_on(self, incoming: Incoming, started: Started) -> Reply:
        """Not a redirect: a page's ``form-action 'self'`` would stop one, and the popup would hang."""
        provider = self._login.provider(started.attempt.provider)
        html = self._pages.begin(provider=provider, continue_url=started.send_to)
        refresh = ("refresh", f"0; url={started.send_to}")
        return page_reply(200, html, (refresh, *self._browsers.leave(incoming, started.attempt.id, started.sealed)))

    # Finishing

    async def _callback(self, incoming: Incoming) -> Reply:
        try:
            require_a_window(incoming)
            query = read_query(incoming)
            landing = await self._login.finish(incoming.path, query, await self._browsers.of(incoming))
        except ValetkeyError as error:
            note(error)
            return self._failed(incoming, error)
        return self._landed(incoming, landing)

    def _landed(self, incoming: Incoming, landing: CallbackResult) -> Reply:
        if isinstance(landing, SignedIn):
            clean = f"{self._prefix}/{incoming.path}/done?login={landing.login_id}"
            clean += "&classic=1" if landing.mode == "classic" else ""
            location = (landing.return_to or "/") if landing.mode == "page" else clean
            return redirect_reply(location, self._browsers.landed(landing))
        if isinstance(landing, CodeIssued):
            # In the fragment, which no server sees and no Referer carries.
            location = f"{self._relay}#login={landing.login_id}&code={landing.one_time_code}"
            # A start from another site carries none of the earlier cookies, so only now can there be too many.
            return redirect_reply(location, self._browsers.clear(incoming, landing.login_id))
        if isinstance(landing, LinkWaits):
            return self._waits(incoming, landing)
        if isinstance(landing, Started):
            return self._go_on(incoming, landing)
        if isinstance(landing, Failed):
            note(landing.error)
            kept = landing.sealed
            if wants_page(incoming) and (onward := self._on_to_the_app(landing.failure, landing.error)):
                return page_reply(landing.error.status, self._pages.failed(landing.error), onward)
            cookies = self._browsers.leave(incoming, landing.failure.id, kept) if kept else []
            return self._failed(incoming, landing.error, cookies)
        wait = ("refresh", "1"), ("retry-after", "1")
        if wants_page(incoming):
            return page_reply(202, self._pages.finishing(), wait)
        return json_reply(202, {"login": {"state": "finishing"}}, wait)

    def _waits(self, incoming: Incoming, landing: LinkWaits) -> Reply:
        """For the page to collect with its token: by the login's cookie, or by way of its relay page."""
        pending = landing.link
        if self._relay is not None:
            location = f"{self._relay}#login={pending.id}&code={landing.sealed}"
            return redirect_reply(location, self._browsers.clear(incoming, pending.id))
        clean = f"{self._prefix}/{incoming.path}/done?login={pending.id}"
        location = (pending.return_to or "/") if pending.mode == "page" else clean
        return redirect_reply(location, self._browsers.leave(incoming, pending.id, landing.sealed))

    def _on_to_the_app(self, login: Intent | LoginFailure, error: ValetkeyError) -> list[tuple[str, str]]:
        """A page on another site learns of a failure as of a success: by way of its relay page. Not by a redirect,
        which a page's ``form-action`` may stop."""
        if self._relay is None or login.challenge is None:
            return []
        return [("refresh", f"0; url={self._relay}#login={login.id}&error={error.code}")]

    def _failed(self, incoming: Incoming, error: ValetkeyError, cookies: list[tuple[str, str]] | None = None) -> Reply:
        """To a page whose address carries the code and nothing else; the verifier leaves the address bar."""
        if not wants_page(incoming):
            return json_reply(error.status, {"error": error_body(error)}, [*(cookies or ()), *error_headers(error)])
        return redirect_reply(f"{self._prefix}/{incoming.path}/failed?code={error.code}", cookies or ())

    async def _done_page(self, incoming: Incoming) -> Reply:
        query = read_query(incoming)
        login_id = query.get("login", "")
        if not LOGIN_ID.fullmatch(login_id):
            raise BadRequest("login must be the id of a login.")
        if "classic" in query:
            return await self._classic.last_page(incoming, login_id)
        provider = self._login.provider(incoming.path.partition("/")[0])
        return page_reply(200, self._pages.done(provider=provider, login=login_id))

    async def _failed_page(self, incoming: Incoming) -> Reply:
        error = self._failures.error_for_code(read_query(incoming).get("code", ""), self._browsers.logins_of(incoming))
        name = incoming.path.partition("/")[0]
        back = self._failures.return_address(error.code, self._browsers.logins_of(incoming))
        retry_provider = None
        if error.code in _SHOWN_ELSEWHERE and self._app_page is None:
            retry_provider = self._login.provider(name)
        elif error.code in _SHOWN_ELSEWHERE:
            back = self._app_page
        html = self._pages.failed(error, back=back, retry_provider=retry_provider)
        return page_reply(error.status, html, error_headers(error))

    def _with_cors(self, incoming: Incoming, reply: Reply) -> Reply:
        """Credentialed answers for the listed origins, exact, and their preflights."""
        headers = list(reply.headers)
        if not any(name == "access-control-allow-origin" for name, _ in headers):
            headers.append(("vary", "Origin"))
            origin = self.origins.listed(incoming)
            if origin is not None:
                headers.append(("access-control-allow-origin", origin))
                headers.append(("access-control-allow-credentials", "true"))
                if incoming.method == "OPTIONS":
                    headers.append(("access-control-allow-methods", "GET, POST, DELETE"))
                    headers.append(("access-control-allow-headers", "authorization, content-type"))
                    headers.append(("access-control-max-age", "600"))
        return Reply(status=reply.status, headers=headers, body=reply.body)


Handler = Callable[[Incoming], Awaitable[Reply]]


async def _by_method(incoming: Incoming, **handlers: Handler) -> Reply:
    handler = handlers.get(incoming.method)
    if handler is None:
        raise MethodNotAllowed(*handlers)
    return await handler(incoming)


def _asset_reply(incoming: Incoming, asset: pages.Asset) -> Reply:
    if incoming.method not in ("GET", "HEAD"):
        raise MethodNotAllowed("GET", "HEAD")
    headers = (
        ("access-control-allow-origin", "*"),
        ("cache-control", asset.cache_control),
        ("content-type", asset.content_type),
        ("cross-origin-resource-policy", "cross-origin"),
        ("etag", asset.etag),
        ("x-content-type-options", "nosniff"),
    )
    if incoming.header("if-none-match") == asset.etag:
        return Reply(status=304, headers=headers)
    if incoming.method == "HEAD":
        return Reply(status=200, headers=(*headers, ("content-length", str(len(asset.body)))))
    return Reply(status=200, headers=headers, body=asset.body)


def _back(intent: Intent) -> str | None:
    return (intent.return_to or "/") if intent.mode == "page" else None
