"""HTTP/1.1 as bytes: a request written out, a reply read in. No socket here.

Replies are read by llhttp (httptools), strictly; what it lets through is counted here, before and after decoding, so
that nothing a provider sends makes this process grow. A reply whose length is only known by the connection's end is
refused: cut short, it would look whole, and ``user_id=42`` is not ``user_id=4217``.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
import zlib
from functools import cache
from importlib.metadata import version
from typing import NamedTuple
from urllib.parse import urlsplit

import httptools

from ..errors import ProviderNonsense, ProviderUnavailable, SettingsError
from ..grammar import is_visible, lower, trim
from ..protocol.messages import HttpRequest, HttpResponse

REPLY_LIMIT_BYTES = 64 * 1024
HEAD_LIMIT_BYTES = 32 * 1024
IDLE_SECONDS = 15.0
MOST_IDLE = 32

_USER_AGENT = f"valetkey/{version('valetkey')}"


class TransportFault(ProviderUnavailable):
    """No reply. ``sent`` is False only if it is certain that nothing of the request left this process."""

    def __init__(self, hint: str, *, sent: bool) -> None:
        super().__init__(hint)
        self.sent = sent


class Address(NamedTuple):
    """Where a request goes, and what a pool is keyed by."""

    secure: bool
    host: str
    port: int


@cache
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
    if not secure and not (parts.scheme == "http" and _is_loopback(host)):
        raise SettingsError("A provider is reached by https; plain http is for this machine only.")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(secure, host, parts.port or (443 if secure else 80)), parts.netloc.rpartition("@")[2], target


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def encode(request: HttpRequest) -> bytes:
    """A request as bytes.

    Raises:
        ValueError: a line end or a control character in any part; nothing outside this package can cause it.
    """
    _, host, target = address_of(request.url)
    lines = [
        f"{request.method} {target} HTTP/1.1",
        f"Host: {host}",
        f"User-Agent: {_USER_AGENT}",
        "Accept: */*",
        "Accept-Encoding: gzip",
        f"Content-Length: {len(request.body)}",
        *(f"{name}: {value}" for name, value in request.headers.items()),
    ]
    head = "\r\n".join(lines)
    if head.count("\r\n") != len(lines) - 1 or not is_visible(head.replace("\r\n", "").replace(" ", "")):
        raise ValueError("a request's head may have visible ASCII only")
    return head.encode() + b"\r\n\r\n" + request.body


class Reply:
    """One reply, fed as it comes. ``done`` when it is whole; ``reusable`` if the connection may go on after it."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._fed = 0
        self._head_whole = False
        self._delimited = False
        self._inflate: zlib._Decompress | None = None
        self._excess = False
        self._keep_alive = False
        self._fault: ProviderNonsense | None = None
        self.status = 0
        self.done = False

    def feed(self, data: bytes) -> None:
        """Raises: ProviderNonsense: too long, too many headers, an unknown coding. TransportFault: not HTTP."""
        self._fed += len(data)
        if self._fed > HEAD_LIMIT_BYTES + REPLY_LIMIT_BYTES:
            raise ProviderNonsense("The reply is longer than any that is meant.")
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            if self._fault is not None:
                raise self._fault from None
            if not self.done:
                raise TransportFault("The provider's reply is not HTTP.", sent=True) from None
            self._excess = True
        if not self._head_whole and self._fed > HEAD_LIMIT_BYTES:
            raise ProviderNonsense("The reply's head is longer than any that is meant.")

    @property
    def reusable(self) -> bool:
        return self._keep_alive and not self._excess

    def response(self) -> HttpResponse:
        return HttpResponse(status=self.status, headers=self._headers, body=bytes(self._body))

    # What the parser calls

    def on_message_begin(self) -> None:
        if self.done:
            self._excess = True  # a second reply nobody asked for

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.done:
            return
        key, text = name.lower().decode("latin-1"), value.decode("latin-1")
        if key == "content-length" and key in self._headers:
            self._refuse("The reply says its length twice.")
        self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        if self.done:
            return
        self.status = self._parser.get_status_code()
        if 100 <= self.status < 200:
            self._headers = {}
            return
        self._head_whole = True
        self._keep_alive = self._parser.should_keep_alive()
        if not ("content-length" in self._headers or "transfer-encoding" in self._headers or self.status in (204, 304)):
            self._refuse("The reply does not say where it ends.")
        coding = lower(trim(self._headers.get("content-encoding", "identity")))
        if coding in ("gzip", "x-gzip"):
            self._inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
        elif coding != "identity":
            self._refuse("The reply is in a coding that was not asked for.")

    def on_body(self, data: bytes) -> None:
        if self.done:
            return
        if self._inflate is not None:
            try:
                data = self._inflate.decompress(data, REPLY_LIMIT_BYTES + 1 - len(self._body))
            except zlib.error:
                self._refuse("The reply is not the gzip that it says it is.")
        self._body += data
        if len(self._body) > REPLY_LIMIT_BYTES:
            self._refuse("The reply is longer than any that is meant.")

    def on_message_complete(self) -> None:
        if self.done or 100 <= self.status < 200:
            return
        if self._inflate is not None and not self._inflate.eof and self._body:
            self._refuse("The reply's gzip is cut short.")
        self.done = True

    def _refuse(self, hint: str) -> None:
        self._fault = ProviderNonsense(hint)
        raise self._fault


class Trust:
    """The TLS context, built once, on first use: it costs 20 ms and more. Verification cannot be turned off.

    Raises:
        ValueError: a context that does not verify.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        if context is not None and (not context.check_hostname or context.verify_mode is not ssl.CERT_REQUIRED):
            raise ValueError("this TLS context does not verify whom it talks to")
        self._context = context

    def context(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context()
            self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        return self._context


def not_connected(address: Address, error: BaseException) -> TransportFault:
    """No connection, so nothing was sent."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return TransportFault(
            f"The certificate of {address.host} could not be verified. Behind a proxy that has its own authority, "
            "name that in SSL_CERT_FILE; check the clock, too.",
            sent=False,
        )
    reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else type(error).__name__
    return TransportFault(f"No connection to {address.host}:{address.port} ({reason}).", sent=False)
