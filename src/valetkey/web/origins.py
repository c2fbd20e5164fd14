"""Who may change state, and where a page may be sent back to.

Decided by what a browser says of the page a request comes from (Origin, Fetch Metadata) and by the settings; Host and
every X-Forwarded header decide nothing.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ..errors import BadRequest, ClassicCrossOrigin, ForeignOrigin, WrongHost
from ..settings import LOOPBACK_HOSTS, Settings, origin_of
from .http import Incoming

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

# A path from the root, in visible ASCII. No second slash, no backslash, no dot segment: some reader of URLs takes
# each of them for the start of a host.
_PATH = re.compile(r"/(?![/\\])[!#-\[\]-~]*")
_LONGEST = 1024


class Origins:
    """The public origin and those the app has listed."""

    __slots__ = ("_listed", "_public")

    def __init__(self, settings: Settings) -> None:
        self._public = settings.public_origin
        self._listed = frozenset(settings.origins)

    def require_ours(self, incoming: Incoming) -> None:
        """Let through what a page of this app sent.

        Raises:
            WrongHost: it is the app's page, opened at another address of this machine.
            ForeignOrigin: anything else, and a request that does not say.
        """
        origin, site = incoming.header("origin"), incoming.header("sec-fetch-site")
        if incoming.header_count("origin") > 1 or incoming.header_count("sec-fetch-site") > 1:
            raise ForeignOrigin("A header came twice.")
        if origin is not None and origin != "null":
            if origin == self._public or origin in self._listed:
                return
            if self._is_other_loopback(origin):
                raise WrongHost(
                    f"The callback URL is on {self._public}, and cookies do not cross hosts: open the page there."
                )
            raise ForeignOrigin
        # same-site is not enough: another port of this machine and every sibling subdomain is same-site.
        if site != "same-origin":
            raise ForeignOrigin

    def are_ours(self, incoming: Incoming) -> bool:
        """Whether a page of this app sent the request."""
        try:
            self.require_ours(incoming)
        except (ForeignOrigin, WrongHost):
            return False
        return True

    def require_classic(self, incoming: Incoming) -> None:
        """Let through a page that begins by a JSON request and names the popup's address itself: it has to be where the
        login's cookie goes, or its second step would be nobody's.

        Raises:
            WrongHost: the page is at another name of this machine; its cookies would be another host's.
            ClassicCrossOrigin: another origin that is not listed, another port of this host's too, or another site's.
            ForeignOrigin: a request that does not say where it comes from.
        """
        try:
            self.require_ours(incoming)
        except WrongHost:
            if urlsplit(incoming.header("origin") or "").hostname != urlsplit(self._public).hostname:
                raise
            raise ClassicCrossOrigin from None
        except ForeignOrigin:
            if incoming.header("origin") in (None, "null"):
                raise
            raise ClassicCrossOrigin from None
        if incoming.header("sec-fetch-site") == "cross-site":
            raise ClassicCrossOrigin

    def listed(self, incoming: Incoming) -> str | None:
        """The request's origin if it is another page's and allow-listed: for CORS."""
        origin = incoming.header("origin")
        return origin if origin in self._listed and origin != self._public else None

    def _is_other_loopback(self, origin: str) -> bool:
        try:
            theirs, ours = urlsplit(origin), urlsplit(self._public)
        except ValueError:
            return False
        return theirs.hostname in LOOPBACK_HOSTS and ours.hostname in LOOPBACK_HOSTS

    def default_return_to(self, value: str) -> str | None:
        """As ``return_to``, for an address that nobody chose: where it cannot be used, the root of its origin if
        that is listed, else None."""
        try:
            return self.return_to(value)
        except BadRequest:
            return next((f"{one}/" for one in sorted(self._listed) if value.startswith(f"{one}/")), None)

    def return_to(self, value: str | None) -> str | None:
        """A path on our own origin, or a URL on a listed one; None if none was asked for.

        Raises:
            BadRequest: anything else.
        """
        if not value:
            return None
        refusal = BadRequest("return_to must be a path such as /settings, or a URL on an origin of VALETKEY_ORIGINS.")
        if len(value) > _LONGEST:
            raise refusal
        path = value
        if not value.startswith("/"):
            try:
                origin = origin_of(value)
            except ValueError:
                raise refusal from None
            # Written exactly as listed: no user name, no other spelling of the host.
            if origin not in self._listed or (value != origin and not value.startswith((f"{origin}/", f"{origin}?"))):
                raise refusal
            path = value.removeprefix(origin) or "/"
            path = path if path.startswith("/") else f"/{path}"
        before_query = re.split(r"[?#]", path, maxsplit=1)[0]
        plain = re.sub(r"(?i)%(2e|2f|5c)", lambda hit: {"2e": ".", "2f": "/", "5c": "\\"}[hit[1].lower()], before_query)
        if (
            not _PATH.fullmatch(path)
            or "\\" in plain
            or "//" in plain
            or any(segment in (".", "..") for segment in plain.split("/"))
        ):
            raise refusal
        return value
