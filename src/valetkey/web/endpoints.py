"""The table of requests (docs, HTTP contract): ``Incoming`` to ``Reply``, the same for every framework.

Each handler reads as: who may ask, what was sent, what the login says, how that looks from outside. Nothing here knows
a secret of a provider, and nothing a client sends chooses an address.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable

from ..assembly import Assembly
from ..errors import (
    BadRequest,
    MethodNotAllowed,
    NotANavigation,
    NotFound,
    ProviderError,
    SettingsError,
    StoreError,
    ValetkeyError,
    error_by_code,
)
from ..login import Landing, Started
from ..model import Intent
from ..outcomes import Ended, SignedIn
from . import pages
from .browser import Browsers
from .cookies import LOGIN_ID, CookieNames
from .fields import JSON, media_type, read_body, read_query, text_field
from .guard import Guard
from .messages import Incoming, Reply
from .origin import Origins
from .replies import (
    empty_reply,
    error_body,
    error_headers,
    error_reply,
    json_reply,
    page_reply,
    redirect_reply,
    wants_page,
)
from .signed_in import SessionEndpoints, account_reply

log = logging.getLogger("valetkey")

_FRAMES = frozenset({"iframe", "frame", "embed", "object", "fencedframe"})
_MODES = frozenset({"popup", "page"})
_SHOWN_ELSEWHERE = frozenset({"another_browser", "cookies_blocked", "expired"})


class Endpoints:
    """Our routes, over one assembly."""

    def __init__(self, assembly: Assembly) -> None:
        settings = assembly.settings
        self.assembly = assembly
        self.names = CookieNames(secure=settings.secure)
        self.origins = Origins(settings)
        self.guard = Guard(sessions=assembly.sessions, names=self.names, origins=self.origins)
        self._login = assembly.login
        self._outcomes = assembly.outcomes
        self._browsers = Browsers(names=self.names, sessions=assembly.sessions, outcomes=assembly.outcomes)
        self._session = SessionEndpoints(assembly, browsers=self._browsers, origins=self.origins)
        self._prefix = settings.prefix
        self._pages = pages.Pages(prefix=settings.prefix, openers=settings.origins, templates=settings.templates)
        self._callbacks = settings.callbacks

    async def answer(self, incoming: Incoming) -> Reply:
        """Answer any request below the prefix; every failure has become a reply."""
        try:
            reply = await self._route(incoming)
        except ValetkeyError as error:
            _note(error)
            reply = error_reply(incoming, error, self._pages)
        return self._with_cors(incoming, reply)

    async def _route(self, incoming: Incoming) -> Reply:
        if incoming.method == "OPTIONS":
            return empty_reply(204, (("allow", "GET, POST, DELETE"),))
        asset = pages.asset(incoming.path)
        if asset is not None:
            return _asset_reply(incoming, asset)
        if incoming.path == "session":
            return await _by_method(
                incoming, GET=self._session.read, POST=self._session.collect, DELETE=self._session.sign_out
            )
        name, slash, rest = incoming.path.partition("/")
        self._login.provider(name)
        if not slash:
            return await _by_method(incoming, GET=self._callback, POST=self._begin)
        if rest == "done":
            return await _by_method(incoming, GET=self._done_page)
        if rest == "failed":
            return await _by_method(incoming, GET=self._failed_page)
        raise NotFound

    # Beginning

    async def _begin(self, incoming: Incoming) -> Reply:
        self.origins.require_ours(incoming)
        _require_a_window(incoming)
        fields = read_body(incoming)
        if media_type(incoming) == JSON:
            if text_field(fields, "oauth_verifier") is not None:
                return await self._second_step(incoming, fields)
            return await self._begin_classic(incoming, fields)
        intent = self._intent(incoming, fields, text_field(fields, "mode") or "popup")
        try:
            started = await self._login.begin(intent)
        except ProviderError as error:
            _note(error)
            ended = self._login.not_begun(intent, error)
            cookie = self.names.set_login(intent.id, ended.sealed or "")
            return error_reply(incoming, error, self._pages, (cookie,), back=_back(intent))
        return self._go_on(started, self._browsers.expire_oldest(incoming, intent.id))

    async def _begin_classic(self, incoming: Incoming, fields: dict[str, object]) -> Reply:
        intent = self._intent(incoming, fields, "classic")
        started = await self._login.begin(intent)
        body = {"oauth_token": started.pending.token, "oauth_callback_confirmed": "true"}
        cookies = self._browsers.expire_oldest(incoming, intent.id)
        return json_reply(200, body, (self.names.set_login(intent.id, started.sealed), *cookies))

    def _intent(self, incoming: Incoming, fields: dict[str, object], mode: str) -> Intent:
        login_id = text_field(fields, "login") or secrets.token_urlsafe(16)
        if not LOGIN_ID.fullmatch(login_id):
            raise BadRequest("login must be 22 characters of base64url, drawn at random.")
        if mode not in _MODES and mode != "classic":
            raise BadRequest("mode must be popup or page.")
        asked = fields.get("redirectUri")
        return Intent(
            id=login_id,
            provider=incoming.path,
            callback_url=asked if isinstance(asked, str) and asked in self._callbacks else self._callbacks[0],
            mode=mode,
            return_to=self.origins.return_to(text_field(fields, "return_to")),
            challenge=text_field(fields, "challenge", 128),
        )

    def _go_on(self, started: Started, cookies: list[tuple[str, str]]) -> Reply:
        """Not a redirect: a page's ``form-action 'self'`` would stop one, and the popup would hang."""
        provider = self._login.provider(started.pending.provider)
        html = self._pages.begin(provider_title=provider.title, continue_url=started.send_to)
        refresh = ("refresh", f"0; url={started.send_to}")
        login = self.names.set_login(started.pending.id, started.sealed)
        return page_reply(200, html, (refresh, login, *cookies))

    # Finishing

    async def _callback(self, incoming: Incoming) -> Reply:
        try:
            _require_a_window(incoming)
            query = read_query(incoming)
            landing = await self._login.finish(incoming.path, query, await self._browsers.of(incoming))
        except ValetkeyError as error:
            _note(error)
            return self._failed(incoming, error)
        return self._landed(incoming, landing)

    async def _second_step(self, incoming: Incoming, fields: dict[str, object]) -> Reply:
        query = {name: value for name, value in fields.items() if isinstance(value, str)}
        browser = await self._browsers.of(incoming)
        landing = await self._login.finish(incoming.path, query, browser, may_restart=False)
        if isinstance(landing, SignedIn):
            return json_reply(200, account_reply(landing.session), self._browsers.signed_in(landing))
        if isinstance(landing, Ended):
            _note(landing.error)
            return error_reply(incoming, landing.error, self._pages)
        return json_reply(202, {"account": None})

    def _landed(self, incoming: Incoming, landing: Landing) -> Reply:
        if isinstance(landing, SignedIn):
            clean = f"{self._prefix}/{incoming.path}/done?login={landing.login}"
            location = (landing.return_to or "/") if landing.mode == "page" else clean
            return redirect_reply(location, self._browsers.signed_in(landing))
        if isinstance(landing, Started):
            return self._go_on(landing, [])
        if isinstance(landing, Ended):
            _note(landing.error)
            kept = landing.sealed
            return self._failed(
                incoming, landing.error, [self.names.set_login(landing.outcome.id, kept)] if kept else []
            )
        wait = ("refresh", "1"), ("retry-after", "1")
        if wants_page(incoming):
            return page_reply(202, self._pages.finishing(), wait)
        return json_reply(202, {"login": {"state": "finishing"}}, wait)

    def _failed(self, incoming: Incoming, error: ValetkeyError, cookies: list[tuple[str, str]] | None = None) -> Reply:
        """To a page whose address carries the code and nothing else; the verifier leaves the address bar."""
        if not wants_page(incoming):
            return json_reply(error.status, {"error": error_body(error)}, [*(cookies or ()), *error_headers(error)])
        return redirect_reply(f"{self._prefix}/{incoming.path}/failed?code={error.code}", cookies or ())

    async def _done_page(self, incoming: Incoming) -> Reply:
        login_id = read_query(incoming).get("login", "")
        if not LOGIN_ID.fullmatch(login_id):
            raise BadRequest("login must be the id of a login.")
        return page_reply(200, self._pages.done(login=login_id))

    async def _failed_page(self, incoming: Incoming) -> Reply:
        error = error_by_code(read_query(incoming).get("code", ""))
        name = incoming.path.partition("/")[0]
        back = self._outcomes.way_back(error.code, self._browsers.logins_of(incoming))
        elsewhere = error.code in _SHOWN_ELSEWHERE
        retry_provider = (name, self._login.provider(name).title) if elsewhere else None
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


def _require_a_window(incoming: Incoming) -> None:
    """Never in a frame, and never because a browser guessed ahead: the callback changes state by GET."""
    ahead = "".join(incoming.header(name) or "" for name in ("sec-purpose", "purpose", "x-moz"))
    if incoming.header("sec-fetch-dest") in _FRAMES or "pre" in ahead:
        raise NotANavigation


def _asset_reply(incoming: Incoming, asset: pages.Asset) -> Reply:
    if incoming.method not in ("GET", "HEAD"):
        raise MethodNotAllowed("GET", "HEAD")
    headers = (
        ("access-control-allow-origin", "*"),
        ("cache-control", "no-cache"),
        ("content-type", asset.content_type),
        ("cross-origin-resource-policy", "cross-origin"),
        ("etag", asset.etag),
        ("x-content-type-options", "nosniff"),
    )
    if incoming.header("if-none-match") == asset.etag:
        return Reply(status=304, headers=headers)
    return Reply(status=200, headers=headers, body=asset.body if incoming.method == "GET" else b"")


def _back(intent: Intent) -> str | None:
    return (intent.return_to or "/") if intent.mode == "page" else None


def _note(error: ValetkeyError) -> None:
    """For the developer: the cause, never a value. What a person or an attacker causes is not worth a warning."""
    loud = isinstance(error, (ProviderError, StoreError, SettingsError))
    log.log(logging.WARNING if loud else logging.INFO, "%s: %s", error.code, error.explanation)
