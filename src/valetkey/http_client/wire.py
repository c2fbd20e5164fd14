"""HTTP/1.1 as bytes: a request written out, a reply read in. No socket here.

Replies are read by llhttp (httptools), strictly; what it lets through is counted here, before and after decoding, so
that nothing a provider sends makes this process grow. A reply that ends with its connection counts as whole only if
something proves it, a close_notify of TLS or the trailer of gzip: cut short, it would look whole, and ``user_id=42`` is
not ``user_id=4217``.
"""

from __future__ import annotations

import zlib
from importlib.metadata import version

import httptools

from ..errors import ProviderReplyInvalid
from ..protocols.grammar import is_visible, lower, trim
from ..protocols.http import HttpRequest, HttpResponse
from ..settings.outgoing import address_of
from .faults import TransportFault

REPLY_LIMIT_BYTES = 64 * 1024
HEAD_LIMIT_BYTES = 32 * 1024
IDLE_SECONDS = 15.0
MOST_IDLE = 32

USER_AGENT = f"valetkey/{version('valetkey')}"


def encode(request: HttpRequest) -> bytes:
    """A request as bytes.

    Raises:
        ValueError: a line end or a control character in any part; nothing outside this package can cause it.
    """
    _, host, target = address_of(request.url)
    lines = [
        f"{request.method} {target} HTTP/1.1",
        f"Host: {host}",
        f"User-Agent: {USER_AGENT}",
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
    """One reply, fed as it comes. ``done`` when it is whole; ``reusable`` if the connection may go on after it.

    Args:
        tls: the connection can prove where it ends.
    """

    def __init__(self, *, tls: bool) -> None:
        self._tls = tls
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._fed = 0
        self._head_whole = False
        self._until_the_end = False
        self._inflate: zlib._Decompress | None = None
        self._excess = False
        self._keep_alive = False
        self._fault: ProviderReplyInvalid | None = None
        self.status = 0
        self.done = False

    def feed(self, data: bytes) -> None:
        """Read what arrived.

        Raises:
            ProviderReplyInvalid: too long, too many headers, an unknown coding, a change of protocol.
            TransportFault: not HTTP.
        """
        self._fed += len(data)
        if self._fed > HEAD_LIMIT_BYTES + REPLY_LIMIT_BYTES:
            raise ProviderReplyInvalid("The reply is longer than any that is meant.")
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            if self._fault is not None:
                raise self._fault from None
            if not self.done:
                raise TransportFault("The provider's reply is not HTTP.", sent=True) from None
            self._excess = True
        if not self._head_whole and self._fed > HEAD_LIMIT_BYTES:
            raise ProviderReplyInvalid("The reply's head is longer than any that is meant.")

    def end(self, *, proven: bool) -> None:
        """The connection has ended.

        Args:
            proven: TLS has said that this is the end (close_notify, RFC 8446 §6.1).

        Raises:
            ProviderReplyInvalid: the reply is not known to be whole.
            TransportFault: the reply had not come to its end.
        """
        if self.done:
            return
        if not self._until_the_end:
            raise TransportFault("The connection ended before the reply did.", sent=True)
        if self._inflate is not None and self._body:
            if not self._inflate.eof:
                raise ProviderReplyInvalid("The reply's gzip is cut short.")
        elif not proven:
            raise TransportFault(
                "The reply has no Content-Length, and its connection ended without close_notify: it may be cut short.",
                sent=True,
            )
        self.done = True

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
        if self.status == 101:
            self._refuse("The provider changed to another protocol (status 101), and nobody had asked for it.")
        if 100 <= self.status < 200:
            self._headers = {}
            return
        self._head_whole = True
        self._keep_alive = self._parser.should_keep_alive()
        known = "content-length" in self._headers or "transfer-encoding" in self._headers
        self._until_the_end = not known and self.status not in (204, 304)
        coding = lower(trim(self._headers.get("content-encoding", "identity")))
        if coding in ("gzip", "x-gzip"):
            self._inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
        elif coding != "identity":
            self._refuse("The reply is in a coding that was not asked for.")
        if self._until_the_end:
            self._keep_alive = False
            if not self._tls and self._inflate is None:
                self._refuse(
                    "The reply does not say where it ends: it has no Content-Length and no chunks. Over plain http the "
                    "end of the connection proves nothing, since a server that dies in mid-reply ends it, too."
                )

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
        self._fault = ProviderReplyInvalid(hint)
        raise self._fault
