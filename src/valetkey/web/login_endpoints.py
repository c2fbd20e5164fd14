"""The routes of a login: the start, the callback, and the popup's last page.

Each handler reads from top to bottom: check who may ask, parse what was sent, ask the login service, show its answer.
Nothing here knows a provider's secret, and nothing that a client sends chooses an address.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..errors import BadRequest, ValetkeyError
from ..login.assembly import Assembly
from ..login.attempt import Intent, LoginFailure
from ..login.results import CallbackResult, CodeIssued, Failed, LinkWaits, SignedIn, Started
from ..settings.shell_origins import is_extension_page
from . import pages
from .account_endpoints import AccountEndpoints
from .classic_endpoints import ClassicEndpoints
from .clients import Clients, Cookie
from .cookies import LOGIN_ID
from .failure_pages import FailurePages
from .fields import JSON, media_type, read_body, read_query
from .form_post import FormPost
from .http import Incoming, Reply
from .intents import IntentReader, refuse_frame_and_prefetch
from .origins import Origins
from .rate_limit import StartLimit
from .replies import (
    error_for_script,
    error_reply,
    json_reply,
    log_error,
    page_reply,
    redirect_reply,
    wants_page,
    with_fragment,
)


class LoginEndpoints:
    """Everything below ``{provider}``."""

    def __init__(
        self,
        assembly: Assembly,
        *,
        clients: Clients,
        origins: Origins,
        account: AccountEndpoints,
        form_post: FormPost,
        templates: pages.Pages,
        failure_pages: FailurePages,
        start_limit: StartLimit,
    ) -> None:
        settings = assembly.settings
        self._login = assembly.login
        self._clients = clients
        self._origins = origins
        self._account = account
        self._form_post = form_post
        self._pages = templates
        self._failure_pages = failure_pages
        self._start_limit = start_limit
        self._intents = IntentReader(settings, origins)
        self._classic = ClassicEndpoints(
            assembly,
            clients=clients,
            origins=origins,
            intents=self._intents,
            account=account,
            templates=templates,
            start_limit=start_limit,
        )
        self._prefix = settings.public_prefix
        self._home = settings.home
        self._relay = settings.relay
        self._relay_is_in_extension = is_extension_page(settings.relay or "")

    def require_provider(self, name: str) -> None:
        """Check that a provider is configured.

        Raises:
            UnknownProvider: it is not.
        """
        self._login.provider(name)

    # The start

    async def start(self, incoming: Incoming) -> Reply:
        """``POST {provider}`` and ``POST {provider}/link``: start a login, or finish one of a classic page."""
        provider, _, links = incoming.path.partition("/")
        if media_type(incoming) == JSON:
            self.require_provider(provider)
            return await self._classic.post(incoming, provider, links=bool(links))
        self._origins.require_app_page(incoming)
        fields: dict[str, object] = {}
        try:
            fields = read_body(incoming)
            return self._to_provider(incoming, await self._begin(incoming, provider, fields, links=bool(links)))
        except ValetkeyError as error:
            return self._start_failed(incoming, provider, fields, error)

    async def _begin(self, incoming: Incoming, provider: str, fields: dict[str, object], *, links: bool) -> Started:
        self.require_provider(provider)
        refuse_frame_and_prefetch(incoming)
        intent = self._intents.from_form(provider, fields)
        if intent.challenge is None and self._origins.is_shell_page(incoming):
            raise BadRequest("A page in a shell or an extension begins a login with a challenge: use the module.")
        self._origins.require_callback_host(incoming, intent.callback_url)
        if links:
            intent = await self._account.to_link(incoming, intent)
        self._start_limit.take(incoming, provider)
        intent = await self._clients.bind_to_session(incoming, intent)
        return await self._login.begin(intent)

    def _start_failed(
        self, incoming: Incoming, provider: str, fields: dict[str, object], error: ValetkeyError
    ) -> Reply:
        """Show why a login did not start, and leave it in the login's cookie for the page that waits."""
        is_known = any(one.name == provider for one in self._login.providers)
        log_error(error, provider if is_known else None)
        intent = self._intents.failed(provider if is_known else "", fields)
        if intent is None:
            return error_reply(incoming, error, self._pages)
        failed = self._login.start_failed(intent, error)
        headers = [
            *self._clients.set_login(incoming, intent.id, failed.sealed or ""),
            *self._refresh_to_relay(intent, error),
        ]
        if not wants_page(incoming):
            return error_reply(incoming, error, self._pages, headers)
        back = (intent.return_to or self._home) if intent.mode == "page" else None
        return self._failure_pages.of_start(incoming, error, provider if is_known else None, headers, back=back)

    def _to_provider(self, incoming: Incoming, started: Started) -> Reply:
        """Send the window to the provider. Not by a redirect: ``form-action 'self'`` in the policy of the app's page
        stops a redirect after a form, and the popup would hang."""
        provider = self._login.provider(started.attempt.provider)
        html = self._pages.begin(provider=provider, continue_url=started.send_to)
        refresh = ("refresh", f"0; url={started.send_to}")
        return page_reply(200, html, (refresh, *self._clients.set_login(incoming, started.attempt.id, started.sealed)))

    # The callback

    async def callback(self, incoming: Incoming) -> Reply:
        """``GET {provider}``: the provider sends the window back, or our answer to its form does (``form_post``)."""
        posted_name = self._clients.names.read(incoming).posted_name
        reply = await self._answer_callback(incoming, posted_name)
        if posted_name is None:
            return reply
        return replace(reply, headers=(*reply.headers, self._clients.names.clear_posted_name()))

    async def _answer_callback(self, incoming: Incoming, posted_name: str | None) -> Reply:
        try:
            refuse_frame_and_prefetch(incoming)
            query = read_query(incoming)
            client = await self._clients.identify(incoming)
            name = self._form_post.name_in(posted_name, incoming.path, query.get("state"))
            result = await self._login.finish(incoming.path, query, client, display_name=name)
        except ValetkeyError as error:
            log_error(error)
            return self._show_failure(incoming, error)
        return self._show_result(incoming, result)

    def _show_result(self, incoming: Incoming, result: CallbackResult) -> Reply:
        if isinstance(result, SignedIn):
            done = self._done_url(incoming, result.login_id) + ("&classic=1" if result.mode == "classic" else "")
            location = (result.return_to or self._home) if result.mode == "page" else done
            return self._go_to(incoming, location, self._clients.callback_cookies(result))
        if isinstance(result, CodeIssued):
            # A start from another site sends none of the earlier cookies, so only now can there be too many.
            cookies = self._clients.clear_login(incoming, result.login_id)
            return self._to_relay(incoming, f"login={result.login_id}&code={result.one_time_code}", cookies)
        if isinstance(result, LinkWaits):
            return self._show_waiting_link(incoming, result)
        if isinstance(result, Started):
            if self._origins.is_own_script(incoming):
                return self._go_to(
                    incoming, result.send_to, self._clients.set_login(incoming, result.attempt.id, result.sealed)
                )
            return self._to_provider(incoming, result)
        if isinstance(result, Failed):
            return self._show_failed_login(incoming, result)
        wait = ("refresh", "1"), ("retry-after", "1")
        if wants_page(incoming):
            return page_reply(202, self._pages.finishing(), wait)
        return json_reply(202, {"login": {"state": "finishing"}}, wait)

    def _to_relay(self, incoming: Incoming, fragment: str, cookies: Sequence[Cookie]) -> Reply:
        """Send the window to the relay page. A fragment reaches no server and no Referer header."""
        location = f"{self._relay}#{fragment}"
        if self._relay_is_in_extension and not self._origins.is_own_script(incoming):
            # Chromium asks which page leads to the extension's. After a redirect it would be the provider's.
            return page_reply(200, self._pages.finishing(), (("refresh", f"0; url={location}"), *cookies))
        return self._go_to(incoming, location, cookies)

    def _go_to(self, incoming: Incoming, location: str, headers: Sequence[Cookie]) -> Reply:
        """Redirect, or tell a script of the app's own page where a redirect would lead.

        A service worker may answer the callback with the app's page. The module in that page then sends the request
        itself. A script cannot see the fragment of a redirect, nor follow one to another origin.
        """
        if self._origins.is_own_script(incoming):
            return json_reply(200, {"go_to": with_fragment(location)}, headers)
        return redirect_reply(location, headers)

    def _show_waiting_link(self, incoming: Incoming, result: LinkWaits) -> Reply:
        """Leave the sealed identity for the page, which collects it with its token: through the relay page, or in the
        login's cookie."""
        link = result.link
        if self._relay is not None:
            cookies = self._clients.clear_login(incoming, link.id)
            return self._to_relay(incoming, f"login={link.id}&code={result.sealed}", cookies)
        location = (link.return_to or self._home) if link.mode == "page" else self._done_url(incoming, link.id)
        return self._go_to(incoming, location, self._clients.set_login(incoming, link.id, result.sealed))

    def _show_failed_login(self, incoming: Incoming, result: Failed) -> Reply:
        error = result.error
        log_error(error, result.failure.provider)
        refresh = self._refresh_to_relay(result.failure, error)
        if refresh and wants_page(incoming):
            return page_reply(error.status, self._pages.failed(error, leads_on=True), refresh)
        cookies = self._clients.set_login(incoming, result.failure.id, result.sealed) if result.sealed else ()
        location = self._relay_address(result.failure, error)
        if location is None and result.failure.mode == "page":
            location = result.failure.return_to or self._home
        return self._show_failure(incoming, error, cookies, location)

    def _show_failure(
        self, incoming: Incoming, error: ValetkeyError, cookies: Sequence[Cookie] = (), location: str | None = None
    ) -> Reply:
        """Redirect to a page whose address has the error's code alone, so that the verifier leaves the address bar.

        Args:
            location: where a script of the app's own page goes on to, with the error. None if there is no such place.
        """
        if not wants_page(incoming):
            go_to = location if self._origins.is_own_script(incoming) else None
            return error_for_script(error, cookies, go_to=go_to)
        return redirect_reply(f"{self._prefix}/{incoming.path}/failed?code={error.code}", cookies)

    def _refresh_to_relay(self, login: Intent | LoginFailure, error: ValetkeyError) -> list[Cookie]:
        """Return the header that tells a page on another site of the failure, through its relay page. Not a redirect,
        because the policy of the app's page may stop one after a form."""
        address = self._relay_address(login, error)
        return [] if address is None else [("refresh", f"0; url={address}")]

    def _relay_address(self, login: Intent | LoginFailure, error: ValetkeyError) -> str | None:
        if self._relay is None or login.challenge is None:
            return None
        return f"{self._relay}#login={login.id}&error={error.code}"

    def _done_url(self, incoming: Incoming, login_id: str) -> str:
        return f"{self._prefix}/{incoming.path}/done?login={login_id}"

    # The last page

    async def done_page(self, incoming: Incoming) -> Reply:
        """``GET {provider}/done``: the popup's last page after a success. It changes nothing."""
        query = read_query(incoming)
        login_id = query.get("login", "")
        if not LOGIN_ID.fullmatch(login_id):
            raise BadRequest("login must be the id of a login.")
        if "classic" in query:
            return await self._classic.last_page(incoming, login_id)
        provider = self._login.provider(incoming.path.partition("/")[0])
        return page_reply(200, self._pages.done(provider=provider, login_id=login_id))
