"""Finds the address of a request's client.

The address is that of the socket. If it belongs to a proxy that ``VALETKEY_PROXIES`` names, ``X-Forwarded-For`` counts:
from the right, up to the first address that is not such a proxy. The client may have written everything further left.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from ..errors import SettingsError
from ..protocols.grammar import elements
from ..settings.addresses import proxy_networks
from .http import Incoming

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_WITH_PORT = re.compile(r"\[(?P<v6>[0-9A-Fa-f:.%]{2,60})\](:[0-9]{1,5})?|(?P<v4>[0-9.]{7,15}):[0-9]{1,5}")


@dataclass(frozen=True)
class ClientAddress:
    """The address of a request's client.

    Args:
        address: None if it is not known.
        is_proxy: whether it is the address of a named proxy, which did not say for which client it asks.
    """

    address: Address | None
    is_proxy: bool

    @cached_property
    def network(self) -> str | None:
        """The network of the address: /24 for IPv4, /64 for IPv6. None if the address is not known."""
        if self.address is None:
            return None
        bits = 24 if self.address.version == 4 else 64
        return str(ipaddress.ip_network(f"{self.address}/{bits}", strict=False))


class ClientAddresses:
    """Finds client addresses behind the named proxies.

    Args:
        proxies: addresses or networks of proxies whose ``X-Forwarded-For`` counts.

    Raises:
        SettingsError: an entry is neither, or covers too many addresses.
    """

    __slots__ = ("_of_socket", "_proxies")

    def __init__(self, proxies: Sequence[str] = ()) -> None:
        try:
            self._proxies = proxy_networks(proxies)
        except ValueError as fault:
            raise SettingsError(str(fault)) from None
        # Only what sockets say is remembered: a header may have any length.
        self._of_socket = lru_cache(maxsize=1024)(self._find)

    def network(self, incoming: Incoming) -> str | None:
        """Return the client's network: /24 for IPv4, /64 for IPv6. None if it is not known.

        The whole address would say more about the user than a list of devices needs, and it changes often.
        """
        return self.find(incoming).network

    def find(self, incoming: Incoming) -> ClientAddress:
        """Return the client's address, as far as the named proxies say it."""
        forwarded = incoming.header_values("x-forwarded-for")
        return self._find(incoming.peer, forwarded) if forwarded else self._of_socket(incoming.peer)

    def _find(self, peer: str | None, forwarded: Sequence[str] = ()) -> ClientAddress:
        address = _address(peer)
        hops = [hop for value in forwarded for hop in elements(value)]
        while address is not None and self._is_proxy(address) and hops:
            address = _address(hops.pop())
        return ClientAddress(address=address, is_proxy=address is not None and self._is_proxy(address))

    def _is_proxy(self, address: Address) -> bool:
        return any(address.version == proxy.version and address in proxy for proxy in self._proxies)


def _address(text: str | None) -> Address | None:
    """Read an address as a socket or a proxy writes it. A proxy may add the port, IPv6 a zone (RFC 4007)."""
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
