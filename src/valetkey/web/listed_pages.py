"""The routes of listed pages, which speak OAuth 2.0 themselves, as satellizer's pages do (docs/classic.md).

Such a page makes an authorization request and sends a window there. It waits until the window is back at its own
address with a code, and posts the code. Here all of that happens between the page and us: the request comes to
``{provider}/authorize``, the code is one of ours, and between the two runs a login as any other.

Nothing that the page sends decides more than where its login ends, and that must be a page that the settings list.
"""

from __future__ import annotations

import logging
import re
from urllib.parse import quote, urlencode

from ..errors import BadRequest, Denied, NoAuthorizeLine, ValetkeyError
from ..login.assembly import Assembly
from ..login.attempt import ListedPage
from ..login.results import SignedIn
from ..providers.record.recipe import callback_variable
from ..settings import Settings, origin_of
from .clients import Clients
from .fields import read_query, text_field
from .http import Incoming, Reply
from .intents import IntentReader, refuse_frame_and_prefetch
from .origins import Origins
from .rate_limit import StartLimit
from .replies import log_error, redirect_reply

log = logging.getLogger("valetkey")

_CODE = re.compile(r"[A-Za-z0-9_-]{43}")  # one of ours; a provider's has another form
_MAX_ADDRESS_CHARACTERS = 2048


class ListedPages:
    """``GET {provider}/authorize``, and the request that redeems what it led to."""

    def __init__(
        self,
        assembly: Assembly,
        *,
        clients: Clients,
        origins: Origins,
        intents: IntentReader,
        start_limit: StartLimit,
    ) -> None:
        self._settings = assembly.settings
        self._login = assembly.login
        self._codes = assembly.page_codes
        self._clients = clients
        self._origins = origins
        self._intents = intents
        self._start_limit = start_limit
        _warn_of_strangers(assembly.settings)

    def are_there(self, provider: str) -> bool:
        """Whether the settings list a page for a provider."""
        return bool(self._settings.pages_of(provider))

    async def authorize(self, incoming: Incoming) -> Reply:
        """``GET {provider}/authorize``: begin a login for a listed page, and send its window to the provider.

        Once the page is known to be listed, it learns by itself why a login did not begin (RFC 6749 §4.1.2.1).
        """
        provider = incoming.path.partition("/")[0]
        refuse_frame_and_prefetch(incoming)
        sent_by_page = self._origins.require_leading_page(incoming)
        intent = self._intents.from_page(provider, read_query(incoming))
        self._origins.require_callback_host(sent_by_page, intent.callback_url)
        try:
            self._start_limit.take(incoming, provider)
            intent = await self._clients.bind_to_session(incoming, intent)
            started = await self._login.begin(intent)
        except ValetkeyError as error:
            log_error(error, provider)
            page = ListedPage(address=intent.return_to or "", state=intent.page_state)
            return redirect_reply(address_with_error(page, error))
        return redirect_reply(started.send_to, self._clients.set_login(incoming, intent.id, started.sealed))

    async def redeem(self, incoming: Incoming, provider: str, fields: dict[str, object]) -> SignedIn:
        """Redeem the code of a login. The origin of the request was checked.

        Args:
            incoming: the request.
            provider: the name of a provider that speaks OAuth 2.0.
            fields: ``code`` and ``redirectUri``. Nothing else counts.

        Raises:
            NoAuthorizeLine: the code is the provider's, or there is none, or no page is listed.
            BadRequest: a field is malformed.
            ValetkeyError: as ``PageCodes.redeem``.
        """
        one_time_code = text_field(fields, "code", _MAX_ADDRESS_CHARACTERS)
        if one_time_code is None or not _CODE.fullmatch(one_time_code) or not self.are_there(provider):
            raise NoAuthorizeLine(self._line_of(provider))
        address = text_field(fields, "redirectUri", _MAX_ADDRESS_CHARACTERS)
        if address is None:
            raise BadRequest("A code is redeemed together with redirectUri, the address that the login began with.")
        client = await self._clients.identify_page(incoming)
        return await self._codes.redeem(provider, one_time_code, address, client)

    def _line_of(self, provider: str) -> str:
        prefix = self._settings.public_prefix
        return (
            f"With OAuth 2.0 a page that makes its requests itself sends its window to us, and posts the code that it "
            f"gets from us. Set authorizationEndpoint: '{prefix}/{provider}/authorize' in the page, and list the "
            f"page's address in {callback_variable(provider)} after the first entry (docs/classic.md). Or sign in with "
            f"the module, {prefix}/client.js."
        )


def _warn_of_strangers(settings: Settings) -> None:
    """Warn of listed pages that could not redeem their codes, because they are on no origin of the app."""
    known = (settings.public_origin, *settings.origins)
    for provider in settings.providers:
        for page in settings.pages_of(provider.name):
            if origin_of(page) not in known:
                log.warning(
                    "%s lists the page %s. It cannot redeem its code, because its origin is neither that of the app, "
                    "%s, nor one of VALETKEY_ORIGINS. On the same site, set VALETKEY_ORIGINS=%s",
                    callback_variable(provider.name),
                    page,
                    settings.public_origin,
                    ",".join((*settings.origins, origin_of(page))),
                )


def address_with_code(page: ListedPage, one_time_code: str) -> str:
    """Where a window goes with a code. RFC 6749 §4.1.2."""
    return _address(page, "code", one_time_code)


def address_with_error(page: ListedPage, error: ValetkeyError) -> str:
    """Where a window goes with an error: ``access_denied`` if the user refused, else our own code. RFC 6749 §4.1.2.1,
    §8.5."""
    return _address(page, "error", "access_denied" if error.code == Denied.code else error.code)


def _address(page: ListedPage, name: str, value: str) -> str:
    query = {name: value} if page.state is None else {name: value, "state": page.state}
    # A script decodes it with decodeURIComponent, for which a plus is a plus.
    return f"{page.address}?{urlencode(query, quote_via=quote, safe='')}"
