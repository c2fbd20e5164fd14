"""Names a device by the ``User-Agent`` of a request, in words that its user recognises: ``Chrome on Linux``.

How this works. Most browsers claim to be several others. So the rows of a table are in an order, and the first mark
that the header contains decides. A browser inside of another app has that app's name: ``Instagram on iPhone``. A name
consists of words of these tables alone. Nothing that a client sends is stored.

A browser may hide what it is: an iPad says that it is a Mac, and Brave that it is Chrome. Client hints would say more,
but a browser sends them only to a server that asks for them.

Why no library does it: those for Python follow thousands of patterns, and their names have version and model.
"""

from __future__ import annotations

import re
from functools import lru_cache

AUTOMATED = "Automated client"
_APP = "App"

# A crawler gives the address of a page about itself. A library for HTTP names itself first.
_IS_AUTOMATED = re.compile(
    r"\+https?://|[Bb]ot/[0-9]"
    r"|^(aiohttp|axios|curl|Go-http-client|HTTPie|Java|libwww-perl|node|PostmanRuntime|python|Python|undici|Wget)(?![A-Za-z0-9])"
).search

# Apps that show pages themselves. Each also has the marks of the system's browser.
_APPS = {
    "FBAN/": "Facebook",
    "FBAV/": "Facebook",
    "FB_IAB/": "Facebook",
    "Instagram": "Instagram",
    "Twitter": "X",
    "LinkedInApp": "LinkedIn",
    "musical_ly": "TikTok",
    "BytedanceWebview": "TikTok",
    "Snapchat": "Snapchat",
    "Pinterest": "Pinterest",
    "MicroMessenger": "WeChat",
    " Line/": "LINE",
    "GSA/": "Google app",
}
_BROWSERS = {
    "EdgA/": "Edge",
    "EdgiOS/": "Edge",
    "Edge/": "Edge",
    "Edg/": "Edge",
    "OPR/": "Opera",
    "OPT/": "Opera",
    "OPiOS/": "Opera",
    "Opera": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Vivaldi/": "Vivaldi",
    "YaBrowser/": "Yandex Browser",
    "DuckDuckGo/": "DuckDuckGo",
    "Ddg/": "DuckDuckGo",
    "UCBrowser/": "UC Browser",
    "MiuiBrowser/": "Mi Browser",
    "HuaweiBrowser/": "Huawei Browser",
    "Silk/": "Silk",
    "Whale/": "Whale",
    "Electron/": _APP,
    "; wv)": _APP,  # Android's WebView
    "Focus/": "Firefox Focus",
    "FxiOS/": "Firefox",
    "Firefox/": "Firefox",
    "CriOS/": "Chrome",
    "Chromium/": "Chromium",
    "Chrome/": "Chrome",
    "Epiphany/": "GNOME Web",
}
_SYSTEMS = {
    "Windows": "Windows",
    "iPod": "iPod",
    "iPad": "iPad",
    "iPhone": "iPhone",
    "CrOS": "ChromeOS",
    "Android": "Android",
    "Macintosh": "macOS",
    "Linux": "Linux",
    "FreeBSD": "FreeBSD",
    "OpenBSD": "OpenBSD",
}
_APPLE = ("iPhone", "iPad", "iPod", "macOS")


_MAX_REMEMBERED = 256  # characters; browsers send fewer


def device_name(user_agent: str | None) -> str | None:
    """Return browser and system, such as ``Firefox on Linux``.

    Args:
        user_agent: the header of the request, or None.

    Returns:
        ``Browser on System``, or the one of the two that is known. ``App on System`` for an app that shows pages and
        does not say which it is. ``Automated client`` for a crawler or a library. None if nothing is known.
    """
    agent = user_agent or ""
    return _named(agent) if len(agent) <= _MAX_REMEMBERED else _named.__wrapped__(agent)


@lru_cache(maxsize=256)
def _named(agent: str) -> str | None:
    if _IS_AUTOMATED(agent):
        return AUTOMATED
    system = _first(_SYSTEMS, agent)
    browser = _first(_APPS, agent) or _first(_BROWSERS, agent) or _webkit(agent, system)
    return f"{browser} on {system}" if browser and system else browser or system


def _first(table: dict[str, str], agent: str) -> str | None:
    return next((name for mark, name in table.items() if mark in agent), None)


def _webkit(agent: str, system: str | None) -> str | None:
    """Apple's WebKit is in Safari, and in apps and pages on the home screen, which do not say ``Safari``."""
    if system not in _APPLE or "AppleWebKit/" not in agent:
        return None
    return "Safari" if "Safari/" in agent else _APP
