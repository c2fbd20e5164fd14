"""The way out through a company's proxy: what ``HTTPS_PROXY`` and ``NO_PROXY`` say, and the CONNECT that opens it.

TLS goes through the tunnel and ends at the provider, under the provider's name; the proxy sees a host, a port and how
much is sent. ``HTTP_PROXY`` is not read: plain http stays on this machine, and under CGI that variable is a header
that a client sends (https://httpoxy.org).
"""

from __future__ import annotations

import base64
import ipaddress
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes, urlsplit

from ..errors import SettingsError
from ..model import Secret
from .faults import TransportFault
from .wire import HEAD_LIMIT_BYTES, USER_AGENT, Address, address_of, is_loopback

log = logging.getLogger("valetkey")

PROXY_VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
BYPASS_VARIABLES = ("no_proxy", "NO_PROXY")

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?\r\n")
_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """A proxy that is reached in plain http and asked to CONNECT.

    Args:
        authorization: the value of ``Proxy-Authorization``, which is sent to the proxy only.
    """

    host: str
    port: int
    authorization: Secret | None = None

    @classmethod
    def parse(cls, name: str, value: str) -> Proxy:
        """Read ``http://user:password@host:port``; the scheme may be left out. RFC 3986 §3.2, RFC 7617 §2.

        Args:
            name: the variable that holds the value, for the message.

        Raises:
            SettingsError: another scheme, no host, or anything that a proxy's address does not have.
        """
        scheme, found, _ = value.partition("://")
        if found and scheme.lower() != "http":
            shown = (
                scheme.lower() if scheme.lower() in ("https", "socks", "socks4", "socks4a", "socks5", "socks5h") else ""
            )
            raise SettingsError(
                f"{name}: {f'{shown}:// proxies are' if shown else 'this kind of proxy is'} not supported. "
                "Give one that speaks http and allows CONNECT, such as http://proxy.example.com:3128"
            )
        try:
            parts = urlsplit(value if found else f"http://{value}")
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        plain = host is not None and host.isascii() and host.isprintable() and " " not in host
        if not host or not plain or port == 0 or parts.path not in ("", "/") or parts.query or parts.fragment:
            raise SettingsError(f"{name}: give the address of a proxy, such as http://proxy.example.com:3128")
        return cls(host=host, port=port or 80, authorization=_authorization(name, parts.username, parts.password))


def _authorization(name: str, user: str | None, password: str | None) -> Secret | None:
    if user is None:
        return None
    stray = _ESCAPE.search(user + (password or ""))
    name_bytes, password_bytes = unquote_to_bytes(user), unquote_to_bytes(password or "")
    if stray or b":" in name_bytes or any(byte < 0x20 or byte == 0x7F for byte in name_bytes + password_bytes):
        raise SettingsError(f"{name}: its user name or password is not percent-encoded as a URL asks for.")
    return Secret("Basic " + base64.b64encode(name_bytes + b":" + password_bytes).decode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """Which way requests leave: directly, or through a proxy.

    Args:
        proxy: for every https address that ``bypass`` does not name.
        bypass: entries as in ``NO_PROXY``: ``*``, hosts with everything below them, addresses, networks; each may
            have a port.
        fault: why the environment's proxy cannot be used; a request that would need it is refused with this sentence.
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
        bypass = tuple(one.lower() for one in re.split(r"[,\s]+", listed) if one)
        if name is None:
            return cls(bypass=bypass)
        try:
            return cls(proxy=Proxy.parse(name, environ[name].strip()), bypass=bypass)
        except SettingsError as wrong:
            return cls(bypass=bypass, fault=wrong.explanation)

    def check(self, urls: list[str]) -> list[str]:
        """The fault, if one of these addresses needs the proxy. If none does, the log says it once.

        Args:
            urls: everything that will be requested.
        """
        if self.fault is None:
            return []
        for url in urls:
            address = address_of(url)[0]
            if not is_loopback(address.host) and not self.bypasses(address):
                return [self.fault]
        log.warning("%s (No provider needs it, so the app starts.)", self.fault)
        return []

    def proxy_for(self, address: Address) -> Proxy | None:
        """The proxy that leads to an address; None: connect directly.

        Raises:
            SettingsError: the address needs a proxy, and the configured one cannot be used.
        """
        if not address.secure or is_loopback(address.host) or self.bypasses(address):
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
    name, colon, wanted = entry.rpartition(":")
    if colon and wanted.isascii() and wanted.isdigit():
        if int(wanted) != port:
            return False
        entry = name
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


class Tunnel:
    """One CONNECT: what to send, and what the proxy answers. No socket here. RFC 9110 §9.3.6."""

    def __init__(self, proxy: Proxy, address: Address) -> None:
        self._where = f"The proxy {proxy.host}:{proxy.port}"
        self._knows_credentials = proxy.authorization is not None
        host = f"[{address.host}]" if ":" in address.host else address.host
        self._target = f"{host}:{address.port}"
        self._got = bytearray()
        lines = [f"CONNECT {self._target} HTTP/1.1", f"Host: {self._target}", f"User-Agent: {USER_AGENT}"]
        if proxy.authorization is not None:
            lines.append(f"Proxy-Authorization: {proxy.authorization.reveal()}")
        self.request = "\r\n".join(lines).encode("ascii") + b"\r\n\r\n"

    def feed(self, data: bytes) -> bool:
        """Whether the tunnel is open. ``data`` is what arrived; nothing means that the proxy hung up.

        Raises:
            TransportFault: the proxy refuses, hangs up, or does not answer in HTTP; nothing was sent to the provider.
        """
        if not data:
            raise self._fault("hung up instead of connecting")
        self._got += data
        while b"\r\n\r\n" in self._got:
            head, _, rest = bytes(self._got).partition(b"\r\n\r\n")
            line = _STATUS_LINE.match(head + b"\r\n")
            if line is None:
                break
            status = int(line[1])
            if 100 <= status < 200 and status != 101:
                self._got = bytearray(rest)
                continue
            if not 200 <= status < 300:
                raise self._refusal(status)
            if rest:  # a TLS server speaks second, so this is the proxy's own
                raise self._fault("sent more than its answer to CONNECT")
            return True
        if len(self._got) > HEAD_LIMIT_BYTES or b"\r\n\r\n" in self._got:
            raise self._fault("does not answer CONNECT in HTTP")
        return False

    def broken(self, error: OSError) -> TransportFault:
        """The connection to the proxy failed before the tunnel stood."""
        late = isinstance(error, TimeoutError)
        return self._fault("did not answer in time" if late else f"broke the connection ({type(error).__name__})")

    def _refusal(self, status: int) -> TransportFault:
        if status == 407 and not self._knows_credentials:
            advice = " It asks for a user name and a password: http://user:password@host:port in HTTPS_PROXY."
        elif status == 407:
            advice = (
                " It does not accept the user name and password in HTTPS_PROXY, or wants a scheme other than Basic."
            )
        elif status == 403:
            advice = " Ask whoever runs it to allow this host."
        else:
            advice = ""
        return self._fault(f"answered {status}", advice, lasting=status in (403, 407))

    def _fault(self, what: str, advice: str = "", *, lasting: bool = False) -> TransportFault:
        hint = f"{self._where} {what} when it was asked to CONNECT to {self._target}.{advice}"
        return TransportFault(hint, sent=False, lasting=lasting)
