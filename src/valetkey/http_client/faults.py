"""What goes wrong below HTTP, in words: which host, and why; never what was sent."""

from __future__ import annotations

import os
import socket
import ssl

from ..errors import ProviderUnavailable


class TransportFault(ProviderUnavailable):
    """No reply. ``sent`` is False only if it is certain that nothing of the request left this process. ``lasting``:
    trying again at once cannot help, and may harm: a proxy counts wrong passwords."""

    def __init__(self, hint: str, *, sent: bool, lasting: bool = False) -> None:
        super().__init__(hint)
        self.sent = sent
        self.lasting = lasting


def not_connected(host: str, port: int, error: BaseException, through: str = "") -> TransportFault:
    """No connection, so nothing was sent.

    Args:
        through: the proxy's host and port, if there is one.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return TransportFault(
            f"The certificate of {host} could not be verified. If a proxy has a certificate authority of its own, "
            "name that in SSL_CERT_FILE. Check the clock, too.",
            sent=False,
        )
    where = f"the proxy {through}" if through else f"{host}:{port}"
    return TransportFault(f"No connection to {where} ({_reason(error)}).", sent=False)


def not_resolved(host: str, error: BaseException) -> TransportFault:
    """No address, so nothing was sent."""
    reason = "the resolver did not answer in time" if isinstance(error, TimeoutError) else str(error)
    return TransportFault(f"{host} does not resolve: {reason}.", sent=False)


def _reason(error: BaseException) -> str:
    """What went wrong, in words. Only plain ``OSError`` has the operating system's number in ``errno``; TLS and the
    resolver have numbers of their own there."""
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or type(error).__name__}"
    if isinstance(error, OSError) and error.errno and not isinstance(error, (socket.gaierror, socket.herror)):
        # Windows has numbers for sockets that strerror does not know.
        return getattr(socket, "errorTab", {}).get(error.errno) or os.strerror(error.errno)
    return type(error).__name__
