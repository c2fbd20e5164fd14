"""The settings of the sandbox. It refuses keys that look real, and every address except this machine's."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})

_HOST = re.compile(rb"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class SandboxSettings:
    """The settings. They are mutable, because tests change them while the sandbox runs.

    Args:
        origin: the sandbox's address, such as ``http://localhost:8001``. Clients sign it.
        consumer_key, consumer_secret: the keys of the one app that may use the sandbox.
        callbacks: the app's registered callback URLs.
        match: how a callback URL is compared: ``exact``; ``ignore-query``, as X once did; ``loopback``: those of this
            machine are registered, too; or ``any``, for tests that register none.
        coop: the Cross-Origin-Opener-Policy of the pages; None sends none.
        lenient: accept what X is said to accept: an exchange without the right token secret, with any verifier of an
            approved token, and more than once.
        diagnostics: send ``X-Sandbox-Reason``.
        clock_offset_seconds: how far the sandbox's clock is ahead of this machine's.
        deny: ``interstitial`` (Cancel shows a page with a link, as on X) or ``redirect``.
        silent_when_approved: ``authenticate`` sends a browser that approved before back without its page.
        apple_private_key: in PEM, with which an app signs its client secrets for Apple. Empty: a new one is drawn.
        keep_alive: a connection may carry more than one request.

    Raises:
        ValueError: the keys look real, or the origin is not this machine.
    """

    origin: str = "http://localhost:8001"
    consumer_key: str = "sandbox-key"
    consumer_secret: str = "sandbox-secret"  # noqa: S105  # it is no secret
    callbacks: list[str] | tuple[str, ...] = ()
    match: str = "exact"
    coop: str | None = None
    lenient: bool = False
    diagnostics: bool = True
    clock_offset_seconds: float = 0.0
    deny: str = "interstitial"
    silent_when_approved: bool = True
    keep_alive: bool = True
    apple_private_key: str = ""

    def __post_init__(self) -> None:
        if not self.consumer_key.startswith("sandbox-") or not self.consumer_secret.startswith("sandbox-"):
            raise ValueError("The sandbox takes keys that start with 'sandbox-' only: real ones belong to the real X.")
        if urlsplit(self.origin).hostname not in LOOPBACK_HOSTS:
            raise ValueError("The sandbox is for this machine only: localhost or 127.0.0.1.")
        self.apple_private_key = self.apple_private_key or _new_private_key()


def accepts(settings: SandboxSettings, callback: str) -> bool:
    """Return whether a callback URL is registered."""
    if settings.match == "ignore-query":
        callback = callback.partition("?")[0]
    if settings.match == "any" or callback in settings.callbacks:
        return True
    try:
        parts = urlsplit(callback)
    except ValueError:
        return False
    return settings.match == "loopback" and parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS


def names_this_machine(headers: list[tuple[bytes, bytes]]) -> bool:
    """Return whether a request was sent to a host name that can only mean this machine.

    A site can point its own name, such as evil.example, at 127.0.0.1 (DNS rebinding). For a browser, the sandbox then
    has the origin of the site's page, which may send any header and read any answer. Only Host still says
    ``evil.example``.

    Args:
        headers: as in an ASGI scope. Exactly one Host counts (RFC 9112 §3.2).
    """
    hosts = [value for name, value in headers if name == b"host"]
    return len(hosts) == 1 and _HOST.fullmatch(hosts[0]) is not None


def fixed_private_key() -> str:
    """Return the key of apps and sandboxes that do not agree on one. It is no secret."""
    number = int.from_bytes(hashlib.sha256(b"valetkey sandbox: apple").digest())
    return _in_pem(ec.derive_private_key(number, ec.SECP256R1()))


def _new_private_key() -> str:
    return _in_pem(ec.generate_private_key(ec.SECP256R1()))


def _in_pem(key: ec.EllipticCurvePrivateKey) -> str:
    pem, pkcs8, none = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(pem, pkcs8, none).decode()
