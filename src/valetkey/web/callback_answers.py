"""Shows the answers to callbacks: where a window goes on to, or the page that it shows.

A login ends at one of four places: at our last page, in the tab's own page, at a relay page or at a listed page. Each
of them learns of a failure, too.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import ValetkeyError
from ..login.assembly import Assembly
from ..login.attempt import Intent, LoginFailure, listed_page_of
from ..login.results import CallbackResult, CodeIssued, Failed, LinkWaits, SignedIn, Started
from ..settings.shell_origins import is_extension_page
from . import pages
from .clients import Clients, Cookie
from .http import Incoming, Reply
from .listed_pages import address_with_code, address_with_error
from .origins import Origins
from .replies import (
    error_for_script,
    json_reply,
    log_error,
    page_reply,
    redirect_reply,
    wants_page,
    with_fragment,
)


class CallbackAnswers:
    """Turns the results of callbacks into replies."""

    def __init__(self, assembly: Assembly, *, clients: Clients, origins: Origins, templates: pages.Pages) -> None:
        settings = assembly.settings
        self._login = assembly.login
        self._clients = clients
        self._origins = origins
        self._pages = templates
        self._prefix = settings.public_prefix
        self._home = settings.home
        self._relay = settings.relay
        self._relay_is_in_extension = is_extension_page(settings.relay or "")

    def show(self, incoming: Incoming, result: CallbackResult) -> Reply:
        """Show how a login has ended, or that it has not."""
        if isinstance(result, SignedIn):
            done = self._done_url(incoming, result.login_id) + ("&classic=1" if result.mode == "classic" else "")
            location = (result.return_to or self._home) if result.mode == "page" else done
            return self._go_to(incoming, location, self._clients.callback_cookies(result))
        if isinstance(result, CodeIssued):
            if result.page is not None:
                return self._go_to(incoming, address_with_code(result.page, result.one_time_code), ())
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
            return self.to_provider(incoming, result)
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
        page = listed_page_of(result.failure)
        if page is not None:
            sealed = self._clients.set_login(incoming, result.failure.id, result.sealed) if result.sealed else ()
            return self._go_to(incoming, address_with_error(page, error), sealed)
        refresh = self.refresh_to_relay(result.failure, error)
        if refresh and wants_page(incoming):
            return page_reply(error.status, self._pages.failed(error, leads_on=True), refresh)
        cookies = self._clients.set_login(incoming, result.failure.id, result.sealed) if result.sealed else ()
        location = self._relay_address(result.failure, error)
        if location is None and result.failure.mode == "page":
            location = result.failure.return_to or self._home
        return self.show_failure(incoming, error, cookies, location)

    def show_failure(
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

    def refresh_to_relay(self, login: Intent | LoginFailure, error: ValetkeyError) -> list[Cookie]:
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

    def to_provider(self, incoming: Incoming, started: Started) -> Reply:
        """Send the window to the provider. Not by a redirect: ``form-action 'self'`` in the policy of the app's page
        stops a redirect after a form, and the popup would hang."""
        provider = self._login.provider(started.attempt.provider)
        html = self._pages.begin(provider=provider, continue_url=started.send_to)
        refresh = ("refresh", f"0; url={started.send_to}")
        return page_reply(200, html, (refresh, *self._clients.set_login(incoming, started.attempt.id, started.sealed)))
