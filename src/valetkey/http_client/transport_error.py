"""The error of a request that got no reply, in words: which host and why. It never contains what was sent."""

from __future__ import annotations

import os
import socket
import ssl

from ..errors import ProviderUnavailable


class TransportError(ProviderUnavailable):
    """The request got no reply.

    Args:
        hint: which host, and why.
        maybe_sent: False only if it is certain that no byte of the request reached the provider.
        permanent: an immediate repeat cannot help and may do harm, for example at a proxy that counts wrong passwords.
    """

    def __init__(self, hint: str, *, maybe_sent: bool, permanent: bool = False) -> None:
        super().__init__(hint)
        self.maybe_sent = maybe_sent
        self.permanent = permanent


def not_connected(host: str, port: int, error: BaseException, through: str = "") -> TransportError:
    """Return the error of a connection that could not be opened. Nothing was sent.

    Args:
        host, port: the provider's.
        error: why; an ``OSError`` in most cases.
        through: the proxy's host and port, if there is a proxy.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return TransportError(
            f"The certificate of {host} could not be verified. If a proxy has a certificate authority of its own, "
            "name that in SSL_CERT_FILE. Check the clock, too.",
            maybe_sent=False,
        )
    where = f"the proxy {through}" if through else f"{host}:{port}"
    return TransportError(f"No connection to {where} ({_reason(error)}).", maybe_sent=False)


def not_resolved(host: str, error: BaseException) -> TransportError:
    """Return the error of a host name without an address. Nothing was sent."""
    reason = "the resolver did not answer in time" if isinstance(error, TimeoutError) else str(error)
    return TransportError(f"{host} does not resolve: {reason}.", maybe_sent=False)


def _reason(error: BaseException) -> str:
    """Say what went wrong. Only a plain ``OSError`` has the operating system's number in ``errno``; TLS and the
    resolver have numbers of their own there."""
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, ssl.SSLError):
        return f"TLS: {error.reason or type(error).__name__}"
    if isinstance(error, OSError) and error.errno and not isinstance(error, (socket.gaierror, socket.herror)):
        # Windows has socket error numbers that strerror does not know.
        return getattr(socket, "errorTab", {}).get(error.errno) or os.strerror(error.errno)
    return type(error).__name__
