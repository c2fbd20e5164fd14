"""One CONNECT to a proxy. TLS goes through the tunnel and ends at the provider, under the provider's name: the proxy
sees a host, a port and how much is sent."""

from __future__ import annotations

import re

from ..settings.outgoing import Address, Proxy
from .faults import TransportFault
from .wire import HEAD_LIMIT_BYTES, USER_AGENT

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?\r\n")


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
        """The connection to the proxy failed before the tunnel was open."""
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
