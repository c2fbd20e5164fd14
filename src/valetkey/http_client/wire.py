"""HTTP/1.1 as bytes: writes requests and reads replies. There is no socket here.

How this works: httptools (llhttp, the parser of Node.js) parses replies in its strict mode. ``ReplyReader`` counts what
comes out, before and after decompression, so that no reply makes this process grow.

A reply without a length ends when its connection ends. It counts as complete only if something proves it: a
close_notify of TLS, or the trailer of gzip. A reply that was cut off would look complete otherwise, and ``user_id=42``
is not ``user_id=4217``.
"""

from __future__ import annotations

import re
import zlib
from functools import lru_cache
from importlib.metadata import version

import httptools

from ..errors import ProviderReplyInvalid
from ..protocols.grammar import lower, trim
from ..protocols.http import HttpRequest, HttpResponse
from ..settings.outgoing import address_of
from .transport_error import TransportError

REPLY_LIMIT_BYTES = 64 * 1024
HEAD_LIMIT_BYTES = 32 * 1024
IDLE_SECONDS = 15.0  # an idle connection that is older is not used again
MAX_IDLE = 32  # idle connections per address

USER_AGENT = f"valetkey/{version('valetkey')}"
_DEFAULTS = {"user-agent": f"User-Agent: {USER_AGENT}", "accept": "Accept: */*"}  # unless the request has its own
_HEAD = re.compile(r"[ -~]+(?:\r\n[ -~]+)*")  # lines of printable ASCII


def encode_request(request: HttpRequest) -> bytes:
    """Return the bytes of a request.

    Raises:
        ValueError: a part of the head has a line end, a control character or a character outside ASCII. Only a mistake
            in this package can cause it.
    """
    _, host, target = address_of(request.url)
    lines = [
        f"{request.method} {target} HTTP/1.1",
        f"Host: {host}",
        *_defaults_beside(tuple(request.headers)),
        "Accept-Encoding: gzip",
        f"Content-Length: {len(request.body)}",
        *[f"{name}: {value}" for name, value in request.headers.items()],
    ]
    head = "\r\n".join(lines)
    if head.count("\r\n") != len(lines) - 1 or not _HEAD.fullmatch(head):
        raise ValueError("a request's head may have visible ASCII only")
    return head.encode() + b"\r\n\r\n" + request.body


@lru_cache(maxsize=64)  # requests have few sets of names, which are written in this package and in the records
def _defaults_beside(names: tuple[str, ...]) -> tuple[str, ...]:
    own = [lower(name) for name in names]
    return tuple(line for name, line in _DEFAULTS.items() if name not in own)


class ReplyReader:
    """Reads one reply, piece by piece. ``done`` is true once it is complete. ``close`` ends one that is not.

    Args:
        tls: the connection uses TLS, so its end can be proven (close_notify).
    """

    def __init__(self, *, tls: bool) -> None:
        self._tls = tls
        # The parser keeps this reader, and this reader the parser, until the reply is complete.
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._fed = 0
        self._head_complete = False
        self._ends_with_connection = False
        self._inflate: zlib._Decompress | None = None
        self._extra_data = False
        self._keep_alive = False
        self._fault: str | None = None
        self.status = 0
        self.done = False

    def feed(self, data: bytes) -> None:
        """Read the next piece.

        Raises:
            ProviderReplyInvalid: the reply is too long, has an unknown content coding or changes the protocol.
            TransportError: it is not HTTP.
        """
        if self._parser is None:
            self._extra_data = True
            return
        self._fed += len(data)
        if self._fed > HEAD_LIMIT_BYTES + REPLY_LIMIT_BYTES:
            raise ProviderReplyInvalid("The reply is too long.")
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            if self._fault is not None:
                raise ProviderReplyInvalid(self._fault) from None
            if not self.done:
                raise TransportError("The provider's reply is not HTTP.", maybe_sent=True) from None
            self._extra_data = True
        if not self._head_complete and self._fed > HEAD_LIMIT_BYTES:
            raise ProviderReplyInvalid("The reply's head is too long.")
        if self.done:
            self.close()

    def end(self, *, proven: bool) -> None:
        """Note that the connection has ended.

        Args:
            proven: TLS has received a close_notify (RFC 8446 §6.1).

        Raises:
            ProviderReplyInvalid: the reply's gzip is cut short.
            TransportError: the reply is not complete, or nothing proves that it is.
        """
        if self.done:
            return
        if not self._ends_with_connection:
            raise TransportError("The connection ended before the reply did.", maybe_sent=True)
        if self._inflate is not None and self._body:
            if not self._inflate.eof:
                raise ProviderReplyInvalid("The reply's gzip is cut short.")
        elif not proven:
            raise TransportError(
                "The reply has no Content-Length, and its connection ended without close_notify: it may be cut short.",
                maybe_sent=True,
            )
        self.done = True

    def close(self) -> None:
        """Read no more. Without its parser, a reader is freed at once and not by the garbage collector."""
        self._parser = None

    @property
    def reusable(self) -> bool:
        """Whether the connection may carry another request after this reply."""
        return self._keep_alive and not self._extra_data

    def response(self) -> HttpResponse:
        """Return the reply; call it once ``done`` is true."""
        return HttpResponse(status=self.status, headers=self._headers, body=bytes(self._body))

    # Called by the parser

    def on_message_begin(self) -> None:
        if self.done:
            self._extra_data = True  # a second reply that no request asked for

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.done or self._head_complete:  # a trailer is no header (RFC 9110 §6.5.1)
            return
        key, text = name.lower().decode("latin-1"), value.decode("latin-1")
        if key == "content-length" and key in self._headers:
            self._refuse("The reply says its length twice.")
        self._headers[key] = f"{self._headers[key]}, {text}" if key in self._headers else text

    def on_headers_complete(self) -> None:
        if self.done or self._parser is None:
            return
        self.status = self._parser.get_status_code()
        if self.status == 101:
            self._refuse("The provider changed to another protocol (status 101), which the request did not ask for.")
        if 100 <= self.status < 200:
            self._headers = {}
            return
        self._head_complete = True
        self._keep_alive = self._parser.should_keep_alive()
        known = "content-length" in self._headers or "transfer-encoding" in self._headers
        self._ends_with_connection = not known and self.status not in (204, 304)
        if lower(self._headers.get("transfer-encoding", "chunked")) != "chunked":  # RFC 9112 §7
            self._refuse("The reply is in a transfer coding that was not asked for.")
        coding = lower(trim(self._headers.get("content-encoding", "identity")))
        if coding in ("gzip", "x-gzip"):
            self._inflate = zlib.decompressobj(16 + zlib.MAX_WBITS)
        elif coding != "identity":
            self._refuse("The reply is in a coding that was not asked for.")
        if self._ends_with_connection:
            self._keep_alive = False
            if not self._tls and self._inflate is None:
                self._refuse(
                    "The reply does not say where it ends: it has no Content-Length and no chunks. Over plain http the "
                    "end of the connection proves nothing, because a server that dies during a reply ends it, too."
                )

    def on_body(self, data: bytes) -> None:
        if self.done:
            return
        if self._inflate is not None:
            try:
                data = self._inflate.decompress(data, REPLY_LIMIT_BYTES + 1 - len(self._body))
            except zlib.error:
                self._refuse("The reply is not the gzip that it says it is.")
            # RFC 1952 §2.2 allows a second member, which would go on with the text of the first.
            if self._inflate.unused_data:
                self._refuse("The reply goes on after the end of its gzip.")
        self._body += data
        if len(self._body) > REPLY_LIMIT_BYTES:
            self._refuse("The reply is too long.")

    def on_message_complete(self) -> None:
        if self.done or 100 <= self.status < 200:
            return
        if self._inflate is not None and not self._inflate.eof and self._body:
            self._refuse("The reply's gzip is cut short.")
        self.done = True

    def _refuse(self, hint: str) -> None:
        self._fault = hint
        raise ProviderReplyInvalid(hint)  # stops the parser
