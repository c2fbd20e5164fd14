"""What can be set, and what is refused: keys that look real, and any address but this machine's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})

_HOST = re.compile(rb"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)


@dataclass(slots=True, kw_only=True)
class SandboxSettings:
    """Mutable, since tests turn these while it runs.

    Args:
        origin: where it is reached, such as ``http://localhost:8001``; what clients sign.
        callbacks: the app's callback URLs, as they would stand in the provider's settings.
        match: ``exact``, ``ignore-query`` as X once matched callbacks, or ``any``, for tests where nobody
            registers one.
        coop: the Cross-Origin-Opener-Policy of its pages; None sends none.
        lenient: like X is said to be: an exchange passes without the right token secret, with any verifier of an
            approved token, and again.
        diagnostics: whether ``X-Sandbox-Reason`` is sent.
        clock_offset_seconds: how far its clock is from this machine's.
        deny: ``interstitial`` (Cancel shows a page with a link, as on X) or ``redirect``.
        silent_when_approved: whether ``authenticate`` sends a browser back that approved before.
        keep_alive: whether a connection may be used again.

    Raises:
        ValueError: keys that look real, or an origin that is not this machine's.
    """

    origin: str = "http://localhost:8001"
    consumer_key: str = "sandbox-key"
    consumer_secret: str = "sandbox-secret"  # noqa: S105  # everybody may know it
    callbacks: list[str] | tuple[str, ...] = ()
    match: str = "exact"
    coop: str | None = None
    lenient: bool = False
    diagnostics: bool = True
    clock_offset_seconds: float = 0.0
    deny: str = "interstitial"
    silent_when_approved: bool = True
    keep_alive: bool = True

    def __post_init__(self) -> None:
        if not self.consumer_key.startswith("sandbox-") or not self.consumer_secret.startswith("sandbox-"):
            raise ValueError("The sandbox takes keys that start with 'sandbox-' only: real ones belong to the real X.")
        if urlsplit(self.origin).hostname not in LOOPBACK_HOSTS:
            raise ValueError("The sandbox is for this machine only: localhost or 127.0.0.1.")


def names_this_machine(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether a request was sent to this machine by a name that can only be this machine's.

    A page of evil.example may let that name point at 127.0.0.1 (DNS rebinding). For a browser the sandbox then has the
    page's own origin, and the page may send any header and read any answer; only Host still says ``evil.example``.

    Args:
        headers: as in an ASGI scope. Exactly one Host counts (RFC 9112 §3.2).
    """
    hosts = [value for name, value in headers if name == b"host"]
    return len(hosts) == 1 and _HOST.fullmatch(hosts[0]) is not None


def environment(settings: SandboxSettings, callback: str) -> dict[str, str]:
    """The variables that point an app at this sandbox."""
    return {
        "TWITTER_CONSUMER_KEY": settings.consumer_key,
        "TWITTER_CONSUMER_SECRET": settings.consumer_secret,
        "TWITTER_CALLBACK_URL": callback,
        "VALETKEY_TWITTER_API": settings.origin,
        "VALETKEY_TWITTER_BROWSER": settings.origin,
    }
