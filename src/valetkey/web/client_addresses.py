"""Where a request comes from and by which browser, in words that people know their devices by. They decide nothing.

The address is the socket's. Only where that is a proxy that the settings name does its ``X-Forwarded-For`` count, read
from the right, to the first address that is none of these: what stands further left, anybody may have written.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import SettingsError
from ..protocols.grammar import elements
from ..settings.addresses import proxy_networks
from .http import Incoming

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_WITH_PORT = re.compile(r"\[(?P<v6>[0-9A-Fa-f:.%]{2,60})\](:[0-9]{1,5})?|(?P<v4>[0-9.]{7,15}):[0-9]{1,5}")

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


@dataclass(frozen=True, slots=True)
class ClientAddress:
    """Where a request comes from.

    Args:
        address: the client's address; None if it is not known.
        is_proxy: whether the address is a named proxy's own: it did not say for whom it asks.
    """

    address: Address | None
    is_proxy: bool

    @property
    def network(self) -> str | None:
        """The address's network: /24 for IPv4, /64 for IPv6."""
        if self.address is None:
            return None
        bits = 24 if self.address.version == 4 else 64
        return str(ipaddress.ip_network(f"{self.address}/{bits}", strict=False))


class ClientAddresses:
    """Tells them apart.

    Args:
        proxies: addresses or networks of proxies that may say for whom they ask.

    Raises:
        SettingsError: one that is neither, or that names too many.
    """

    __slots__ = ("_proxies",)

    def __init__(self, proxies: Sequence[str] = ()) -> None:
        try:
            self._proxies = proxy_networks(proxies)
        except ValueError as fault:
            raise SettingsError(str(fault)) from None

    def network(self, incoming: Incoming) -> str | None:
        """IPv4's /24, IPv6's /64: nearer than that is nobody's business, and changes by the hour. None: not known."""
        return self.client(incoming).network

    def client(self, incoming: Incoming) -> ClientAddress:
        """The client's address, as far as the named proxies say it."""
        address = _address(incoming.peer)
        forwarded = [value for name, value in incoming.headers if name == "x-forwarded-for"]
        hops = [hop for value in forwarded for hop in elements(value)]
        while address is not None and self._is_proxy(address) and hops:
            address = _address(hops.pop())
        return ClientAddress(address=address, is_proxy=address is not None and self._is_proxy(address))

    def _is_proxy(self, address: Address) -> bool:
        return any(address.version == proxy.version and address in proxy for proxy in self._proxies)


def browser_name(incoming: Incoming) -> str | None:
    """Such as ``Firefox on Linux``; None if it does not say."""
    agent = incoming.header("user-agent") or ""
    browser = next((name for mark, name in _BROWSERS.items() if mark in agent), None)
    system = next((name for mark, name in _SYSTEMS.items() if mark in agent), None)
    return f"{browser} on {system}" if browser and system else browser or system


def _address(text: str | None) -> Address | None:
    """An address as a socket or a proxy writes it: some proxies add the port, and IPv6 may name a zone (RFC 4007)."""
    written = text or ""
    if (with_port := _WITH_PORT.fullmatch(written)) is not None:
        written = with_port["v6"] or with_port["v4"]
    address, _, zone = written.partition("%")
    try:
        found = ipaddress.ip_address(address if zone and ":" in address else written)
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return mapped or found
