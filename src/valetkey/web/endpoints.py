"""The table of routes: one plain request in, one plain reply out, the same for every framework (docs/http.md)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from ..crypto.keys import Keys
from ..errors import MethodNotAllowed, NotFound, ValetkeyError
from ..login.assembly import Assembly
from ..protocols.grammar import elements
from ..settings.addresses import is_loopback
from . import pages
from .account_endpoints import AccountEndpoints
from .client_addresses import ClientAddresses
from .clients import Clients, Cookie
from .cookies import CookieNames
from .error_list import error_list
from .failure_pages import FailurePages
from .form_post import FormPost
from .guard import Guard
from .health import Health
from .http import Incoming, Reply
from .login_endpoints import LoginEndpoints
from .origins import Origins
from .provider_list import provider_list
from .proxy_check import ProxyCheck
from .rate_limit import StartLimit
from .records import records
from .replies import empty_reply, error_reply, log_error, page_reply
from .reports import Reports
from .ribbon import with_ribbon
from .sandbox_start import SandboxStart
from .session_endpoints import SessionEndpoints
from .shell_start import ShellStart
from .startup.once import Once
from .startup.run import current_run
from .websockets import WebSocketEndpoints

Handler = Callable[[Incoming], Awaitable[Reply]]


class Endpoints:
    """All routes of an app.

    Args:
        assembly: the parts of the app.
        startup: the start-up check of the app. None: one that does not know where the routes are.

    Attributes:
        assembly, startup: as they were passed.
        names: reads and writes cookies.
        origins: decides which pages may change state.
        guard: tells the app's own routes who is signed in.
        websockets: redeems the tickets of handshakes.
    """

    def __init__(self, assembly: Assembly, startup: Once | None = None) -> None:
        settings = assembly.settings
        records.add(settings)
        self.assembly = assembly
        self.startup = startup or Once(settings)
        self.names = CookieNames(secure=settings.secure, name=settings.cookie)
        self.origins = Origins(settings)
        self.guard = Guard(
            sessions=assembly.sessions,
            names=self.names,
            origins=self.origins,
            hands_out_tokens=settings.hands_out_tokens,
        )
        addresses = ClientAddresses(settings.proxies)
        clients = Clients(
            names=self.names,
            sessions=assembly.sessions,
            failures=assembly.failures,
            addresses=addresses,
            hands_out_tokens=settings.hands_out_tokens,
        )
        self._pages = pages.Pages(
            prefix=settings.public_prefix,
            openers=settings.origins,
            templates=settings.templates,
            title=settings.shown_title,
            shows_hints=is_loopback(settings.public_origin),
            home=settings.home,
        )
        self._error_list = error_list(settings.public_prefix)
        self._reports = Reports(self.origins, settings.public_origin)
        self._provider_list = provider_list(assembly.login.providers, secure=settings.secure, sandbox=settings.sandbox)
        self._sandbox = SandboxStart(settings.sandbox_at)
        self._has_ribbon = settings.sandbox
        self._proxy_check = ProxyCheck(settings)
        self._health = Health(assembly.store) if settings.health else None
        self._session = SessionEndpoints(assembly, clients=clients, origins=self.origins)
        self.websockets = WebSocketEndpoints(assembly, clients=clients)
        self._account = AccountEndpoints(assembly, clients=clients, origins=self.origins)
        self._form_post = FormPost(prefix=settings.public_prefix, names=self.names, keys=Keys(settings.secrets))
        self._shell_start = ShellStart(assembly, self.origins)
        self._failure_pages = FailurePages(assembly, clients=clients, templates=self._pages)
        self._login = LoginEndpoints(
            assembly,
            clients=clients,
            origins=self.origins,
            account=self._account,
            form_post=self._form_post,
            templates=self._pages,
            failure_pages=self._failure_pages,
            start_limit=StartLimit(settings, addresses),
        )

    async def answer(self, incoming: Incoming) -> Reply:
        """Answer a request below the prefix. Every ``ValetkeyError`` becomes a reply."""
        records.watch()
        if current_run() is None:  # the start-up check asks as a proxy would, too
            self._proxy_check.check(incoming)
        incoming = self.origins.without_cookies_of_shells(incoming)
        try:
            reply = await self._route(incoming)
        except ValetkeyError as error:
            log_error(error)
            reply = error_reply(incoming, error, self._pages)
        return self._with_cors(incoming, with_ribbon(reply) if self._has_ribbon else reply)

    def refuse(self, incoming: Incoming, error: ValetkeyError) -> Reply:
        """Answer a request below the prefix with an error."""
        return self._with_cors(incoming, error_reply(incoming, error, self._pages))

    async def sign_out(self, incoming: Incoming) -> tuple[Cookie, ...]:
        """Sign out the client of a request to a route of the app, as ``DELETE session`` does.

        Args:
            incoming: the request. The app has checked where it comes from.

        Returns:
            The ``Set-Cookie`` headers that the route's reply must have.

        Raises:
            StoreError: try again. What has ended stays ended.
        """
        return await self._session.end(incoming)

    async def _route(self, incoming: Incoming) -> Reply:
        if incoming.method == "OPTIONS":
            return empty_reply(204, (("allow", "GET, POST, DELETE"),))
        if incoming.path == "health" and self._health is not None:
            return await self._health.answer(incoming)
        asset = self._provider_list if incoming.path == "providers" else pages.asset(incoming.path)
        if asset is not None:
            self._sandbox.try_to_ensure()
            return asset_reply(incoming, asset)
        # It may start a login; what the start-up check asks does not.
        if incoming.method == "POST" or incoming.path.endswith("/authorize"):
            self._sandbox.ensure()
        handlers = self._handlers(incoming.path, incoming.method)
        handler = handlers.get(incoming.method)
        if handler is None:
            raise MethodNotAllowed(*handlers)
        return await handler(incoming)

    def _handlers(self, path: str, method: str) -> Mapping[str, Handler]:
        """Return the handlers of a path, by method.

        A start checks its provider by itself, because it leaves the error for the page that waits.

        Raises:
            NotFound: there is no such route.
            UnknownProvider: its provider is not configured.
        """
        session, account, login = self._session, self._account, self._login
        if path == "session":
            return {"GET": session.read, "POST": session.collect, "DELETE": session.sign_out}
        if path == "errors":
            return {"GET": self._explain_errors}
        if path == "ticket":
            return {"POST": self.websockets.issue}
        if path == "report":
            return {"POST": self._reports.post}
        name, slash, rest = path.partition("/")
        if name == "sessions":
            if rest:
                return {"DELETE": account.end_one}
            return {"GET": account.list_devices, "DELETE": account.end_others}
        if name == "unlink" and not rest:
            return {"POST": account.unlink}
        if method == "POST" and (not slash or rest == "link"):
            return {"POST": login.start}
        login.require_provider(name)
        if not slash:
            return {"GET": login.callback, "POST": login.start}
        if rest == "return":
            return {"POST": self._form_post.post}
        if rest == "link":
            return {"POST": login.start}
        if rest == "start":
            return {"GET": self._shell_start.page}
        if rest == "authorize" and login.listed.are_there(name):
            return {"GET": login.listed.authorize}
        if rest == "done":
            return {"GET": login.done_page}
        if rest == "failed":
            return {"GET": self._failure_pages.show}
        raise NotFound

    async def _explain_errors(self, incoming: Incoming) -> Reply:
        return page_reply(200, self._error_list)

    def _with_cors(self, incoming: Incoming, reply: Reply) -> Reply:
        """Add the CORS headers for a listed origin: exactly that origin, with credentials. Fetch standard §3.2."""
        for name, _ in reply.headers:
            if name == "access-control-allow-origin":
                return reply
        headers = [*reply.headers, ("vary", "Origin")]
        origin = self.origins.listed_origin(incoming)
        if origin is not None:
            headers.append(("access-control-allow-origin", origin))
            headers.append(("access-control-allow-credentials", "true"))
            if incoming.method == "OPTIONS":
                headers.append(("access-control-allow-methods", "GET, POST, DELETE"))
                headers.append(("access-control-allow-headers", "authorization, content-type"))
                headers.append(("access-control-max-age", "600"))
        return Reply(status=reply.status, headers=headers, body=reply.body)


def asset_reply(incoming: Incoming, asset: pages.Asset) -> Reply:
    """Return a file that any origin may read, or 304 if the client has it. RFC 9110 §13.1.2."""
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
    if _has_it(incoming, asset):
        return Reply(status=304, headers=headers)
    if incoming.method == "HEAD":
        return Reply(status=200, headers=(*headers, ("content-length", str(len(asset.body)))))
    return Reply(status=200, headers=headers, body=asset.body)


def _has_it(incoming: Incoming, asset: pages.Asset) -> bool:
    """Whether the client has this file. RFC 9110 §13.1.2: ``If-None-Match = "*" / #entity-tag``.

    Tags compare weakly (§8.8.3.2), because what compresses an answer on its way makes its tag a weak one.
    """
    listed = [one for name, value in incoming.headers if name == "if-none-match" for one in elements(value)]
    return listed == ["*"] or asset.etag in (one.removeprefix("W/") for one in listed)
