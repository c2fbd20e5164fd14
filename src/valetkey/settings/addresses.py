"""Addresses in settings: which ones are valid, and how a browser writes their origin.

How this works. A browser compares origins byte for byte (RFC 6454 §6.2, and the host parser of the URL standard). So an
address in a setting must become the bytes that browsers send. An address with one meaning is normalised: lower case, no
default port, IPv6 in its short form. An address that no browser sends is refused, and the message says what to write.

Why no library does this: ``urllib.parse`` reads what browsers refuse and drops line ends, and the libraries that follow
the URL standard accept what an app cannot mean, such as ``0x7f.1`` for this machine.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from . import shell_origins

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})

_VISIBLE = re.compile(r"[!-~]+")  # checked before urlsplit, which drops control characters and line ends
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PATH = re.compile(r"(/(?!\.\.?(/|$))[A-Za-z0-9._~-]+)*")
# *( "/" segment ), segment = *pchar, without dot segments (RFC 3986 §3.3, §5.2.4). Quotes are refused before.
_ISSUER_PATH = re.compile(r"(/(?!\.\.?(/|$))([A-Za-z0-9._~!$&()*+,;=:@-]|%[0-9A-Fa-f]{2})*)*")
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Names that exist in private networks only: RFC 6761, RFC 6762, and the name that ICANN reserves for private use.
_PRIVATE_NAMES = frozenset({"home.arpa", "internal", "invalid", "local", "localhost", "test"})

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Wider networks than these are half the internet. IPv6 has fc00::/7 for private use.
_WIDEST = {4: 8, 6: 7}
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")


def origin_of(url: str) -> str:
    """Scheme, host and port as a browser writes them in ``Origin``: lower case, no default port. RFC 6454 §6.2.

    Raises:
        ValueError: this is not a URL.
    """
    parts = urlsplit(url)
    host = host_of(parts)
    host = f"[{host}]" if ":" in host else host
    default = _DEFAULT_PORTS.get(parts.scheme)
    return f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port not in (None, default) else "")


def host_of(parts: SplitResult) -> str:
    """The host as browsers write it, without the brackets of IPv6."""
    host = (parts.hostname or "").lower()
    if ":" not in host:
        return host
    try:
        return ipaddress.IPv6Address(host).compressed
    except ValueError:
        return host


def split(
    label: str, url: str, *, example: str = "https://app.example.com/auth/twitter", is_apps: bool = True
) -> tuple[SplitResult | None, list[str]]:
    """Take an address apart and check it.

    Args:
        label: the name of the setting, for the messages.
        url: the address.
        example: a valid address, for the messages.
        is_apps: it is an address of the app, which browsers see, and not of another server.

    Returns:
        Its parts, and a list of what is wrong with it; None for the parts if anything is.
    """
    if not url.isascii():
        return None, [f"{label}: give the name as browsers send it, in ASCII; bücher.example is xn--bcher-kva.example."]
    try:
        parts = urlsplit(url)
        port_ok = parts.port != 0
    except ValueError:
        return None, [f"{label}: this is not a URL."]
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_ok:
        return None, [f"{label}: give a full address, such as {example}"]
    if parts.query or parts.fragment or parts.username is not None or not _is_plain(url):
        return None, [f"{label}: no query, fragment, user name, space or quote belongs there."]
    if fault := _host_fault(host_of(parts)):
        return None, [f"{label}: {fault}"]
    if parts.scheme == "http" and host_of(parts) not in LOOPBACK_HOSTS:
        return None, [
            f"{label}: http is for this machine only (127.0.0.1, localhost); anything else needs https."
            + (" Behind a proxy that ends TLS, give the https address that browsers see." if is_apps else "")
        ]
    return parts, []


def origin_faults(label: str, url: str) -> list[str]:
    """What keeps an address from being the origin of a page. A slash at the end is ignored.

    Args:
        label: the name of the setting, for the messages.
        url: the address.

    Returns:
        Sentences; empty if the address is an origin.
    """
    if shell_origins.has_shell_form(url):
        return shell_origins.origin_faults(label, url)
    parts, faults = split(label, url, example="https://app.example.com")
    if parts is not None and parts.path not in ("", "/"):
        faults.append(f"{label}: give an origin only (scheme, host, port), without a path.")
    return faults


def base_faults(label: str, url: str, *, is_apps: bool = True) -> list[str]:
    """What keeps an address from being a base for others: an origin with or without a path. An end slash is ignored.

    Args:
        label: the name of the setting, for the messages.
        url: the address.
        is_apps: it is an address of the app, and not of a provider's server.

    Returns:
        Sentences; empty if the address is a base.
    """
    example = "https://app.example.com" if is_apps else "https://server.example"
    parts, faults = split(label, url, example=example, is_apps=is_apps)
    if parts is not None and not _PATH.fullmatch(parts.path.rstrip("/")):
        faults.append(f"{label}: its path may have letters, digits, '-', '_', '~' and single dots and slashes only.")
    return faults


def issuer_faults(label: str, url: str) -> list[str]:
    """What keeps an address from being an issuer: https, no query, no fragment. OpenID Connect Discovery 1.0 §3.

    Args:
        label: the name of the setting, for the messages.
        url: the address. It is compared to the letter, so that a slash at its end counts.

    Returns:
        Sentences; empty if the address is an issuer.
    """
    parts, faults = split(label, url, example="https://id.example.com", is_apps=False)
    if parts is not None and not _ISSUER_PATH.fullmatch(parts.path):
        faults.append(f"{label}: its path has a part that is not one of an address. Copy the issuer again.")
    elif url.endswith("/.well-known/openid-configuration"):
        faults.append(f"{label}: give the issuer, which is this address without /.well-known/openid-configuration.")
    return faults


def _is_plain(url: str) -> bool:
    # A bare ? or # has an empty query or fragment, which urlsplit does not show.
    return _VISIBLE.fullmatch(url) is not None and not any(char in "\\\"'<>?#" for char in url)


def _host_fault(host: str) -> str | None:
    if ":" in host:
        try:
            address = ipaddress.IPv6Address(host)
        except ValueError:
            return "this is not an address."
        if "%" in host or address.ipv4_mapped is not None:
            return "give an IPv6 address without a zone, and an IPv4 address as IPv4."
        return None
    if "*" in host:
        return "a browser sends one origin and never a pattern: list each of them, separated by commas."
    if host.endswith("."):
        return "leave out the dot at the end of the host; for a browser it is another host."
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            return "write an IPv4 address as four decimal numbers, such as 192.0.2.1."
        return None
    if len(host) > 253 or not all(_LABEL.fullmatch(one) for one in labels):
        return "a host name has letters, digits, hyphens and dots only."
    return None


def is_loopback(url: str) -> bool:
    """Whether the address is this machine's. A connection to the unspecified address (0.0.0.0, ``::``) is one, too."""
    try:
        host = host_of(urlsplit(url)).removesuffix(".")
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    return address.is_loopback or address.is_unspecified


def is_public(url: str) -> bool:
    """Whether users elsewhere could open it: no private address, and no name that only a private network knows."""
    try:
        host = host_of(urlsplit(url))
    except ValueError:
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        pass
    return "." in host and not any(f".{host}".endswith(f".{name}") for name in _PRIVATE_NAMES)


def proxy_networks(proxies: Sequence[str]) -> list[Network]:
    """The networks that ``VALETKEY_PROXIES`` names.

    Raises:
        ValueError: one of them is not valid; the message says why.
    """
    found: list[Network] = []
    for one in proxies:
        try:
            network = ipaddress.ip_network(one, strict=False)
        except ValueError:
            raise ValueError("VALETKEY_PROXIES: give addresses or networks, such as 10.0.0.0/8.") from None
        if network.prefixlen < _WIDEST[network.version]:
            raise ValueError(
                "VALETKEY_PROXIES: a network is too wide; anybody in it may write X-Forwarded-For, and so choose the "
                "address that counts. Name your own proxies, such as 10.0.0.0/8."
            )
        if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(_MAPPED):
            raise ValueError("VALETKEY_PROXIES: give an IPv4 address as IPv4, such as 192.0.2.1.")
        if network.network_address.is_unspecified or network.is_multicast:
            raise ValueError("VALETKEY_PROXIES: nothing comes from this address. Give that of your proxy.")
        found.append(network)
    return found
