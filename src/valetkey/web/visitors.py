"""Where a request comes from and by which browser, in words that people know their devices by. They decide nothing.

The address is the socket's. Only where that is a proxy that the settings name does its ``X-Forwarded-For`` count, read
from the right, to the first address that is none of these: what stands further left, anybody may have written.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from ..errors import SettingsError
from ..grammar import elements
from .messages import Incoming

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# The first that is found in a User-Agent names it: most of them claim to be several.
_BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung Internet",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "CriOS/": "Chrome",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "CrOS": "ChromeOS",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


class Visitors:
    """Tells them apart.

    Args:
        proxies: addresses or networks of proxies that may say for whom they ask.

    Raises:
        SettingsError: one that is neither.
    """

    __slots__ = ("_proxies",)

    def __init__(self, proxies: Sequence[str] = ()) -> None:
        try:
            self._proxies = [ipaddress.ip_network(one, strict=False) for one in proxies]
        except ValueError:
            raise SettingsError("VALETKEY_PROXIES: give addresses or networks, such as 10.0.0.0/8.") from None

    def network(self, incoming: Incoming) -> str | None:
        """IPv4's /24, IPv6's /64: nearer than that is nobody's business, and changes by the hour. None: not known."""
        address = _address(incoming.peer)
        forwarded = [value for name, value in incoming.headers if name == "x-forwarded-for"]
        hops = [hop for value in forwarded for hop in elements(value)]
        while address is not None and self._is_proxy(address) and hops:
            address = _address(hops.pop())
        if address is None:
            return None
        bits = 24 if address.version == 4 else 64
        return str(ipaddress.ip_network(f"{address}/{bits}", strict=False))

    def _is_proxy(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        return any(address.version == proxy.version and address in proxy for proxy in self._proxies)


def browser_name(incoming: Incoming) -> str | None:
    """Such as ``Firefox on Linux``; None if it does not say."""
    agent = incoming.header("user-agent") or ""
    browser = next((name for mark, name in _BROWSERS.items() if mark in agent), None)
    system = next((name for mark, name in _SYSTEMS.items() if mark in agent), None)
    return f"{browser} on {system}" if browser and system else browser or system


def _address(text: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address((text or "").strip("[]"))
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return mapped or found
