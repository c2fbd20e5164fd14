"""Opens a tunnel through a proxy with CONNECT.

TLS goes through the tunnel and ends at the provider, whose certificate is verified. The proxy sees a host, a port and
how much is sent. RFC 9110 §9.3.6.
"""

from __future__ import annotations

import re

from ..settings.outgoing import Address, Proxy
from .transport_error import TransportError
from .wire import HEAD_LIMIT_BYTES, USER_AGENT

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: [^\r\n]*)?\r\n")


class Tunnel:
    """One CONNECT: the bytes to send, and a reader for the proxy's answer. There is no socket here.

    Args:
        proxy: with its credentials, if it has any.
        address: the provider's.
    """

    def __init__(self, proxy: Proxy, address: Address) -> None:
        self._where = f"The proxy {proxy.host}:{proxy.port}"
        self._has_credentials = proxy.authorization is not None
        host = f"[{address.host}]" if ":" in address.host else address.host
        self._target = f"{host}:{address.port}"
        self._received = bytearray()
        lines = [f"CONNECT {self._target} HTTP/1.1", f"Host: {self._target}", f"User-Agent: {USER_AGENT}"]
        if proxy.authorization is not None:
            lines.append(f"Proxy-Authorization: {proxy.authorization.reveal()}")
        self.request = "\r\n".join(lines).encode("ascii") + b"\r\n\r\n"

    def feed(self, data: bytes) -> bool:
        """Read the next piece of the proxy's answer.

        Args:
            data: what arrived. Empty means that the proxy has closed the connection.

        Returns:
            Whether the tunnel is open.

        Raises:
            TransportError: the proxy refused, closed the connection or did not answer in HTTP. Nothing was sent to the
                provider.
        """
        if not data:
            raise self._fault("closed the connection")
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, rest = bytes(self._received).partition(b"\r\n\r\n")
            line = _STATUS_LINE.match(head + b"\r\n")
            if line is None:
                break
            status = int(line[1])
            if 100 <= status < 200 and status != 101:
                self._received = bytearray(rest)
                continue
            if not 200 <= status < 300:
                raise self._refusal(status)
            if rest:  # a TLS server waits for the client, so this comes from the proxy
                raise self._fault("sent more than its answer to CONNECT")
            return True
        if len(self._received) > HEAD_LIMIT_BYTES or b"\r\n\r\n" in self._received:
            raise self._fault("does not answer CONNECT in HTTP")
        return False

    def broken(self, error: OSError) -> TransportError:
        """Return the error of a connection to the proxy that failed before the tunnel was open."""
        late = isinstance(error, TimeoutError)
        return self._fault("did not answer in time" if late else f"broke the connection ({type(error).__name__})")

    def _refusal(self, status: int) -> TransportError:
        if status == 407 and not self._has_credentials:
            advice = " It asks for a user name and a password: http://user:password@host:port in HTTPS_PROXY."
        elif status == 407:
            advice = (
                " It does not accept the user name and password in HTTPS_PROXY, or wants a scheme other than Basic."
            )
        elif status == 403:
            advice = " Ask its administrator to allow this host."
        else:
            advice = ""
        return self._fault(f"answered {status}", advice, permanent=status in (403, 407))

    def _fault(self, what: str, advice: str = "", *, permanent: bool = False) -> TransportError:
        hint = f"{self._where} {what} when it was asked to CONNECT to {self._target}.{advice}"
        return TransportError(hint, maybe_sent=False, permanent=permanent)
