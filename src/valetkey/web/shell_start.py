"""The route of the page that starts a login for an app in a shell or for a browser extension (docs/shells.md)."""

from __future__ import annotations

from ..errors import NotFound
from ..login.assembly import Assembly
from ..settings import origin_of
from ..settings.shell_origins import any_app_may_claim
from .fields import read_query
from .http import Incoming, Reply
from .origins import Origins
from .pages.start_page import start_page
from .replies import page_reply


class ShellStart:
    """``GET {provider}/start``."""

    def __init__(self, assembly: Assembly, origins: Origins) -> None:
        self._login = assembly.login
        self._settings = assembly.settings
        self._openers = origins.shells

    async def page(self, incoming: Incoming) -> Reply:
        """Return the page. It changes nothing, and its form does.

        Raises:
            NotFound: no origin of a shell or an extension is listed.
            BadRequest: the query is malformed.
        """
        relay = self._settings.relay
        if not self._openers or relay is None:
            raise NotFound
        name, prefix = incoming.path.partition("/")[0], self._settings.public_prefix
        html = start_page(
            prefix=prefix,
            action=f"{prefix}/{name}" + ("/link" if "link" in read_query(incoming) else ""),
            provider=self._login.provider(name).title,
            app=self._settings.shown_title,
            openers=self._openers,
            by_link=not any_app_may_claim(origin_of(relay)),
        )
        return page_reply(200, html)
