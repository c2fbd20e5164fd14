"""Decides which pages may change state, and where a login may return to.

The decision uses what the browser says about the page that sent a request (Origin, Fetch Metadata) and the settings.
``Host`` and ``X-Forwarded-*`` do not count, because a client or a proxy can set them.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ..errors import (
    BadRequest,
    ClassicCrossOrigin,
    ForeignOrigin,
    ForeignPort,
    NoOrigin,
    NotANavigation,
    OpaqueOrigin,
    WrongHost,
    WrongLoopbackName,
)
from ..settings import Settings, origin_of
from ..settings.shell_origins import is_shell_origin
from .http import Incoming
from .page_hosts import PageHosts, origin_of_page

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

# An absolute path in visible ASCII. It has no second slash, no backslash and no dot segment, because some URL parser
# takes each of them for the start of a host.
_PATH = re.compile(r"/(?![/\\])[!#-\[\]-~]*")
_MAX_CHARACTERS = 1024
_NO_PAGE = (
    "A page of the app must send its window here: Sec-Fetch-Site says same-origin, or the origin in Referer is the "
    "callback URL's or one of VALETKEY_ORIGINS. A page with Referrer-Policy: no-referrer sends no Referer."
)


class Origins:
    """The public origin, and the origins that ``VALETKEY_ORIGINS`` lists."""

    __slots__ = ("_hosts", "_listed", "_public", "_shells", "_web")

    def __init__(self, settings: Settings) -> None:
        self._hosts = PageHosts(settings.public_origin, settings.origins)
        self._public = settings.public_origin
        self._listed = frozenset(settings.origins)
        self._shells = frozenset(one for one in settings.origins if is_shell_origin(one))
        self._web = self._listed - self._shells

    @property
    def shells(self) -> list[str]:
        """The listed origins of shells and extensions."""
        return sorted(self._shells)

    def require_app_page(self, incoming: Incoming) -> None:
        """Check that a page of this app sent the request.

        Raises:
            WrongHost: the page is open at another host than the callback URL's, such as localhost for 127.0.0.1.
            ForeignOrigin: another page sent the request, or the request does not say which page sent it.
        """
        origin, site = incoming.header("origin"), incoming.header("sec-fetch-site")
        if incoming.header_count("origin") > 1 or incoming.header_count("sec-fetch-site") > 1:
            raise ForeignOrigin("The header Origin or Sec-Fetch-Site was sent twice.")
        if origin is not None and origin != "null":
            if origin == self._public or origin in self._listed:
                return
            raise self._hosts.error_of_refused(incoming) or (
                ForeignPort() if self._hosts.is_on_public_host(incoming) else ForeignOrigin()
            )
        # same-site is not enough. Another port of this machine and every sibling subdomain is same-site.
        if site != "same-origin":
            if origin is None and site is None:
                raise NoOrigin
            raise OpaqueOrigin if origin == "null" else ForeignOrigin

    def require_callback_host(self, incoming: Incoming, callback_url: str) -> None:
        """Check that the cookie of a login that this page starts can reach the callback.

        Args:
            incoming: the request that starts the login. Its origin was checked.
            callback_url: where the provider sends the user back to.

        Raises:
            WrongHost: it certainly cannot.
        """
        error = self._hosts.error_of_start(incoming, callback_url)
        if error is not None:
            raise error

    def wrong_host(self, incoming: Incoming) -> WrongHost:
        """Return the error of a login that failed with ``wrong_host``, for the page that started it and asks now."""
        error = self._hosts.error_of_start(incoming, self._public) or self._hosts.error_of_refused(incoming)
        return error or WrongHost()

    def is_app_page(self, incoming: Incoming) -> bool:
        """Return whether a page of this app sent the request."""
        try:
            self.require_app_page(incoming)
        except (ForeignOrigin, WrongHost):
            return False
        return True

    def is_shell_page(self, incoming: Incoming) -> bool:
        """Return whether the request has the origin of a listed shell or extension. An app that has nothing to do with
        this one may have the same origin, so the request is worth what its token or its verifier is worth."""
        return any(value in self._shells for value in incoming.header_values("origin"))

    def without_cookies_of_shells(self, incoming: Incoming) -> Incoming:
        """Return the request, without its cookies where it comes from a shell or an extension."""
        if not self._shells or not self.is_shell_page(incoming):
            return incoming
        kept = [(name, value) for name, value in incoming.headers if name != "cookie"]
        return replace(incoming, headers=kept, find_user=None)  # the app finds its user by a cookie, too

    @staticmethod
    def is_own_script(incoming: Incoming) -> bool:
        """Return whether a script of a page on this very origin sent the request, and wants JSON.

        Only the browser can say so: a page cannot set Sec-Fetch-Site (Fetch Metadata §2.4). A listed origin is not
        enough, and a request without the header counts as any other.
        """
        return incoming.header("accept") == "application/json" and incoming.header("sec-fetch-site") == "same-origin"

    def require_classic_page(self, incoming: Incoming) -> None:
        """Check that the login cookie reaches the page that sent the request.

        A classic page starts a login by a JSON request and opens the popup itself. Its second request needs the login
        cookie, so the page must be on the same site.

        Raises:
            WrongHost: the page was opened at another name of this machine. Its cookies belong to another host.
            ClassicCrossOrigin: the page's origin is not listed, or is on another site.
            ForeignOrigin: the request does not say which page sent it.
        """
        try:
            self.require_app_page(incoming)
        except WrongLoopbackName:
            raise
        except WrongHost:
            raise ClassicCrossOrigin from None
        except ForeignOrigin:
            if incoming.header("origin") in (None, "null"):
                raise
            raise ClassicCrossOrigin from None
        if incoming.header("sec-fetch-site") == "cross-site" or self.is_shell_page(incoming):
            raise ClassicCrossOrigin

    def require_leading_page(self, incoming: Incoming) -> Incoming:
        """Check that a classic page sent a window here by GET, and that the login cookie will reach that page.

        A browser sends no ``Origin`` with such a navigation. It sends ``Sec-Fetch-Site``, and in ``Referer`` at least
        the origin of the page, unless the page forbids that. A page can withhold it, and cannot choose another.

        Returns:
            The request with the page's origin in ``Origin``, as far as it is known.

        Raises:
            NotANavigation: a script sent it, or it is for a part of a page.
            ForeignOrigin: another page sent it, no page did, or it does not say which page did.
            ClassicCrossOrigin, WrongHost: as ``require_classic_page``.
        """
        if any(incoming.header_count(name) > 1 for name in ("referer", "sec-fetch-mode", "sec-fetch-dest")):
            raise ForeignOrigin("The header Referer, Sec-Fetch-Mode or Sec-Fetch-Dest was sent twice.")
        mode, kind = incoming.header("sec-fetch-mode"), incoming.header("sec-fetch-dest")
        if mode not in (None, "navigate") or kind not in (None, "document"):
            raise NotANavigation
        others = [(name, value) for name, value in incoming.headers if name != "origin"]
        page = origin_of_page(incoming.header("referer"))
        if page is None and incoming.header("sec-fetch-site") != "same-origin":
            raise ForeignOrigin(_NO_PAGE)
        judged = replace(incoming, headers=[*others, ("origin", page)] if page is not None else others)
        if page is not None and page not in self._listed and page != self._public:
            raise self._hosts.error_of_refused(judged) or ForeignOrigin(_NO_PAGE)
        self.require_classic_page(judged)
        return judged

    def listed_origin(self, incoming: Incoming) -> str | None:
        """Return the request's origin if CORS applies to it: it is listed, and not the public one."""
        origin = incoming.header("origin")
        return origin if origin in self._listed and origin != self._public else None

    def default_return_to(self, value: str) -> str | None:
        """Return where to go after a login for which the app named no address.

        Args:
            value: the address of the page that started the login.

        Returns:
            That address if it may be used, else the root of its origin if that is listed, else None.
        """
        try:
            return self.check_return_to(value)
        except BadRequest:
            return next((f"{one}/" for one in sorted(self._web) if value.startswith(f"{one}/")), None)

    def check_return_to(self, value: str | None) -> str | None:
        """Check where the app wants a login to return to.

        Args:
            value: an absolute path on the public origin, or a URL on a listed origin of the web, of at most 1024
                characters. A shell's relay page leads back to the page by itself.

        Returns:
            The value; None if there is none.

        Raises:
            BadRequest: it is anything else.
        """
        if not value:
            return None
        refusal = BadRequest("return_to must be a path such as /settings, or a URL on an origin of VALETKEY_ORIGINS.")
        if len(value) > _MAX_CHARACTERS:
            raise refusal
        path = value
        if not value.startswith("/"):
            try:
                origin = origin_of(value)
            except ValueError:
                raise refusal from None
            # It must be spelled exactly as listed, without a user name.
            if origin not in self._web or (value != origin and not value.startswith((f"{origin}/", f"{origin}?"))):
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
