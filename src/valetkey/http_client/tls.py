"""The TLS context that both transports use."""

from __future__ import annotations

import ssl


class TlsContext:
    """Builds the TLS context once, at the first use, because it takes 20 ms or more.

    Args:
        context: a context with a certificate authority of your own; None for the system's authorities, or those of
            ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``.

    Raises:
        ValueError: the context does not verify certificates or host names. Verification cannot be turned off.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        if context is not None and (not context.check_hostname or context.verify_mode is not ssl.CERT_REQUIRED):
            raise ValueError("this TLS context does not verify the server's certificate and host name")
        self._context = context

    def get(self) -> ssl.SSLContext:
        """Return the context: TLS 1.2 or newer, certificates and host names verified."""
        if self._context is None:
            self._context = ssl.create_default_context()
            self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        return self._context
