"""The routes of a login: the start, the callback, and the popup's last page.

Each handler reads from top to bottom: check who may ask, parse what was sent, ask the login service, show its answer.
Nothing here knows a provider's secret, and nothing that a client sends chooses an address.
"""

from __future__ import annotations

from dataclasses import replace

from ..errors import BadRequest, ValetkeyError
from ..login.assembly import Assembly
from ..login.results import Started
from . import pages
from .account_endpoints import AccountEndpoints
from .callback_answers import CallbackAnswers
from .classic_endpoints import ClassicEndpoints
from .clients import Clients
from .cookies import LOGIN_ID
from .failure_pages import FailurePages
from .fields import JSON, media_type, read_body, read_query
from .form_post import FormPost
from .http import Incoming, Reply
from .intents import IntentReader, refuse_frame_and_prefetch
from .listed_pages import ListedPages
from .origins import Origins
from .rate_limit import StartLimit
from .replies import (
    error_reply,
    log_error,
    page_reply,
    wants_page,
)


class LoginEndpoints:
    """Everything below ``{provider}``.

    Attributes:
        listed: the routes of listed pages.
    """

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
        self.listed = ListedPages(
            assembly, clients=clients, origins=origins, intents=self._intents, start_limit=start_limit
        )
        self._classic = ClassicEndpoints(
            assembly,
            clients=clients,
            origins=origins,
            intents=self._intents,
            account=account,
            listed=self.listed,
            templates=templates,
            start_limit=start_limit,
        )
        self._answers = CallbackAnswers(assembly, clients=clients, origins=origins, templates=templates)
        self._home = settings.home

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
            return self._answers.to_provider(incoming, await self._begin(incoming, provider, fields, links=bool(links)))
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
            *self._answers.refresh_to_relay(intent, error),
        ]
        if not wants_page(incoming):
            return error_reply(incoming, error, self._pages, headers)
        back = (intent.return_to or self._home) if intent.mode == "page" else None
        return self._failure_pages.of_start(incoming, error, provider if is_known else None, headers, back=back)

    # The callback

    async def callback(self, incoming: Incoming) -> Reply:
        """``GET {provider}``: the provider sends the window back, or our answer to its form does (``form_post``)."""
        posted_name = self._clients.names.posted_name_in(incoming)
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
            return self._answers.show_failure(incoming, error)
        return self._answers.show(incoming, result)

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
