"""Warns once about a proxy that the settings do not mention.

The check decides nothing, because any client can send the headers that it reads.
"""

from __future__ import annotations

import logging

from ..settings import Settings
from .http import Incoming

log = logging.getLogger("valetkey")

_NOT_NAMED = (
    "requests come with X-Forwarded-For, and VALETKEY_PROXIES names no proxy. Users would see the proxy's address in "
    "their list of devices, and the limit on starts (VALETKEY_START_LIMIT) could not tell its clients apart. If the "
    "proxy is yours, put its address or its network into VALETKEY_PROXIES."
)
_NOT_TRUSTED = (
    "requests come over https to a proxy (X-Forwarded-Proto) and look like http to this app. valetkey goes by the "
    "callback URL; the redirects and cookies that the app itself makes would be for http. Let its server trust the "
    "proxy: uvicorn --proxy-headers --forwarded-allow-ips, gunicorn --forwarded-allow-ips, Werkzeug's ProxyFix, "
    "Django's SECURE_PROXY_SSL_HEADER."
)


class ProxyCheck:
    """Looks at each request until both warnings have been given or cannot apply."""

    __slots__ = ("_may_be_unnamed", "_may_be_untrusted")

    def __init__(self, settings: Settings) -> None:
        self._may_be_unnamed = not settings.proxies
        self._may_be_untrusted = settings.secure

    def check(self, incoming: Incoming) -> None:
        """Log a warning if this request came through a proxy that the settings or the server do not know."""
        if self._may_be_unnamed and incoming.header_count("x-forwarded-for"):
            self._may_be_unnamed = False
            log.warning(_NOT_NAMED)
        if self._may_be_untrusted and incoming.scheme == "http" and incoming.header("x-forwarded-proto") == "https":
            self._may_be_untrusted = False
            log.warning(_NOT_TRUSTED)
