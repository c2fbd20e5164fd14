"""The way to the providers: directly, or through the proxy that ``HTTPS_PROXY`` and ``NO_PROXY`` name.

``HTTP_PROXY`` is not read: requests in plain http stay on this machine, and under CGI that variable is a header that a
client sends (https://httpoxy.org).
"""

from __future__ import annotations

import base64
import ipaddress
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit

from ..crypto import Secret
from ..errors import SettingsError
from ..protocols.grammar import is_visible

log = logging.getLogger("valetkey")

PROXY_VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
BYPASS_VARIABLES = ("no_proxy", "NO_PROXY")

_HOST = re.compile(r"[!-~]+")  # visible ASCII
_SEPARATOR = re.compile(r"[, \t]+")
_WITH_PORT = re.compile(r"(.*):([0-9]+)")
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Address(NamedTuple):
    """Where a request goes. The HTTP client keeps its idle connections under this key."""

    secure: bool
    host: str
    port: int


@lru_cache(maxsize=256)  # some providers have a value of each login in the query
def address_of(url: str) -> tuple[Address, str, str]:
    """The address, the Host header and the target of a URL.

    Raises:
        SettingsError: plain http to anything but this machine.
        ValueError: anything but visible ASCII: urlsplit would drop a line end and go on.
    """
    if not is_visible(url):
        raise ValueError("a request's address may have visible ASCII only")
    parts = urlsplit(url)
    secure, host = parts.scheme == "https", parts.hostname or ""
    if not secure and not (parts.scheme == "http" and _is_loopback_host(host)):
        raise SettingsError("A provider is reached by https; plain http is for this machine only.")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(secure, host, parts.port or (443 if secure else 80)), parts.netloc.rpartition("@")[2], target


def _is_loopback_host(host: str) -> bool:
    """Whether a host is this machine, by its name alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A proxy that is reached in plain http and asked to CONNECT.

    Args:
        host: its name or address.
        port: its port.
        authorization: the value of ``Proxy-Authorization``, which is sent to the proxy only.
    """

    host: str
    port: int
    authorization: Secret | None = None

    @classmethod
    def parse(cls, name: str, value: str) -> Proxy:
        """Read ``http://user:password@host:port``; the scheme may be left out. RFC 3986 §3.2, RFC 7617 §2.

        Args:
            name: the variable that has the value, for the message.
            value: the address of the proxy.

        Raises:
            SettingsError: another scheme, no host, or a part that a proxy's address does not have.
        """
        scheme, found, _ = value.partition("://")
        if found and scheme.lower() != "http":
            shown = (
                scheme.lower() if scheme.lower() in ("https", "socks", "socks4", "socks4a", "socks5", "socks5h") else ""
            )
            raise SettingsError(
                f"{name}: {f'{shown}:// proxies are' if shown else 'this kind of proxy is'} not supported. "
                "Give one that speaks http and allows CONNECT, such as http://proxy.example.com:3128 (http:// is how "
                "the proxy is reached; requests through it are https all the same)."
            )
        try:
            parts = urlsplit(value if found else f"http://{value}")
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if (
            not host
            or not _HOST.fullmatch(host)
            or port == 0
            or parts.path not in ("", "/")
            or parts.query
            or parts.fragment
        ):
            raise SettingsError(
                f"{name}: give the address of a proxy, such as http://proxy.example.com:3128. Percent-encode reserved "
                "characters in its password, such as %23 for #."
            )
        return cls(host=host, port=port or 80, authorization=_authorization(name, parts.username, parts.password))


def _authorization(name: str, user: str | None, password: str | None) -> Secret | None:
    if user is None:
        return None
    stray = _ESCAPE.search(user + (password or ""))
    name_bytes, password_bytes = unquote_to_bytes(user), unquote_to_bytes(password or "")
    if stray or b":" in name_bytes or any(byte < 0x20 or byte == 0x7F for byte in name_bytes + password_bytes):
        raise SettingsError(f"{name}: its user name or password is not percent-encoded, as a URL requires.")
    return Secret("Basic " + base64.b64encode(name_bytes + b":" + password_bytes).decode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """How requests leave: directly, or through a proxy.

    Args:
        proxy: the proxy for every https address that ``bypass`` does not name.
        bypass: what is reached directly, as in ``NO_PROXY``: ``*``, hosts with their subdomains, addresses, networks.
            Each may have a port.
        fault: why the proxy of the environment cannot be used. A request that needs it is refused with this sentence.
    """

    proxy: Proxy | None = None
    bypass: tuple[str, ...] = ()
    fault: str | None = field(default=None)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Outgoing:
        """Read the first of ``https_proxy``, ``HTTPS_PROXY``, ``all_proxy`` and ``ALL_PROXY`` that is not empty, and
        ``no_proxy`` or ``NO_PROXY``, as curl does."""
        name = next((name for name in PROXY_VARIABLES if environ.get(name, "").strip()), None)
        listed = next((value for name in BYPASS_VARIABLES if (value := environ.get(name, "").strip())), "")
        bypass = tuple(one.lower() for one in _SEPARATOR.split(listed) if one)
        if name is None:
            return cls(bypass=bypass)
        try:
            return cls(proxy=Proxy.parse(name, environ[name].strip()), bypass=bypass)
        except SettingsError as wrong:
            return cls(bypass=bypass, fault=wrong.hint)

    def check(self, urls: list[str]) -> list[str]:
        """Report a proxy that is needed and cannot be used. If it is not needed, log one line about it.

        Args:
            urls: every address that will be requested.

        Returns:
            The fault, or nothing.
        """
        if self.fault is None:
            return []
        for url in urls:
            address = address_of(url)[0]
            if not _is_loopback_host(address.host) and not self.bypasses(address):
                return [self.fault]
        log.warning("%s (No provider needs it, so the app starts.)", self.fault)
        return []

    def proxy_for(self, address: Address) -> Proxy | None:
        """The proxy that leads to an address; None: connect directly.

        Raises:
            SettingsError: the address needs a proxy, and the configured one cannot be used.
        """
        if not address.secure or _is_loopback_host(address.host) or self.bypasses(address):
            return None
        if self.fault is not None:
            raise SettingsError(self.fault)
        return self.proxy

    def bypasses(self, address: Address) -> bool:
        """Whether ``NO_PROXY`` names this address. No name is resolved for it."""
        host = address.host.lower().rstrip(".")
        return any(_names(entry, host, address.port) for entry in self.bypass)


def _names(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        literal = None
    if literal is not None and (network := _network(entry)) is not None:
        return literal in network
    if hit := _WITH_PORT.fullmatch(entry):
        if hit[2] != str(port):
            return False
        entry = hit[1]
    if literal is not None:
        network = _network(entry.removeprefix("[").removesuffix("]"))
        return network is not None and literal in network
    entry = entry.removeprefix("*").strip(".")
    return bool(entry) and (host == entry or host.endswith("." + entry))


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return None
