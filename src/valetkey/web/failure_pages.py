"""The popup's page of an error, and what the user can start from it."""

from __future__ import annotations

from ..errors import ValetkeyError
from ..login.assembly import Assembly
from ..providers.record.provider import Provider
from . import pages
from .clients import Clients
from .fields import read_query
from .http import Incoming, Reply
from .origins import Origins
from .replies import Headers, error_for_script, error_headers, page_reply

# After these errors the login can be started again in the browser that shows the page, which may be another one.
_CAN_START_HERE = frozenset({"another_browser", "cookies_blocked", "expired"})


class FailurePages:
    """Shows errors of logins.

    Args:
        assembly: the parts of the app.
        clients: reads the cookies of a request.
        templates: the pages of the app.
    """

    def __init__(self, assembly: Assembly, *, clients: Clients, templates: pages.Pages) -> None:
        settings = assembly.settings
        self._login = assembly.login
        self._failures = assembly.failures
        self._clients = clients
        self._pages = templates
        # In token delivery a page starts its logins itself, with a verifier. A login that our page starts reaches none.
        self._app_page = settings.app_page if settings.hands_out_tokens else None

    async def show(self, incoming: Incoming) -> Reply:
        """``GET {provider}/failed``: the popup's last page after a failure. It changes nothing.

        A script of the app's own page gets JSON: a service worker has answered the navigation, as at the callback.
        """
        client = self._clients.logins_only(incoming)
        error = self._failures.error_for_code(read_query(incoming).get("code", ""), client)
        back = self._failures.return_address(error.code, client)
        if Origins.is_own_script(incoming):
            return error_for_script(error, go_to=back)
        provider = incoming.path.partition("/")[0]
        here = again = None
        if error.code not in _CAN_START_HERE:
            again = self._again(incoming, error, provider)
        elif self._app_page is None:
            here = self._login.provider(provider)
        else:
            back = self._app_page
        html = self._pages.failed(error, back=back, here=here, again=again)
        return page_reply(error.status, html, error_headers(error))

    def of_start(
        self, incoming: Incoming, error: ValetkeyError, provider: str | None, headers: Headers, *, back: str | None
    ) -> Reply:
        """Return the page of a login that did not start.

        Args:
            incoming: the form that was to start it.
            error: why it did not.
            provider: the name of a configured provider. None if the form named another one.
            headers: more headers.
            back: where the page's link leads; None for a page that closes.
        """
        again = self._again(incoming, error, provider) if provider is not None else None
        html = self._pages.failed(error, back=back, again=again)
        return page_reply(error.status, html, [*headers, *error_headers(error)])

    def _again(self, incoming: Incoming, error: ValetkeyError, provider: str) -> Provider | None:
        """Return the provider that this page can start the same sign-in with again.

        Not for a signed-in user, whose login may have been a link: this page would sign in instead.
        """
        if not error.can_retry or self._app_page is not None or self._clients.names.read(incoming).session is not None:
            return None
        return self._login.provider(provider)
