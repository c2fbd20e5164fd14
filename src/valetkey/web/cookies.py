"""Cookies: their names, their attributes, and what a browser sent.

They follow the callback URL's scheme and never the request's: ``__Host-`` and Secure on https, neither on plain http,
which is for loopback only (WebKit drops Secure cookies there). A name that was sent twice counts as not sent: one of
the two was planted by a neighbour (RFC 6265 §5.4 leaves the order open).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..grammar import cookie_pairs
from .messages import Incoming

LOGIN_ID = re.compile(r"[A-Za-z0-9_-]{22}")
LOGIN_COOKIE_SECONDS = 1800
MOST_LOGINS = 5
_LONGEST = 4096
_VALUE = re.compile(r"[A-Za-z0-9._-]+")  # what passes and sealed logins are written with


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookies:
    """What a browser sent of ours. ``any_at_all`` is true if it sent any cookie, ours or not."""

    session: str | None = field(default=None, repr=False)
    logins: Mapping[str, str] = field(default_factory=dict, repr=False)
    any_at_all: bool = False


class CookieNames:
    """The names under one scheme, and the headers that set and clear them."""

    __slots__ = ("_attributes", "_login_prefix", "session")

    def __init__(self, *, secure: bool) -> None:
        prefix = "__Host-" if secure else ""
        self.session = f"{prefix}valetkey-session"
        self._login_prefix = f"{prefix}valetkey-login-"
        self._attributes = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if secure else "")

    def read(self, incoming: Incoming) -> Cookies:
        """Sort out the Cookie header, or headers: HTTP/2 may split it (RFC 9113 §8.2.3)."""
        seen: dict[str, str | None] = {}
        headers = [value for name, value in incoming.headers if name == "cookie"]
        for name, value in (pair for header in headers for pair in cookie_pairs(header)):
            # Twice the same name, or a value that we never write: as if it had not been sent.
            usable = name not in seen and len(value) <= _LONGEST and _VALUE.fullmatch(value)
            seen[name] = value if usable else None
        logins = {
            name.removeprefix(self._login_prefix): value
            for name, value in seen.items()
            if name.startswith(self._login_prefix)
            and value is not None
            and LOGIN_ID.fullmatch(name.removeprefix(self._login_prefix))
        }
        return Cookies(session=seen.get(self.session), logins=logins, any_at_all=bool(headers))

    def session_in(self, headers: Sequence[str]) -> str | None:
        """The session cookie alone, by the same rules as ``read``."""
        found = [
            value
            for header in headers
            if self.session in header
            for name, value in cookie_pairs(header)
            if name == self.session
        ]
        return found[0] if len(found) == 1 and len(found[0]) <= _LONGEST and _VALUE.fullmatch(found[0]) else None

    def set_session(self, value: str, seconds: int) -> tuple[str, str]:
        return "set-cookie", f"{self.session}={value}; Max-Age={seconds}{self._attributes}"

    def clear_session(self) -> tuple[str, str]:
        return "set-cookie", f"{self.session}=; Max-Age=0{self._attributes}"

    def set_login(self, login_id: str, sealed: str) -> tuple[str, str]:
        value = f"{self._login_prefix}{login_id}={sealed}; Max-Age={LOGIN_COOKIE_SECONDS}{self._attributes}"
        return "set-cookie", value

    def clear_login(self, login_id: str) -> tuple[str, str]:
        return "set-cookie", f"{self._login_prefix}{login_id}=; Max-Age=0{self._attributes}"
