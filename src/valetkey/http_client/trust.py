"""The TLS context of both transports."""

from __future__ import annotations

import ssl


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
