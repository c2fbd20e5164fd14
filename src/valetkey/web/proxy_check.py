"""Notices that a proxy stands before the app and the app does not know of it, and says so once. It decides nothing:
what a proxy says of itself, anybody may have written.
"""

from __future__ import annotations

import logging

from ..settings import Settings
from .http import Incoming

log = logging.getLogger("valetkey")

_UNNAMED = (
    "requests come with X-Forwarded-For, and VALETKEY_PROXIES names no proxy: people would be shown its address where "
    "they are shown their devices, and the limit on starts (VALETKEY_START_LIMIT) could not tell its clients "
    "apart. Name its address or its network, if it is yours."
)
_UNHEARD = (
    "requests come over https to a proxy (X-Forwarded-Proto) and look like http to this app. valetkey goes by the "
    "callback URL; what the app itself builds, redirects and cookies, would be for http. Let its server believe the "
    "proxy: uvicorn --proxy-headers --forwarded-allow-ips, gunicorn --forwarded-allow-ips, Werkzeug's ProxyFix, "
    "Django's SECURE_PROXY_SSL_HEADER."
)


class Proxies:
    """Looks at each request until there is nothing more to say."""

    __slots__ = ("_unheard", "_unnamed")

    def __init__(self, settings: Settings) -> None:
        self._unnamed = not settings.proxies
        self._unheard = settings.secure

    def notice(self, incoming: Incoming) -> None:
        if self._unnamed and incoming.header_count("x-forwarded-for"):
            self._unnamed = False
            log.warning(_UNNAMED)
        if self._unheard and incoming.scheme == "http" and incoming.header("x-forwarded-proto") == "https":
            self._unheard = False
            log.warning(_UNHEARD)
