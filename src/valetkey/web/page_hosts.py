"""Finds out that a page is open at another host than the callback URL's, where no login can land.

How this works:

- A login's cookie is set by the answer to the start, and the callback must bring it back. Cookies belong to a host
  (RFC 6265 §5.4; a port does not count). A page at ``www.example.com`` whose ``/auth`` is on the same origin starts its
  login there. If the callback is at ``example.com``, the cookie never reaches it, and the user has approved in vain.
- So such a start is refused. It must be certain, because a page on another site than the backend is a set-up that
  works: its popup posts to the backend's own public host.
- ``Sec-Fetch-Site: same-origin`` makes it certain: the browser says that it sent the request to the origin of the page.
  A browser without Fetch Metadata, or at a plain http address, does not say it. There the request went to the host of
  the page if ``Host`` names that host.
- ``Host`` alone never decides, because proxies rewrite it. So a tunnel that passes requests on to ``localhost`` is no
  proof for a page on ``localhost`` either.
- A hint shows addresses of the settings. Of a request it shows a loopback origin only, taken apart and written anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from ..errors import WrongHost, WrongLoopbackName, WrongPort
from ..protocols.grammar import lower
from ..settings import LOOPBACK_HOSTS, origin_of
from .http import Incoming

# As a browser writes it: serialized-origin = scheme "://" host [ ":" port ], RFC 6454 §7.1.
_ORIGIN = re.compile(r"(https?)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?")


@dataclass(frozen=True, slots=True)
class PageOrigin:
    """The origin of a page, taken apart.

    Args:
        scheme: ``http`` or ``https``.
        host: in lower case, an IPv6 address in brackets.
        port: with its colon; empty for the scheme's own.
    """

    scheme: str
    host: str
    port: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}{self.port}"

    @property
    def is_loopback(self) -> bool:
        return self.host.strip("[]") in LOOPBACK_HOSTS

    def at(self, host: str) -> str:
        """Return the same origin at another host."""
        return f"{self.scheme}://{host}{self.port}"


class PageHosts:
    """Compares the host of a page with that of the callback URLs.

    Args:
        public: the public origin.
        listed: the origins of ``VALETKEY_ORIGINS``.
    """

    __slots__ = ("_known", "_public")

    def __init__(self, public: str, listed: Iterable[str]) -> None:
        self._public = public
        self._known = frozenset((public, *listed))

    def error_of_start(self, incoming: Incoming, callback_url: str) -> WrongHost | None:
        """Return why a login from this page cannot land. None if nothing is certain.

        Args:
            incoming: the request that starts the login. Its origin was checked.
            callback_url: where the provider sends the user back to.
        """
        page, callback = page_origin(incoming), _origin_of_setting(callback_url)
        if page is None or callback is None or page.host == callback.host:
            return None
        return self._at_another_host(page, callback) if _shares_origin(incoming, page, callback) else None

    def error_of_refused(self, incoming: Incoming) -> WrongHost | None:
        """Return why a page whose origin is not the app's is one of the app all the same, at the wrong address. None
        if it is any other page.

        Args:
            incoming: its request.
        """
        page, public = page_origin(incoming), _parse(self._public)
        if page is None or public is None:
            return None
        both_here = page.is_loopback and public.is_loopback
        if page.host != public.host:
            return self._at_another_host(page, public) if both_here or _shares_origin(incoming, page, public) else None
        return _at_another_port(page, public) if both_here else None

    def is_on_public_host(self, incoming: Incoming) -> bool:
        """Return whether the page is on the host of the public origin, whatever its scheme and port."""
        page, public = page_origin(incoming), _parse(self._public)
        return page is not None and public is not None and page.host == public.host

    def _at_another_host(self, page: PageOrigin, callback: PageOrigin) -> WrongHost:
        where = f"The callback URL is on {callback}, and cookies do not cross hosts."
        if not (page.is_loopback and callback.is_loopback):
            return WrongHost(
                f"{where} The page is open at another host, so the login's cookie would not reach the callback. "
                f"Redirect that host to {callback}, or change VALETKEY_URL and the callback URL at the provider. "
                "Listing the host in VALETKEY_ORIGINS does not help."
            )
        right = page.at(callback.host)
        if right in self._known:
            return WrongLoopbackName(f"{where} Open the page at {right}/", url=f"{right}/")
        return WrongLoopbackName(f"{where} Open the page at {right}/ and set VALETKEY_ORIGINS={right}")


def page_origin(incoming: Incoming) -> PageOrigin | None:
    """Return the origin of the page that sent a request. None if the request does not name one of http or https."""
    return _parse(incoming.header("origin") or "")


def origin_of_page(address: str | None) -> str | None:
    """Return the origin of the page at an address, such as that in ``Referer``. None if it is no page of the web."""
    found = _ORIGIN.match(address or "")
    rest = (address or "")[found.end() :] if found else ""
    return found[0] if found and (not rest or rest[0] in "/?") else None


def _at_another_port(page: PageOrigin, public: PageOrigin) -> WrongPort:
    return WrongPort(
        f"The page is at {page}, and the callback URL is on {public}. If the app itself is at {page}, set "
        f"VALETKEY_URL={page}. Cookies do not depend on the port, so a page of another server can work, too: set "
        f"VALETKEY_ORIGINS={page}"
    )


def _shares_origin(incoming: Incoming, page: PageOrigin, callback: PageOrigin) -> bool:
    """Return whether the request certainly went to the origin of the page, which is not the callback's."""
    if incoming.header_count("sec-fetch-site"):
        return incoming.header("sec-fetch-site") == "same-origin"
    if page.is_loopback and not callback.is_loopback:
        return False
    return _host_of(incoming.header("host") or "") == page.host


def _parse(origin: str) -> PageOrigin | None:
    found = _ORIGIN.fullmatch(origin)
    return PageOrigin(found[1], found[2], found[3] or "") if found else None


@lru_cache(maxsize=64)
def _origin_of_setting(callback_url: str) -> PageOrigin | None:
    return _parse(origin_of(callback_url))


def _host_of(authority: str) -> str | None:
    found = _ORIGIN.fullmatch(f"http://{lower(authority)}")
    return found[2] if found else None
